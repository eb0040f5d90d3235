# modules: _ctypes (calls into libc, structures, callbacks into qsort, pythonapi)
import ctypes
from ctypes import (CDLL, CFUNCTYPE, POINTER, Structure, Union, byref, c_char_p, c_double, c_int,
                    c_long, c_size_t, c_ubyte, c_void_p, cast, create_string_buffer, py_object,
                    pythonapi, sizeof)

libc = CDLL(None)
print(libc.abs(-5), libc.strlen(b'four'))  #: 5 4
libc.strtod.restype = c_double
print(libc.strtod(b'2.5', None))  #: 2.5
Compare = CFUNCTYPE(c_int, POINTER(c_int), POINTER(c_int))
values = (c_int * 6)(5, 1, 4, 2, 6, 3)
libc.qsort(values, 6, sizeof(c_int), Compare(lambda a, b: a[0] - b[0]))
print(list(values), values[1:3], len(values))  #: [1, 2, 3, 4, 5, 6] [2, 3] 6
class Point(Structure):
    _fields_ = [('x', c_int), ('y', c_int), ('flag', c_ubyte, 3), ('rest', c_ubyte, 5)]
p = Point(1, 2, flag=5)
print(p.x, p.y, p.flag, sizeof(Point), Point.y, bytes(p))  #: 1 2 5 12 <Field type=c_int, ofs=4, size=4> b'\x01\x00\x00\x00\x02\x00\x00\x00\x05\x00\x00\x00'
p.rest = 31
print(p.rest, Point.flag.size)  #: 31 196608
class Word(Union):
    _fields_ = [('number', c_long), ('bytes', c_ubyte * 8)]
print(list(Word(0x0102030405060708).bytes))  #: [8, 7, 6, 5, 4, 3, 2, 1]
buffer = create_string_buffer(b'hello', 10)
print(buffer.raw, buffer.value, repr(c_int(3)), c_char_p(b'x').value)  #: b'hello\x00\x00\x00\x00\x00' b'hello' c_int(3) b'x'
pointer = ctypes.pointer(c_int(42))
pointer.contents.value += 1
print(pointer[0], bool(POINTER(c_int)()), cast(pointer, c_void_p).value == ctypes.addressof(pointer.contents))  #: 43 False True
pythonapi.PyList_New.restype = py_object
pythonapi.PyList_New.argtypes = [c_size_t]
print(pythonapi.PyList_New(0))  #: []
pythonapi.PyErr_SetString.argtypes = [py_object, c_char_p]
pythonapi.PyErr_SetString(ValueError, b'from C')  #! ValueError: from C
print(ctypes.string_at(b'abc', 2), ctypes.wstring_at('wide', 2))  #: b'ab' wi
print(hasattr(libc, 'no_such_function'))  #: False
libc.abs('a', b'b', 1.5)  #! ArgumentError: argument 3: TypeError: Don't know how to convert parameter 3
c_int('a')  #! TypeError: 'str' object cannot be interpreted as an integer
Point(1, 2, 3, 4, 5)  #! TypeError: too many initializers
libc.labs.argtypes = [c_long]
libc.labs('text')  #! ArgumentError: argument 1: TypeError: wrong type
print(ctypes.c_int.from_buffer_copy(b'\x01\x00\x00\x00').value, memoryview(values).format)  #: 1 <i

# tests/abi/less_called.py -- public functions that no module of the library calls, through ctypes.
import ctypes
import itertools
import os

api = ctypes.pythonapi
obj, size = ctypes.py_object, ctypes.c_ssize_t


def function(name, result, *arguments):
    f = getattr(api, name)
    f.restype, f.argtypes = result, arguments
    return f


def said(call, *args):
    """What came out: the value, or the exception in words."""
    try:
        return call(*args)
    except Exception as e:
        return '%s: %s' % (type(e).__name__, e)


new = function('PyUnicode_New', obj, size, ctypes.c_uint32)
copy = function('PyUnicode_CopyCharacters', size, ctypes.c_void_p, size, obj, size, size)
fill = function('PyUnicode_Fill', size, ctypes.c_void_p, size, size, ctypes.c_uint32)
for width in 127, 255, 65535, 0x10ffff:
    for text in 'abc', 'é¥', '€', '😀x':
        to = new(6, width)
        print(width, ascii(text), said(fill, id(to), 0, 6, ord('-')),
              said(copy, id(to), 1, text, 0, len(text)), ascii(to))
to = new(3, 127)
fill(id(to), 0, 3, 65)
for args in ((0, 'ab', 0, 2), (2, 'ab', 0, 2), (0, 'ab', 5, 1), (-1, 'ab', 0, 1), (0, 'ab', -1, 1),
             (0, 'ab', 0, -1), (9, 'ab', 0, 1), (0, 'ab', 0, 9), (0, 'ab', 0, 0)):
    print(args, said(copy, id(to), *args), to)
for args in (0, 9, 66), (-1, 1, 66), (1, 1, 300), (1, -1, 66), (3, 1, 66):
    print(args, said(fill, id(to), *args), to)
shared = 'shared text'
print(said(copy, id(shared), 0, 'x', 0, 1), said(fill, id(shared), 0, 1, 65))
#: 127 'abc' 6 3 '-abc--'
#: 127 '\xe9\xa5' 6 SystemError: Cannot copy latin1 characters into a string of ascii characters '------'
#: 127 '\u20ac' 6 SystemError: Cannot copy UCS2 characters into a string of ascii characters '------'
#: 127 '\U0001f600x' 6 SystemError: Cannot copy UCS4 characters into a string of ascii characters '------'
#: 255 'abc' 6 3 '-abc--'
#: 255 '\xe9\xa5' 6 2 '-\xe9\xa5---'
#: 255 '\u20ac' 6 SystemError: Cannot copy UCS2 characters into a string of latin1 characters '------'
#: 255 '\U0001f600x' 6 SystemError: Cannot copy UCS4 characters into a string of latin1 characters '------'
#: 65535 'abc' 6 3 '-abc--'
#: 65535 '\xe9\xa5' 6 2 '-\xe9\xa5---'
#: 65535 '\u20ac' 6 1 '-\u20ac----'
#: 65535 '\U0001f600x' 6 SystemError: Cannot copy UCS4 characters into a string of UCS2 characters '------'
#: 1114111 'abc' 6 3 '-abc--'
#: 1114111 '\xe9\xa5' 6 2 '-\xe9\xa5---'
#: 1114111 '\u20ac' 6 1 '-\u20ac----'
#: 1114111 '\U0001f600x' 6 2 '-\U0001f600x---'
#: (0, 'ab', 0, 2) 2 abA
#: (2, 'ab', 0, 2) SystemError: Cannot write 2 characters at 2 in a string of 3 characters abA
#: (0, 'ab', 5, 1) IndexError: string index out of range abA
#: (-1, 'ab', 0, 1) IndexError: string index out of range abA
#: (0, 'ab', -1, 1) IndexError: string index out of range abA
#: (0, 'ab', 0, -1) SystemError: how_many cannot be negative abA
#: (9, 'ab', 0, 1) IndexError: string index out of range abA
#: (0, 'ab', 0, 9) 2 abA
#: (0, 'ab', 0, 0) 0 abA
#: (0, 9, 66) 3 BBB
#: (-1, 1, 66) IndexError: string index out of range BBB
#: (1, 1, 300) ValueError: fill character is bigger than the string maximum character BBB
#: (1, -1, 66) 0 BBB
#: (3, 1, 66) 0 BBB
#: SystemError: Cannot modify a string currently used SystemError: Cannot modify a string currently used

copy_data = function('PyObject_CopyData', ctypes.c_int, obj, obj)
view = lambda format, *shape: memoryview(bytearray(8)).cast(format, *shape)
for a, b in ((bytearray(4), b'abcd'), (bytearray(4), b'ab'), (b'x', b'y'), (1, b'y'), (bytearray(1), 2),
             (view('i'), memoryview(bytes(range(8))).cast('i')), (view('B')[::2], b'wxyz'),
             (memoryview(bytearray(4)), memoryview(b'a-b-c-d-')[::2]),
             (view('b', [2, 4]), memoryview(bytes(range(8))).cast('b', [2, 4]))):
    print(said(copy_data, a, b), a if isinstance(a, int) else bytes(a))
#: 0 b'abcd'
#: 0 b'ab\x00\x00'
#: BufferError: Object is not writable. b'x'
#: TypeError: both destination and source must be bytes-like objects 1
#: TypeError: both destination and source must be bytes-like objects b'\x00'
#: 0 b'\x00\x01\x02\x03\x04\x05\x06\x07'
#: 0 b'wxyz'
#: 0 b'abcd'
#: 0 b'\x00\x01\x02\x03\x04\x05\x06\x07'

indices = function('PySlice_GetIndices', ctypes.c_int, obj, size, *[ctypes.POINTER(size)]*3)
indices_ex = function('PySlice_GetIndicesEx', ctypes.c_int, obj, size, *[ctypes.POINTER(size)]*4)
for s in (slice(None), slice(1, 5, 2), slice(-3, None), slice(None, None, -1), slice(9, 1, -3),
          slice(-9, 99), slice(None, None, 0), slice(2**70, -2**70, 2**70)):
    out, clipped = [size(-7) for _ in range(3)], [size(-7) for _ in range(4)]
    print(said(indices, s, 5, *out), [v.value for v in out],
          said(indices_ex, s, 5, *clipped), [v.value for v in clipped])
#: 0 [0, 5, 1] 0 [0, 5, 1, 5]
#: 0 [1, 5, 2] 0 [1, 5, 2, 2]
#: 0 [2, 5, 1] 0 [2, 5, 1, 3]
#: 0 [4, -1, -1] 0 [4, -1, -1, 5]
#: -1 [9, 1, -3] 0 [4, 1, -3, 1]
#: -1 [-4, 99, 1] 0 [0, 5, 1, 5]
#: -1 [0, 5, 0] ValueError: slice step cannot be zero [-7, -7, 0, -7]
#: OverflowError: Python int too large to convert to C ssize_t [4, 4, -1] 0 [5, 0, 9223372036854775807, 0]

frexp = function('_PyLong_Frexp', ctypes.c_double, obj, ctypes.POINTER(size))
for n in (0, 1, -1, 3, 2**53, 2**53 + 1, 2**54 + 2, 2**54 + 3, 2**54 - 1, -(2**60 + 2**7), 2**200 - 1,
          2**3000 + 1, (2**53 + 1) * 2**40, (2**53 + 1) * 2**40 + 1, (2**54 - 1) * 2**400):
    e = size(0)
    print(said(frexp, n, e), e.value)
#: 0.0 0
#: 0.5 1
#: -0.5 1
#: 0.75 2
#: 0.5 54
#: 0.5 54
#: 0.5 55
#: 0.5000000000000001 55
#: 0.5 55
#: -0.5 61
#: 0.5 201
#: 0.5 3001
#: 0.5 94
#: 0.5000000000000001 94
#: 0.5 455

bytes_to_argv = function('_PySequence_BytesToCharpArray', ctypes.POINTER(ctypes.c_char_p), obj)
free = function('_Py_FreeCharPArray', None, ctypes.POINTER(ctypes.c_char_p))
for seq in [b'a', b'bc'], (b'x',), [], [b'a', 'b'], [b'a\0b'], 5, {b'k': 1}:
    r = said(bytes_to_argv, seq)
    if isinstance(r, str):
        print(r)
    else:
        print(list(itertools.takewhile(bool, (r[i] for i in itertools.count()))))
        free(r)
#: [b'a', b'bc']
#: [b'x']
#: []
#: TypeError: expected bytes, str found
#: ValueError: embedded null byte
#: TypeError: object of type 'int' has no len()
#: TypeError: dict is not a sequence

frame_new = function('PyFrame_New', obj, ctypes.c_void_p, obj, obj, obj)
state = function('PyThreadState_Get', ctypes.c_void_p)
run = function('PyEval_EvalFrameEx', obj, obj, ctypes.c_int)
run_plain = function('PyEval_EvalFrame', obj, obj)
code = compile('y = x + 1\n', 'made', 'exec')
for how in lambda f: run(f, 0), run_plain:
    names, local = {'x': 41, '__builtins__': __builtins__}, {}
    f = frame_new(state(), code, names, local)
    print(f.f_lineno, f.f_code is code, f.f_back is None, f.f_globals is names, said(how, f), local)
f = frame_new(state(), compile('1/0', 'made', 'exec'), {}, {})
print(said(run_plain, f))
#: 0 True True True None {'y': 42}
#: 0 True True True None {'y': 42}
#: ZeroDivisionError: division by zero

libc = ctypes.CDLL(None)
libc.fdopen.restype = ctypes.c_void_p
gets = function('Py_UniversalNewlineFgets', ctypes.c_char_p, ctypes.c_char_p, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
r, w = os.pipe()
os.write(w, b'one\r\ntwo\rthree\n\nlong line without end')
os.close(w)
file, buffer = libc.fdopen(r, b'rb'), ctypes.create_string_buffer(12)
while (line := gets(buffer, 12, file, None)) is not None:
    print(line)
libc.fclose(ctypes.c_void_p(file))
#: b'one\n'
#: b'two\n'
#: b'three\n'
#: b'\n'
#: b'long line w'
#: b'ithout end'

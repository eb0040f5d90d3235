# The code object: attributes, replace(), locations, checks.
from types import CodeType


def f(a, b=1, /, c=2, *args, d, e=3, **kw):
    x = a
    def inner():
        return x, c
    try:
        return inner
    except ValueError as v:
        pass


def g():
    pass


def of(*changes):
    values = [0, 0, 0, 0, 1, 0, b'\0\0', (), (), (), 'file', 'name', 'qualname', 1, b'', b'', (), ()]
    for i, value in changes:
        values[i] = value
    return CodeType(*values)


print(f.__code__.co_varnames)                                      #: ('a', 'b', 'c', 'd', 'e', 'args', 'kw', 'inner', 'v')
print(f.__code__.co_cellvars)                                      #: ('c', 'x')
print(f.__code__.co_freevars)                                      #: ()
print(f.__code__.co_nlocals)                                       #: 9
print(f.__code__.co_argcount)                                      #: 3
print(f.__code__.co_posonlyargcount)                               #: 2
print(f.__code__.co_kwonlyargcount)                                #: 2
print(f.__code__.co_names)                                         #: ('ValueError',)
print(f.__code__.co_stacksize)                                     #: 4
print(f.__code__.co_flags)                                         #: 15
print(f.__code__.co_qualname)                                      #: f
print([f.__code__._varname_from_oparg(i) for i in range(10)])      #: ['a', 'b', 'c', 'd', 'e', 'args', 'kw', 'inner', 'v', 'x']
print(g.__code__.co_code)                                          #: b'\x97\x00d\x00S\x00'
print(list(g.__code__.co_lines())[0][:2])                          #: (0, 2)
print([p[2:] for p in g.__code__.co_positions()])                  #: [(0, 0), (4, 8), (4, 8)]
print(g.__code__.replace() == g.__code__)                          #: True
print(g.__code__.replace(co_firstlineno=99) == g.__code__)         #: False
print(g.__code__.replace(co_filename='z') == g.__code__)           #: True
print(g.__code__.replace(co_name='z') == g.__code__)               #: False
print(g.__code__.replace(co_consts=(0.0,)) == g.__code__.replace(co_consts=(-0.0,))) #: False
print(g.__code__.replace(co_consts=(1,)) == g.__code__.replace(co_consts=(True,))) #: False
print(hash(g.__code__) == hash(g.__code__.replace()))              #: True
print(g.__code__.replace(co_linetable=b'').co_lnotab)              #: b''
print(list(g.__code__.replace(co_linetable=b'').co_positions()))   #: []
print(of().co_code)                                                #: b'\x00\x00'
print(str(of((6, b''))).split(" at ")[0])                          #: <code object name
print(str(of((13, 0))).split(" at ")[0])                           #: <code object name
of((0, -1))                                                        #! ValueError: code: argcount must not be negative
of((1, -1))                                                        #! ValueError: code: posonlyargcount must not be negative
of((2, -1))                                                        #! ValueError: code: kwonlyargcount must not be negative
of((3, -1))                                                        #! ValueError: code: nlocals must not be negative
of((3, 1))                                                         #! ValueError: code: co_nlocals != len(co_varnames)
of((6, 'x'))                                                       #! TypeError: code() argument 7 must be bytes, not str
of((6, b'a'))                                                      #! ValueError: code: co_code is malformed
of((7, []))                                                        #! TypeError: code() argument 8 must be tuple, not list
of((8, (1,)))                                                      #! TypeError: name tuples must contain only strings, not 'int'
of((9, ('a',)))                                                    #! ValueError: code: co_nlocals != len(co_varnames)
of((10, 1))                                                        #! TypeError: code() argument 11 must be str, not int
of((14, 1))                                                        #! TypeError: code() argument 15 must be bytes, not int
of((16, (1,)))                                                     #! TypeError: name tuples must contain only strings, not 'int'
CodeType(1)                                                        #! TypeError: code expected at least 16 arguments, got 1
CodeType(x=1)                                                      #! TypeError: code() takes no keyword arguments
g.__code__.replace(1)                                              #! TypeError: replace() takes no positional arguments
g.__code__.replace(zz=1)                                           #! TypeError: 'zz' is an invalid keyword argument for replace()
g.__code__.replace(co_code='x')                                    #! TypeError: replace() argument 'co_code' must be bytes, not str
g.__code__.replace(co_names=(1,))                                  #! SystemError: non-string found in code slot
g.__code__.replace(co_argcount=-1)                                 #! ValueError: co_argcount must be a positive integer
g.__code__.replace(co_argcount=1)                                  #! ValueError: code: co_varnames is too small
g.__code__.replace(co_nlocals=2)                                   #! ValueError: code: co_nlocals != len(co_varnames)
g.__code__.replace(co_consts=[])                                   #! TypeError: replace() argument 'co_consts' must be tuple, not list
g.__code__.co_argcount = 1                                         #! AttributeError: readonly attribute
g.__code__.co_code = b''                                           #! AttributeError: attribute 'co_code' of 'code' objects is not writable
g.__code__ < g.__code__                                            #! TypeError: '<' not supported between instances of 'code' and 'code'
g.__code__._varname_from_oparg(0)                                  #! IndexError: tuple index out of range

import pickle
pickle.dumps(g.__code__)                                           #! TypeError: cannot pickle code objects
import weakref
copy = g.__code__.replace()
gone = []
ref = weakref.ref(copy, gone.append)
del copy
print(len(gone))                                                   #: 1


def hot(n):
    total = 0
    for i in range(n):
        total += i
    return total


before = hot.__code__.co_code
for _ in range(50):
    hot(50)
print(hot.__code__.co_code == before)                              #: True
print(hot.__code__.replace().co_code == before)                    #: True

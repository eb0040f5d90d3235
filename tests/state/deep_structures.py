# What nests deeply ends in an exception or succeeds, in the main thread and on small stacks.
import ast
import gc
import sys
import threading
from collections import deque
from functools import partial
from types import MethodType, SimpleNamespace

gc.disable()
N = 100_000
is_hob = hasattr(sys.implementation, 'hob')         # the reference crashes in some of these


def nested(wrap, value=None, n=N):
    for i in range(n):
        value = wrap(value)
    return value


def name(function):
    try:
        function()
    except BaseException as e:
        return type(e).__name__
    return 'fine'


class Chained:
    def __init__(self, next):
        self.next = next


class Slotted:
    __slots__ = ('next', '__weakref__')

    def __init__(self, next):
        self.next = next


# the language
print(name(lambda: compile('lambda:' * N + '0', 'x', 'eval')))              #: MemoryError
print(name(lambda: compile('f(' + 'lambda x=' * N, 'x', 'eval')))           #: MemoryError
print(name(lambda: compile("f'{(" + 'lambda:' * N + "0)}'", 'x', 'eval')))  #: MemoryError
print(name(lambda: compile('-' * N + '1', 'x', 'eval')))                    #: MemoryError
print(name(lambda: compile('a' + '.b' * N, 'x', 'eval')))                   #: RecursionError
print(name(lambda: compile('a' + '+a' * N, 'x', 'eval')))                   #: RecursionError
print(name(lambda: compile('(' * N, 'x', 'eval')))                          #: SyntaxError
print(name(lambda: ast.literal_eval('[' * N + ']' * N)))                    #: SyntaxError
tree = ast.Constant(1, lineno=1, col_offset=0)
tree = nested(lambda x: ast.UnaryOp(ast.USub(), x, lineno=1, col_offset=0), tree)
print(name(lambda: compile(ast.Expression(tree), 'x', 'eval')))             #: RecursionError
del tree

# deallocation
for wrap in (lambda x: [x], lambda x: (x,), lambda x: {1: x}, lambda x: deque([x]), slice,
             Chained, Slotted, lambda x: map(int, [x]), lambda x: partial(int, x),
             lambda x: SimpleNamespace(a=x), lambda x: lambda: x, lambda x: MethodType(print, x),
             lambda x: iter([x]), lambda x: (i for i in (x,)), ValueError, staticmethod):
    nested(wrap, 1)

# asking
print(name(lambda: repr(nested(lambda x: [x]))))                            #: RecursionError
print(name(lambda: nested(lambda x: [x]) == nested(lambda x: [x])))         #: RecursionError
print(name(lambda: isinstance(1, nested(lambda x: (x,), str))))             #: RecursionError
print(name(lambda: nested(lambda x: staticmethod(x), int)()))               #: RecursionError

more = [
    lambda: next(nested(lambda x: map(int, x), iter([1]), 2 * N)),
    lambda: next(nested(zip, iter([1]), 2 * N)),
    lambda: hash(nested(lambda x: (x,), 1, 2 * N)),
    lambda: hash(nested(lambda x: list[x], int, 2 * N)),
    lambda: nested(lambda x: list[x], int, 2 * N).__parameters__,
    lambda: nested(property, int, 2 * N).__isabstractmethod__,
    lambda: repr(nested(lambda x: MethodType(x, 1), print, 2 * N)),
]
print({name(each) for each in more} if is_hob else {'RecursionError'})      #: {'RecursionError'}


def runaway():
    return [runaway() for x in (1,)]


class Loop:
    def __getattr__(self, name):
        return getattr(self, name)

    def __repr__(self):
        return repr(self)


def in_thread():
    sys.setrecursionlimit(10 ** 6 if is_hob else 100)
    for each in (runaway, lambda: Loop().x, lambda: repr(Loop()),
                 lambda: repr(nested(lambda x: [x])), lambda: compile('-' * N + '1', 'x', 'eval'),
                 lambda: sorted([2, 1], key=lambda x: runaway())):
        results.append(name(each))
    nested(Chained)


results = []
threading.stack_size(65536 if is_hob else 0)
thread = threading.Thread(target=in_thread)
thread.start()
thread.join()
print(results[:4], len(results))
#: ['RecursionError', 'RecursionError', 'RecursionError', 'RecursionError'] 6

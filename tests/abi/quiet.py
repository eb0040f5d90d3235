"""Functions and slots that break the contract of results and exceptions."""
import operator

from data.build import build, load

quiet = load(build('quiet'), 'quiet')
q, wrong, attr = quiet.Quiet(), quiet.Wrong(), quiet.Attr()

def tried(function, *args):
    try:
        result = function(*args)
    except BaseException as error:
        cause = error.__cause__
        return '%s: %s%s' % (type(error).__name__, str(error).split(' at 0x')[0], ' | %r' % cause if cause else '')
    return repr(result)

# --- NULL without an exception, by calling convention; the loop makes calls special ---
quiet.null_o(1)        #! SystemError: <built-in function null_o> returned NULL without setting an exception
quiet.null_noargs()        #! SystemError: <built-in function null_noargs> returned NULL without setting an exception
quiet.null_varargs(1)        #! SystemError: <built-in function null_varargs> returned NULL without setting an exception
quiet.null_keywords(a=1)        #! SystemError: <built-in function null_keywords> returned NULL without setting an exception
quiet.null_fast(1, 2)        #! SystemError: <built-in function null_fast> returned NULL without setting an exception
quiet.null_fastkw(1, b=2)        #! SystemError: <built-in function null_fastkw> returned NULL without setting an exception
quiet.set_o(1)        #! SystemError: <built-in function set_o> returned a result with an exception set
print(tried(lambda: quiet.set_noargs()), tried(lambda: quiet.set_varargs(1)))        #: SystemError: <built-in function set_noargs> returned a result with an exception set | KeyError('set and forgotten') SystemError: <built-in function set_varargs> returned a result with an exception set | KeyError('set and forgotten')
print(tried(lambda: quiet.set_fast(1)), tried(lambda: quiet.set_fastkw(1, k=2)))        #: SystemError: <built-in function set_fast> returned a result with an exception set | KeyError('set and forgotten') SystemError: <built-in function set_fastkw> returned a result with an exception set | KeyError('set and forgotten')
# once specialised, the reference's calls check less: all that counts is that an exception comes
def often(call, n=200):
    for _ in range(n):
        try: call()
        except SystemError: continue
        return 'no exception'
for call in (lambda: quiet.null_o(1), lambda: quiet.null_noargs(), lambda: quiet.null_fast(1), lambda: quiet.null_fastkw(1),
             lambda: quiet.null_varargs(1)):
    assert not often(call)
print(tried(quiet.call, quiet.null_o, 1), tried(quiet.call, quiet.set_o, 1))        #: SystemError: <built-in function null_o> returned NULL without setting an exception SystemError: <built-in function set_o> returned a result with an exception set | KeyError('set and forgotten')
print(tried(map(quiet.null_o, [1]).__next__), tried(sorted, [1, 2], ))        #: SystemError: <built-in function null_o> returned NULL without setting an exception [1, 2]
print(tried(lambda: sorted([2, 1], key=quiet.null_o)), tried(lambda: list(map(quiet.set_o, [1]))))        #: SystemError: <built-in function null_o> returned NULL without setting an exception SystemError: <built-in function set_o> returned a result with an exception set | KeyError('set and forgotten')

# --- slots that fail without an exception ---
print(tried(repr, q), tried(str, q))        #: SystemError: error return without exception set SystemError: <class 'str'> returned NULL without setting an exception
print(tried(hash, q), tried(quiet.Call()))        #: SystemError: error return without exception set SystemError: <quiet.Call object
print(tried(iter, q), tried(len, q), tried(bool, q))        #: SystemError: error return without exception set SystemError: error return without exception set SystemError: error return without exception set
print(tried(operator.eq, q, 1), tried(operator.lt, q, q))        #: SystemError: error return without exception set SystemError: error return without exception set
print(tried(operator.add, q, 1), tried(operator.neg, q), tried(pow, q, 2))        #: SystemError: error return without exception set SystemError: error return without exception set SystemError: error return without exception set
print(tried(lambda: q + 1), tried(lambda: -q), tried(lambda: q[1]), tried(lambda: q == 1))        #: SystemError: error return without exception set SystemError: error return without exception set SystemError: error return without exception set SystemError: error return without exception set
print(tried(lambda: not q), tried(lambda: 1 in q), tried(lambda: quiet.Call()(1)))        #: SystemError: error return without exception set SystemError: error return without exception set SystemError: <quiet.Call object
print(tried(int, q), tried(float, q), tried(operator.index, q))        #: SystemError: <class 'int'> returned NULL without setting an exception SystemError: error return without exception set SystemError: error return without exception set
print(tried(operator.getitem, q, 1), tried(operator.setitem, q, 1, 2))        #: SystemError: error return without exception set SystemError: error return without exception set
print(tried(memoryview, q))        #: SystemError: <class 'memoryview'> returned NULL without setting an exception
print(tried(quiet.Init), tried(quiet.New))        #: SystemError: <class 'quiet.Init'> returned NULL without setting an exception SystemError: <class 'quiet.New'> returned NULL without setting an exception
print(tried(getattr, attr, 'x'), tried(setattr, attr, 'x', 1), tried(hasattr, attr, 'x'))        #: SystemError: error return without exception set SystemError: error return without exception set SystemError: error return without exception set
def store(): attr.x = 1
def erase(): del attr.x
def walk():
    for _ in q: pass
def unpack(): a, b = q
print(tried(lambda: attr.x), tried(store), tried(erase))        #: SystemError: error return without exception set SystemError: error return without exception set SystemError: error return without exception set
print(tried(lambda: attr.x()), tried(walk), tried(unpack))        #: SystemError: error return without exception set SystemError: error return without exception set SystemError: error return without exception set

# --- results of the wrong type ---
print(tried(repr, wrong), tried(str, wrong), tried(format, wrong))        #: TypeError: __repr__ returned non-string (type int) TypeError: __str__ returned non-string (type int) TypeError: __str__ returned non-string (type int)
print(tried(int, wrong), tried(float, wrong), tried(operator.index, wrong))        #: TypeError: __int__ returned non-int (type str) TypeError: quiet.Wrong.__float__ returned non-float (type str) TypeError: __index__ returned non-int (type str)
print(tried(iter, wrong), tried(lambda: [][wrong]))        #: TypeError: iter() returned non-iterator of type 'int' TypeError: __index__ returned non-int (type str)
async def waits(x): await x
print(tried(waits(wrong).send, None), tried(waits(q).send, None))        #: TypeError: __await__() returned non-iterator of type 'int' SystemError: error return without exception set
print(tried(aiter, wrong))        #: TypeError: aiter() returned not an async iterator of type 'int'
print(tried(quiet.Set()), tried(lambda: quiet.Set()()))        #: SystemError: <quiet.Set object | KeyError('set and forgotten') SystemError: <quiet.Set object | KeyError('set and forgotten')
print(list(quiet.Iter()), next(quiet.Iter(), 'over'), tried(next, quiet.Iter()))        #: [] over StopIteration: over

"""Calls, arguments, state of the thread, and memory, as extensions use them."""
import datetime
import sys
import traceback
import warnings

from data.build import build, load

m = load(build('madecalls'), 'madecalls')
c = m.Callee()

# --- calling conventions ---
print(m.show(1, a=2), m.noargs(), m.one(3), m.fast(1, 2), m.fastkw(1, b=2))        #: ((1,), {'a': 2}) True 3 2 (1, ('b',))
m.noargs(1)        #! TypeError: madecalls.noargs() takes no arguments (1 given)
m.one()        #! TypeError: madecalls.one() takes exactly one argument (0 given)
m.one(1, 2)        #! TypeError: madecalls.one() takes exactly one argument (2 given)
m.one(x=1)        #! TypeError: madecalls.one() takes no keyword arguments
m.fast(a=1)        #! TypeError: madecalls.fast() takes no keyword arguments
print(c.show(1), c.show(**{'k': 1}), c.noargs(), c.one(4), c.fast(*range(9)), c.fastkw(*[1], **{'z': 2}))        #: ((1,), None) ((), {'k': 1}) True 4 9 (1, ('z',))
print(c.method(1, 2), m.Callee.cls(1), c.cls(2), m.Callee.static(1), c.static(), len(c), c.__len__())        #: (<class 'madecalls.Callee'>, 2, 'madecalls') (<class 'madecalls.Callee'>, (1,)) (<class 'madecalls.Callee'>, (2,)) (1, (1,)) (1, ()) 7 True
class Kid(m.Callee): pass
k = Kid()
print(k.method(), Kid.cls(), Kid.static(), k(1), super(Kid, k).method(5))        #: (<class 'madecalls.Callee'>, 0, 'madecalls') (<class '__main__.Kid'>, ()) (1, ()) (1, (1,), None) (<class 'madecalls.Callee'>, 1, 'madecalls')
m.Callee.one(1, 2)        #! TypeError: descriptor 'one' for 'madecalls.Callee' objects doesn't apply to a 'int' object
print(m.Callee.method(c, x=1), m.Callee.__text_signature__, m.Callee.__doc__, m.show.__self__ is m, m.show.__module__)        #: (<class 'madecalls.Callee'>, 0, 'madecalls') (x) Called by vector. True madecalls
print(c(), c(1, 2), c(1, b=2, c=3), c(*[1, 2], **{'z': 3}), m.vector(c, 1, 2), m.vector(str, 5), m.vector(m.one, 5))        #: (0, (), None) (2, (1, 2), None) (1, (1, 2, 3), ('b', 'c')) (2, (1, 2, 3), ('z',)) (2, (1, 2), None) 5 5
print(m.vector(lambda *a: a, 1, 2), m.vector([].append, 3), type(m.vector(Kid)).__name__, list(map(c, [1])))        #: (1, 2) None Kid [(1, (1,), None)]

# --- arguments ---
def tried(*args):
    try: return m.parse(args[0], args[1:])
    except Exception as error: return '%s: %s' % (type(error).__name__, error)
print([tried('b', 255), tried('b', 256), tried('b', -1), tried('B', 257), tried('h', 2 ** 15), tried('H', 70000), tried('b', 1.5)])        #: [255, 'OverflowError: unsigned byte integer is greater than maximum', 'OverflowError: unsigned byte integer is less than minimum', 1, 'OverflowError: signed short integer is greater than maximum', 4464, "TypeError: 'float' object cannot be interpreted as an integer"]
print([tried('i', 2 ** 31), tried('i', 'x'), tried('I', -1), tried('l', 2 ** 63), tried('k', -1), tried('L', 2 ** 63), tried('K', 2 ** 64 + 5), tried('n', 2 ** 63), tried('i', True), tried('k', 1.0)])        #: ['OverflowError: signed integer is greater than maximum', "TypeError: 'str' object cannot be interpreted as an integer", 4294967295, 'OverflowError: Python int too large to convert to C long', 18446744073709551615, 'OverflowError: int too big to convert', 5, 'OverflowError: Python int too large to convert to C ssize_t', 1, 'TypeError: argument 1 must be int, not float']
print([tried('c', b'x'), tried('c', 'x'), tried('c', b'xy'), tried('C', 'é'), tried('C', 'ab'), tried('f', 1), tried('d', 'x'), tried('D', 1j), tried('D', 'x'), tried('p', []), tried('p', 'x')])        #: [120, 'TypeError: argument 1 must be a byte string of length 1, not str', 'TypeError: argument 1 must be a byte string of length 1, not bytes', 233, 'TypeError: argument 1 must be a unicode character, not str', 1.0, 'TypeError: must be real number, not str', 1j, 'TypeError: must be real number, not str', 0, 1]
print([tried('U', 1), tried('S', 'x'), tried('Y', b'x'), tried('O', 5), tried('U', 'u')])        #: ['TypeError: argument 1 must be str, not int', 'TypeError: argument 1 must be bytes, not str', 'TypeError: argument 1 must be bytearray, not bytes', 5, 'u']
print([tried('s', 'text'), tried('s', 'a\0b'), tried('s', b'x'), tried('s', None), tried('z', None), tried('z', 5), tried('y', 'x'), tried('y', b'a\0b')])        #: [b'text', 'ValueError: embedded null character', 'TypeError: argument 1 must be str, not bytes', 'TypeError: argument 1 must be str, not None', None, 'TypeError: argument 1 must be str or None, not int', "TypeError: a bytes-like object is required, not 'str'", 'ValueError: embedded null byte']
print([tried('s#', 'a\0b'), tried('s#', b'x'), tried('y#', 'x'), tried('z#', None), tried('s#', 5), tried('y#', bytearray(b'x')), tried('s*', 'é'), tried('y*', 'x'), tried('z*', None), tried('w*', b'x'), tried('w*', bytearray(b'ok')), tried('y*', memoryview(b'abc')[::2])])        #: [(b'a\x00b', 3), (b'x', 1), "TypeError: a bytes-like object is required, not 'str'", (None, 0), "TypeError: a bytes-like object is required, not 'int'", 'TypeError: argument 1 must be read-only bytes-like object, not bytearray', b'\xc3\xa9', "TypeError: a bytes-like object is required, not 'str'", None, 'TypeError: argument 1 must be read-write bytes-like object, not bytes', b'ok', 'BufferError: memoryview: underlying buffer is not C-contiguous']
print([tried('es', 'é'), tried('es', '€'), tried('et', b'raw'), tried('es', 5), tried('es', 'a\0b')])        #: [b'\xe9', "UnicodeEncodeError: 'latin-1' codec can't encode character '\\u20ac' in position 0: ordinal not in range(256)", b'raw', 'TypeError: argument 1 must be str, not int', 'TypeError: argument 1 must be encoded string without null bytes, not str']
print([tried('&', 2, 4), tried('&', 2, 3), tried('&', 'x', 2), tried('&', 2)])        #: [True, 'ValueError: odd', "TypeError: 'str' object cannot be interpreted as an integer", 'TypeError: function takes exactly 2 arguments (1 given)']
print([tried('(ii)s', (1, 2), 'x'), tried('(ii)|s', (1, 2)), tried('(ii)s', (1,), 'x'), tried('(ii)s', 5, 'x'), tried('(ii)s:name', [1, 2], 3), tried('(ii)s;own text', 1)])        #: [(1, 2, 'x'), (1, 2, 'none'), 'TypeError: argument 1 must be sequence of length 2, not 1', 'TypeError: argument 1 must be 2-item sequence, not int', 'TypeError: name() argument 2 must be str, not int', 'TypeError: own text']
print([tried('i'), tried('i', 1, 2), tried('i:func'), tried('i|i:func'), tried('i;custom message'), tried('i;custom', 'x'), tried('i:func', 'x'), tried('s:func', 1)])        #: ['TypeError: function takes exactly 1 argument (0 given)', 'TypeError: function takes exactly 1 argument (2 given)', 'TypeError: func() takes exactly 1 argument (0 given)', 'TypeError: func() takes at least 1 argument (0 given)', 'TypeError: custom message', "TypeError: 'str' object cannot be interpreted as an integer", "TypeError: 'str' object cannot be interpreted as an integer", 'TypeError: func() argument 1 must be str, not int']
def named(*a, **k):
    try: return m.keywords(*a, **k)
    except Exception as error: return '%s: %s' % (type(error).__name__, error)
print([named(1), named(1, 2, c=3), named(1, b=2, d=4), named(), named(1, 2, 3), named(1, 2, b=3), named(1, e=5), named(b=1), named('x'), named(1, c='x')])        #: [(1, 0, 0, 0), (1, 2, 3, 0), (1, 2, 0, 4), 'TypeError: keywords() takes at least 1 positional argument (0 given)', 'TypeError: keywords() takes at most 2 positional arguments (3 given)', "TypeError: argument for keywords() given by name ('b') and position (2)", "TypeError: 'e' is an invalid keyword argument for keywords()", 'TypeError: keywords() takes at least 1 positional argument (0 given)', "TypeError: 'str' object cannot be interpreted as an integer", "TypeError: 'str' object cannot be interpreted as an integer"]
print(m.built())        #: (1, 2, -3, 4, -5, 6, -7, 8, -9, 10, 11, 0.5, 1.5, (1+2j), b'c', '🐍', 'text', 'more', None, b'by\x00tes', 'wé', [1, 2], {'a': 1, 'b': None}, (), 99)
print(m.formatted('é$'))        #: €|-1|   42|00042|7|-8|9|-10|-11|12|ff|ascii|tru|     right|'\xe9$'|é$|fallback|é$|'é$'|%|0x1234

# --- state ---
print(m.pending())        #: ((<class 'KeyError'>, 'pending'), 1, 1)
try: raise KeyError(1)
except KeyError: print(m.handled())        #: (KeyError(1), True)
print(m.handled())        #: (None, True)
print(m.depth())        #: (1, 1)
m.deep(1)        #! RecursionError: maximum recursion depth exceeded while digging
try: m.traced()
except ValueError as error: tb = traceback.extract_tb(error.__traceback__)
print([(f.filename, f.lineno, f.name) for f in tb[1:]])        #: [('soup.pyx', 17, 'stir')]
seen = []
print(m.in_thread(lambda *a: seen.append(a)), seen)        #: (1, 1) [(2, 1), (2, 1), (2, 1)]
print(m.add_pending())        #: 0
for _ in range(1000): len([_])
print(m.ran())        #: 5

# --- from inside ---
print(m.versions({}), m.versions({'a': 1}))        #: (1, 1, 1, 1, 1, 1) (1, 1, 1, 1, 1, 1)
class Inst: pass
i = Inst(); i.a = 1
print(m.versions(i.__dict__), m.versions(type('T', (dict,), {})()))        #: (1, 1, 1, 1, 1, 1) (1, 1, 1, 1, 1, 1)
l = [1]
l.append(2)
print(m.append_inline(l), l[:2], len(l) > 2, l.pop() >= 0)        #: True [1, 2] True True
d = {'a': 1, 'b': 2, 'c': 3}
print(m.walk_dict(d), d)        #: ['a', 'b', 'c'] {'a': 2, 'b': 4, 'c': 6}
print(m.strings())        #: ('a€z', b'byt', 'ab', 1, 1, 'joineda€z', 'joined', 10)
print(m.numbers(0), m.numbers(-1), m.numbers(2 ** 30), m.numbers(-2 ** 65 + 1), m.numbers(True))        #: (0, 0, 0, 0, 0, 0) (-1, 1, -1, -1, 0, -1) (2, 0, 1073741824, 1073741824, 0, 1) (-3, 1073741823, -36893488147419103231, -1, -1, -1) (1, 1, 1, 1, 0, 1)
m.numbers(2 ** 80)        #! OverflowError: int too big to convert
print(all(m.is_small(n) for n in range(-5, 257)), m.is_small(int('7')), m.is_small(len('abc')))        #: True True True
print(m.set_entries({3, 1, 2}), m.set_entries(frozenset('ab')), m.set_entries(set()))        #: [1, 2, 3] ['a', 'b'] []

# --- buffers ---
g = m.Grid()
v = memoryview(g)
print(v.shape, v.strides, v.format, v.tolist(), v[1, 2], v.nbytes, g.exports)        #: (2, 3) (6, 2) h [[0, 1, 4], [9, 16, 25]] 25 12 1
v[0, 1] = 77
print(bytes(g), m.Grid.__mro__[1], v.cast('B').tolist()[:4])        #: b'\x00\x00M\x00\x04\x00\t\x00\x10\x00\x19\x00' <class 'object'> [0, 0, 77, 0]
v.release()
print(g.exports)        #: 0
class G2(m.Grid): pass
w = memoryview(G2())
print(w.tolist(), w.obj.exports, w == memoryview(m.Grid()), hash(memoryview(b'x')) == hash(b'x'))        #: [[0, 1, 4], [9, 16, 25]] 1 True True
views = [memoryview(g) for _ in range(7)]
bytearray(8)[:4] = g
print(tried('w*', g), g.exports)        #: TypeError: argument 1 must be read-write bytes-like object, not madecalls.Grid 7
b = bytearray(b'abc')
held = memoryview(b)
b.append(1)        #! BufferError: Existing exports of data: object cannot be re-sized

# --- sending ---
async def wait(x): return await x
print(m.iter_send(wait(m.spec_type and m.Sender()) if hasattr(m, 'Sender') else None, None))        #: (1, 'yielded')
s = object.__new__(m.Sender)
co = wait(s)
print(co.send(None))        #: yielded
co.send(5)        #! StopIteration: 5
co = wait(s)
co.send(None) and None
co.send('x')        #! ValueError: sent
print(m.iter_send(iter([1]), None), m.iter_send(iter([]), None), m.iter_send((x for x in 'a'), None))        #: (1, 1) (0, None) (1, 'a')

# --- specs ---
print([t.__name__ + ' ' + t.__qualname__ for t in (m.spec_type(0), m.spec_type(2), m.spec_type(3))], m.spec_type(2).__module__)        #: ['Made Made', 'C C', 'Made Made'] a.b
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    m.spec_type(1) and None
print([str(w.message) for w in caught])        #: ['builtin type NoDot has no __module__ attribute']
made = m.spec_type(3, (int,))
print(made(5) + 1, made.__basicsize__, made.__itemsize__, made.__flags__ & (1 << 24) != 0)        #: 6 24 4 True
print(m.spec_type(0, (m.Callee,)).__mro__[1:], m.spec_type(0, dict)(a=1))        #: (<class 'madecalls.Callee'>, <class 'object'>) {'a': 1}
m.spec_type(4) and None
print(m.spec_type(5).__doc__)        #: second
m.spec_type(6)        #! RuntimeError: invalid slot offset
m.spec_type(0, (bool,))        #! TypeError: type 'bool' is not an acceptable base type
m.spec_type(0, 5)        #! TypeError: bases must be types
class Meta(type): pass
class WithMeta(metaclass=Meta): pass
print(type(m.spec_type(0, (WithMeta,))))        #: <class 'type'>
print(m.spec_type(7).__module__)        #: madecalls

# --- the rest ---
print(m.capsules())        #: (1, 1)
m.wrong_capsule()        #! ValueError: PyCapsule_GetPointer called with incorrect name
print(m.dates(datetime.datetime(2020, 1, 2, 3, 4, 5, 6)), m.dates(5))        #: (datetime.datetime(2020, 1, 2, 3, 4, 5, 6, fold=1, tzinfo=datetime.timezone.utc), datetime.timedelta(days=2, seconds=13599, microseconds=999995), datetime.date(2020, 2, 29)) None
warnings.simplefilter('error')
m.warn('soup')        #! UserWarning: soup and 5
r = m.row()
print(r, len(r), r.first, r.hidden, r[2], type(r).__match_args__, type(r).n_fields, type(r).n_unnamed_fields)        #: madecalls.Row(first=0, second=1, hidden=2) 3 0 3 2 ('first', 'second') 4 1
r.first = 1        #! AttributeError: readonly attribute
type(r)((1, 2))        #! TypeError: madecalls.Row() takes an at least 3-sequence (2-sequence given)
print(type(r)((1, 2, 3)), type(r)((1, 2, 3, 4)).hidden, type(r)((1, 2, 3), {'hidden': 5}).hidden)        #: madecalls.Row(first=1, second=2, hidden=3) 4 5

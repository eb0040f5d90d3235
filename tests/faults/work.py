"""Small pieces of work for run.py to fail in: each function allocates, and may raise nothing but MemoryError."""
import ast
import bisect
import collections
import contextvars
import copy
import datetime
import functools
import heapq
import io
import itertools
import json
import math
import operator
import pickle
import re
import struct
import sys
import traceback
import types
import weakref
import zlib


def lists():
    a = [i * 1000 for i in range(50)]
    a.insert(3, 'x' * 30)
    a[5:9] = range(20)
    b = a * 3 + [[]]
    b.reverse()
    return sorted(map(str, b)), a.copy(), list(reversed(a)), a == b


def dicts():
    d = {str(i): [i] for i in range(40)}
    e = {**d, 1: 2}
    e.update(zip('abc', 'def'))
    d |= e
    return list(d.items()), dict(d), d.pop('3'), d.setdefault('q', {}), sorted(map(repr, d.keys() & e.keys())), repr(e)


def sets():
    s = {i * 7 for i in range(60)} | frozenset(range(9))
    return s - {7, 14}, s ^ set(range(100)), s & {7, 'a'}, repr(frozenset(s)), s.copy(), s <= s


def strs():
    s = ' '.join(['äöü%d' % i for i in range(30)])
    return (s.upper(), s.split(), s.replace('ö', '\U0001f600'), s.encode('utf-16').decode('utf-16'), f'{s!r:>500}|{1.5:.3f}',
            s.title().swapcase().casefold(), '{0:>10}{1[a]}{2.real}'.format('x', {'a': 1}, 3), s.translate({228: 'ae'}),
            s.partition('5'), s.splitlines(), s.expandtabs(), s.zfill(600), '%-10s|%r|%x' % ('x', 'é', 255))


def byte_strings():
    b = bytes(range(200)) * 2
    a = bytearray(b)
    a += b'tail' * 30
    a[3:9] = b'x' * 40
    return b.hex(), a.split(b'\x05'), b.replace(b'\x01', b'--'), a.decode('latin-1'), bytes.fromhex('00ff'), b.join([a, b]), repr(a)


def numbers():
    n = 3 ** 700
    return (str(n), int('9' * 300), n * n, n // 12345678901234567890, n % 10 ** 30, n << 100, -n >> 20, math.factorial(60),
            n.to_bytes(200, 'big'), int.from_bytes(b'x' * 90, 'little'), repr(0.1), float('1e300'), complex('1+2j') ** 2,
            pow(3, n, 10 ** 20), divmod(n, 7 ** 50), format(n, ','), math.isqrt(n), round(2.5, 1), hex(n))


def classes():
    class Base:
        __slots__ = ('a', '__weakref__')

        def __init__(self):
            self.a = 1

        @property
        def double(self):
            return self.a * 2

    class Child(Base):
        def __init_subclass__(cls, **kw):
            super().__init_subclass__(**kw)

        def __getattr__(self, name):
            return name

    g = type('Grandchild', (Child,), {'__doc__': 'x'})()
    g.extra = [g]
    return g.double, g.missing, weakref.ref(g)(), vars(g), dir(g), types.SimpleNamespace(a=1), Child.__mro__, repr(g), Base.double.getter(len)


def functions():
    def outer(a, *args, b=2, **kw):
        def inner():
            return a, b, args, kw
        return inner
    partial = functools.partial(outer, 1, 2, c=3)
    cached = functools.lru_cache(maxsize=2)(lambda n: [n])
    return partial(b=5)(), cached(1), cached(2), cached(3), functools.reduce(operator.add, range(5)), repr(partial), outer.__kwdefaults__


def generators():
    def count(n):
        try:
            for i in range(n):
                got = yield [i]
                if got:
                    return got
        finally:
            [n]

    def chain():
        return (yield from count(3))
    g = count(5)
    next(g)
    try:
        g.send('stop')
    except StopIteration as e:
        e.value
    return list(chain()), [x for x in count(4)], {x[0] for x in count(4)}, sum(len(x) for x in count(9))


def coroutines():
    async def leaf(n):
        return [n]

    async def ticks():
        for i in range(3):
            yield i

    async def root():
        return [await leaf(i) async for i in ticks()]
    try:
        root().send(None)
    except StopIteration as e:
        return e.value


def exceptions():
    try:
        try:
            {}['key']
        except KeyError as e:
            raise ValueError('bad', 1) from e
    except ValueError as e:
        text = ''.join(traceback.format_exception(e))
        e.add_note('a note')
        copied = e.with_traceback(None)
    try:
        raise ExceptionGroup('many', [OSError(2, 'no', 'file'), TypeError()])
    except* OSError as group:
        parts = group.exceptions
    except* TypeError:
        pass
    return text, copied, parts, OSError(13, 'x'), UnicodeDecodeError('utf-8', b'x', 0, 1, 'why')


SOURCE = '''
import os.path as p
def f(a, /, b: int = 1, *c, d, **e) -> None:
    """doc"""
    with open(a) as g, h: return [x for x in y if (z := x)]
    try: 1/0
    except* E as e: raise
    match a:
        case [1, *v] | {"k": v} if v: f"{a!r:>{b}} {b}"
        case C(x=1, y=None) as z: pass
    return lambda: (a, b)
class C(B, metaclass=M):
    x: int = 1 + 2 * 3
    async def m(self): return await self.y
'''


def compiling():
    code = compile(SOURCE, 'f.py', 'exec')
    return code.co_consts, list(code.co_lines()), list(code.co_positions()), code.replace(co_name='x'), ast.dump(ast.parse(SOURCE))


def wrong_source():
    for text in 'x = (1,', 'def f(:', 'a b', '"abc', 'x = 1 +', 'return', 'f(a=1, 2)':
        try:
            compile(text, 'f.py', 'exec')
        except SyntaxError as e:
            str(e), e.args


def pickling():
    value = {'a': [1, 2.5, 'x' * 300, (None, True)], 'b': {3, 4}, 'c': datetime.datetime(2020, 1, 2), 'd': b'x' * 20, 'e': 10 ** 40}
    copied = [pickle.loads(pickle.dumps(value, n)) for n in (0, 2, 4, 5)]
    return copied, copy.deepcopy(value)


def library():
    return (json.loads(json.dumps({'a': [1, 2.5, None, 'é']}, indent=1)), re.compile(r'(?P<a>x+)|y{2,3}?[a-f]').findall('xxyyaxx'),
            struct.unpack('<iq5sd', struct.pack('<iq5sd', 1, 2, b'abc', 2.5)), zlib.decompress(zlib.compress(b'x' * 500)),
            re.sub('a(.)', r'<\1>', 'abacad'))


def dates():
    d = datetime.datetime(2024, 2, 29, 12, 30, 15, 99, datetime.timezone.utc)
    return (d.isoformat(), d + datetime.timedelta(days=1.5), repr(d), d.strftime('%A %d'), datetime.date.fromisoformat('2020-01-01'),
            d.astimezone(datetime.timezone(datetime.timedelta(hours=2))), d.timetuple(), datetime.time(1, 2).isoformat(), d - d)


def streams():
    out = io.StringIO()
    out.write('line\n' * 50)
    out.seek(0)
    raw = io.BytesIO(b'some bytes\r\nand more\n' * 20)
    text = io.TextIOWrapper(io.BufferedReader(raw), encoding='utf-8')
    return out.readlines(), out.getvalue(), text.read(30), text.readline(), list(text), io.BufferedRandom(io.BytesIO(b'xyz')).peek()


def containers():
    d = collections.deque(range(200), 100)
    d.rotate(7)
    o = collections.OrderedDict(zip('abcdef', range(6)))
    o.move_to_end('a')
    c = collections.Counter('mississippi')
    Point = collections.namedtuple('Point', 'x y')
    heap = []
    for n in 5, 3, 8:
        heapq.heappush(heap, [n])
    return (repr(d), d.copy(), o.copy(), repr(o), c.most_common(2), Point(1, 2)._replace(x=5), heap, bisect.bisect([1, 2, 3], 2),
            collections.defaultdict(list, a=[1])['b'], collections.ChainMap({1: 2}, {})[1])


def iterators():
    return (list(itertools.permutations('abc')), list(itertools.combinations(range(5), 3)), [list(g) for _, g in itertools.groupby('aabbc')],
            list(itertools.product('ab', repeat=3)), list(itertools.chain.from_iterable([[1], [2]])), [list(t) for t in itertools.tee('abc', 3)],
            list(itertools.islice(itertools.count(10 ** 20, 3), 5)), list(zip('abc', range(3), strict=True)), list(enumerate('ab', 2 ** 70)),
            list(map(pow, range(3), range(3))), list(itertools.accumulate(range(9), operator.mul)))


def views():
    m = memoryview(bytearray(range(64)))
    return (m[3:9].tolist(), m.cast('I').tolist(), m[::2].tobytes(), m.cast('B', (8, 8)).tolist(), m.hex(), m.toreadonly() == m, list[int],
            int | str, range(10 ** 20)[5:9], slice(1, 2, 3).indices(9), repr(range(3)))


def contexts():
    var = contextvars.ContextVar('v', default=[])
    context = contextvars.copy_context()
    for i in range(40):
        context.run(contextvars.ContextVar('v%d' % i).set, i)
    token = var.set(1)
    var.reset(token)
    return list(context.items()), context.copy()


def frames():
    frame = sys._getframe()
    here = [frame.f_locals, frame.f_back.f_lineno, frame.f_code.co_qualname]

    def trace(frame, event, arg):
        return trace

    def traced():
        a = [1]
        return [b for b in a]
    sys.settrace(trace)
    try:
        traced()
    finally:
        sys.settrace(None)
    return here


WORK = [f for f in list(globals().values()) if isinstance(f, types.FunctionType) and f.__module__ == __name__]

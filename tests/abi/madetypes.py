"""Types made from C in the ways that extensions make them."""
import gc
import weakref

from data.build import build, load

t = load(build('madetypes'), 'types')

# --- patched after readiness ---
print(t.Patched(), hasattr(t.Patched, 'answer'))        #: one False
class Under(t.Patched): pass
print(Under(), Under.__mro__)        #: one (<class '__main__.Under'>, <class 'types.Patched'>, <class 'object'>)
def ask(x): return x.answer
try: ask(Under())
except AttributeError as error: print(error)        #: 'Under' object has no attribute 'answer'
t.patch()
print(t.Patched(), t.Patched.answer, Under.answer, ask(Under()))        #: two 42 42 42
print(Under(), t.Patched.__repr__(Under()))        #: one one
t.Patched.other = 1        #! TypeError: cannot set 'other' attribute of immutable type 'types.Patched'

# --- metatypes ---
class M(metaclass=t.Meta): pass
print(type(M), M.count, M.note, M.__class__.__basicsize__ > type.__basicsize__)        #: <class 'types.Meta'> 7 None True
M(); M() and None
M.note = [M]
print(M.count, t.Instance.count, type(t.Instance()), t.Instance.count)        #: 9 0 <class 'types.Instance'> 1
class Sub(t.Instance, M): pass
print(type(Sub), Sub.count, Sub.__mro__)        #: <class 'types.Meta'> 7 (<class '__main__.Sub'>, <class 'types.Instance'>, <class '__main__.M'>, <class 'object'>)
print(t.sizes(M)[:2], t.Meta.__flags__ & (1 << 31) != 0)        #: (24, 0) True
del M, Sub
gc.collect() and None

# --- several bases ---
both = object.__new__(t.Both) if False else t.Both()
print(t.Both.__mro__, t.Both.__bases__, t.Both.__base__)        #: (<class 'types.Both'>, <class 'types.A'>, <class 'types.B'>, <class 'object'>) (<class 'types.A'>, <class 'types.B'>) <class 'types.A'>
print(both.hello(), both.only(), hash(both), both == 1, t.sizes(t.Both)[:2])        #: A only B 3 True (32, 0)
print(t.Float(2.5) + 1, t.Float.__mro__, repr(t.Float(2)), t.Float(3).only())        #: 3.5 (<class 'types.Float'>, <class 'float'>, <class 'types.B'>, <class 'object'>) 2.0 only B
print(t.same_slot(t.Float, float, 120), t.same_slot(t.Float, float, 88), t.same_slot(t.Float, t.B, 88))        #: True True False
class Clash(t.Both, t.Float): pass        #! TypeError: multiple bases have instance lay-out conflict
class Fine(t.Both, t.B): pass
print(Fine().hello(), Fine().only(), t.sizes(Fine)[:2])        #: A only B (40, 0)
class Conflict(int, t.A): pass        #! TypeError: multiple bases have instance lay-out conflict
hash(t.Unhashed())        #! TypeError: unhashable type: 'types.Unhashed'
print(t.Unhashed.__hash__, t.Unhashed() == 2, t.Unhashed() != 2)        #: None True False
t.NoNew()        #! TypeError: cannot create 'types.NoNew' instances
object.__new__(t.NoNew)        #! TypeError: object.__new__(types.NoNew) is not safe, use types.NoNew.__new__()
print(hex(t.sizes(t.NoNew)[4]), hex(t.sizes(t.A)[4]), hex(t.sizes(t.Both)[4]))        #: 0x1180 0x1500 0x1500
print(t.A.hello.__doc__, t.A.hello.__text_signature__, t.A.__module__, t.A.__qualname__)        #: Greet. ($self, /) types A
t.A.hello(1)        #! TypeError: descriptor 'hello' for 'types.A' objects doesn't apply to a 'int' object
t.A.hello(t.Both(), 1)        #! TypeError: A.hello() takes no arguments (1 given)

# --- sequences and subclasses of built-in types ---
print(list(t.Seq()), len(t.Seq()), 20 in t.Seq(), t.Seq()[-1], list(reversed(t.Seq())))        #: [0, 10, 20] 3 True 20 [20, 10, 0]
print(hasattr(t.Seq, '__iter__'), hasattr(t.Seq, '__getitem__'), t.Seq.__getitem__(t.Seq(), 1))        #: False True 10
t.Seq()[9]        #! IndexError
t.Seq()['a']        #! TypeError: sequence index must be integer, not 'str'
a, b, c = t.Seq()
print(a, b, c, [*t.Seq()], max(t.Seq()), dict(zip(t.Seq(), 'abc')))        #: 0 10 20 [0, 10, 20] 20 {0: 'a', 10: 'b', 20: 'c'}
class PySeq(t.Seq):
    def __getitem__(self, i): return 'py', i
print(PySeq()[5], t.direct('sq_item', PySeq()))        #: ('py', 5) ('py', 1)
d = t.DictSub(a=1)
d['b'] = 2
print(d, d.items(), t.sizes(t.DictSub)[:2], t.same_slot(t.DictSub, dict, 112), {**d})        #: {'a': 1, 'b': 2} dict_items([('a', 1), ('b', 2)]) (64, 0) True {'a': 1, 'b': 2}
s = t.StrSub('grüß')
print(s + '!', s.upper(), hash(s) == hash('grüß'), {s: 1}['grüß'], t.sizes(t.StrSub)[:2], s == 'grüß')        #: grüß! GRÜSS True 1 (96, 0) True
class S2(t.StrSub): pass
x = S2('z' * 5)
x.note = 1
print(x, x.__dict__, isinstance(x, str), ''.join([x, x]), x[1:], type(x[1:]))        #: zzzzz {'note': 1} True zzzzzzzzzz zzzz <class 'str'>
n = t.IntSub(2 ** 70)
print(n + 1, t.IntSub.__itemsize__, t.IntSub.__basicsize__, n.bit_length(), hash(n) == hash(2 ** 70))        #: 1180591620717411303425 4 24 71 True
class I2(t.IntSub): pass
j = I2(2 ** 100)
j.note = [j]
print(j.note[0] == 2 ** 100, I2.__dictoffset__, I2.__weakrefoffset__)        #: True -8 0
del j
gc.collect() and None

# --- members ---
f = t.Fields()
print(f.any, f.c, f.b, f.h, f.i, f.l, f.q, f.f, f.d, f.s, f.inl, f.B, f.n, f.flag)        #: None x 0 0 0 0 0 0.0 0.0 text inl 0 0 False
f.anyex        #! AttributeError: 'types.Fields' object has no attribute 'anyex'
f.b, f.h, f.i, f.l, f.q, f.f, f.d, f.c, f.flag, f.any = 1, 2, 3, 4, 5, 0.5, 1.5, 'y', True, [f]
print(f.b, f.h, f.i, f.l, f.q, f.f, f.d, f.c, f.flag, f.any is not None)        #: 1 2 3 4 5 0.5 1.5 y True True
f.c = 'long'        #! TypeError: bad argument type for built-in operation
f.i = 'x'        #! TypeError: 'str' object cannot be interpreted as an integer
f.l = 2 ** 70        #! OverflowError: Python int too large to convert to C long
f.n = 1        #! AttributeError: readonly attribute
f.s = 'x'        #! TypeError: readonly attribute
f.inl = 'x'        #! TypeError: readonly attribute
f.flag = 1        #! TypeError: attribute value type must be bool
f.d = 'x'        #! TypeError: must be real number, not str
del f.any
del f.i        #! TypeError: can't delete numeric/char attribute
del f.anyex        #! AttributeError: anyex
print(f.twice, f.any)        #: abab None
f.twice = 1        #! AttributeError: attribute 'twice' of 'types.Fields' objects is not writable
print(t.Fields.i.__doc__, t.Fields.twice.__doc__, t.Fields.i, t.Fields.__weakrefoffset__ > 0)        #: doc of i doc of twice <member 'i' of 'types.Fields' objects> True
f.extra = 1
print(f.__dict__, t.dict_pointer(f), t.put_dict(f, {'given': 2}), f.given, f.__dict__, weakref.ref(f)() is f)        #: {'extra': 1} True True 2 {'given': 2} True
f.__dict__ = 3        #! TypeError: __dict__ must be set to a dictionary, not a 'int'
class F2(t.Fields): __slots__ = 'one',
g = F2()
g.one, g.two = 1, 2
print(g.one, g.two, vars(g), t.sizes(F2)[2:4] == t.sizes(t.Fields)[2:4])        #: 1 2 {'two': 2} True
r = weakref.ref(g)
g.any = g
del g, f
gc.collect() and None
print(r())        #: None

# --- instance dicts through the pointer ---
class Plain: pass
p = Plain()
p.a = 1
print(t.dict_pointer(p), t.put_dict(p, {'b': 3}), p.b, p.__dict__)        #: True True 3 {'b': 3}
p.c = 4
print(p.__dict__, t.dict_pointer(Plain()), t.dict_pointer(5), t.put_dict(Plain(), {}))        #: {'b': 3, 'c': 4} True None True
class Err(Exception): pass
e = Err()
print(t.put_dict(e, {'q': 1}), e.q)        #: True 1

# --- finalizers ---
t.Final() and None
class Final2(t.Final):
    def __del__(self): t.finalised.append('py')
Final2() and None
print(t.finalised)        #: ['types.Final', 'py']

# --- docs ---
print(t.swap_doc(t.Seq.__getitem__), t.Seq.__getitem__.__doc__, t.Seq.__getitem__(t.Seq(), 2))        #: __getitem__ 0 swapped doc 20
t.add_docs(t.A.hello, 'hello(a)\n--\n\nOther doc.')
t.add_docs(t.Fields.i, 'i doc')
t.add_docs(t.Fields.twice, 'twice doc')
t.add_docs(t.patch, 'patch doc')
print(t.A.hello.__doc__, t.A.hello.__text_signature__, t.Fields.i.__doc__, t.Fields.twice.__doc__, t.patch.__doc__)        #: Other doc. (a) i doc twice doc patch doc

# --- tp_dict replaced ---
class D(dict): pass
class Has: x = 1
def x_of(h): return h.x
print([x_of(Has()) for _ in range(20)][-1])        #: 1
t.replace_dict(Has, D(y=2))
print(Has.x, Has.y, x_of(Has()), sorted(k for k in vars(Has) if k[0] != '_'))        #: 1 2 1 ['x', 'y']
Has.x = 5
print(x_of(Has()), Has().y)        #: 5 2

# --- by hand ---
H = t.by_hand('Häh')
print(H, H.__name__, H.__qualname__, len(H()))        #: <class 'types.by_hand'> Häh Häh 3
H.__module__        #! AttributeError: __module__
class H2(H):
    def __len__(self): return 9
print(len(H2()), t.direct('sq_length', H2()), H2.__basicsize__ > H.__basicsize__)        #: 9 9 True
class HasItem:
    def __class_getitem__(cls, key): return cls.__name__, key
G = t.by_hand('G', (HasItem, t.A))
print(G[int], G.__mro__, G.__early__, H.__early__)        #: ('G', <class 'int'>) (<class 'types.by_hand'>, <class '__main__.HasItem'>, <class 'types.A'>, <class 'object'>) G Häh
H.attr = 1
print(H2.attr, t.sizes(H)[:2])        #: 1 (24, 0)

# --- dunders and slots in step ---
class Py:
    def __getitem__(self, k): return ('get', k)
    def __bool__(self): return False
p = Py()
print(t.direct('mp_subscript', p, 'k'), t.direct('nb_bool', p), t.direct('sq_item', p))        #: ('get', 'k') 0 ('get', 1)
class Kid(Py): pass
Py.__getitem__ = lambda self, k: ('new', k)
Py.__add__ = lambda self, o: 'sum'
print(t.direct('mp_subscript', Kid(), 1), t.direct('nb_add', Kid(), 1), Kid() + 1)        #: ('new', 1) sum sum
del Py.__add__
Kid() + 1        #! TypeError: unsupported operand type(s) for +: 'Kid' and 'int'
Py.__next__ = lambda self: 'next'
Py.__call__ = lambda self: 'called'
Py.__get__ = lambda self, o, c: (o, c.__name__)
Py.__hash__ = lambda self: -1
print(t.direct('tp_iternext', Kid()), t.direct('tp_call', Kid()), t.direct('tp_descr_get', Kid(), 5), t.direct('tp_hash', Kid()))        #: next called (5, 'int') -2
Py.__hash__ = lambda self: 'x'
t.direct('tp_hash', Kid())        #! SystemError: <built-in function direct> returned a result with an exception set
Py.__bool__ = lambda self: 3
t.direct('nb_bool', p)        #! SystemError: <built-in function direct> returned a result with an exception set
class L(list): pass
print(t.same_slot(L, list, 104), t.direct('sq_item', L([4, 5, 6])), t.same_slot(L, list, 200), t.same_slot(L, list, 216))        #: False 5 True True
class L(list):
    def __len__(self): return 77
print(t.direct('sq_length', L()), len(L()), bool(L()))        #: 77 77 True

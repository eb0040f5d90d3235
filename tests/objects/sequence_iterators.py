# The iterators of list, tuple, str, bytes and bytearray are one shape: an index into a sequence.
import copy

for sequence in [1, 2, 3], (1, 2, 3), b'abc', bytearray(b'abc'), 'abc', 'a\u20ac\U0001f600':
    it = iter(sequence)
    next(it)
    fresh = copy.copy(it)
    print(type(it).__name__, it.__length_hint__(), it.__reduce__()[1:], list(fresh) == list(sequence[1:]))
    list(it)
    it.__setstate__(0)                  # through is through
    print(it.__length_hint__(), it.__reduce__()[1])
#: list_iterator 2 (([1, 2, 3],), 1) True
#: 0 ([],)
#: tuple_iterator 2 (((1, 2, 3),), 1) True
#: 0 ((),)
#: bytes_iterator 2 ((b'abc',), 1) True
#: 0 ((),)
#: bytearray_iterator 2 ((bytearray(b'abc'),), 1) True
#: 0 ((),)
#: str_ascii_iterator 2 (('abc',), 1) True
#: 0 ('',)
#: str_iterator 2 (('a€😀',), 1) True
#: 0 ('',)

# a list that shrinks under its iterators
a = [1, 2, 3, 4]
forward, backward = iter(a), reversed(a)
next(forward), next(forward), next(backward)
del a[1:]
print(forward.__length_hint__(), backward.__length_hint__())        #: 0 0
print(list(forward), list(backward))            #: [] []
a += [5, 6, 7]
print(list(forward), list(backward))            #: [] []

# positions are clamped
for state in -9, 2, 9:
    forward, backward = iter(a), reversed(a)
    forward.__setstate__(state)
    backward.__setstate__(state)
    print(list(forward), list(backward))
#: [1, 5, 6, 7] []
#: [6, 7] [6, 5, 1]
#: [] [7, 6, 5, 1]
iter('abc').__setstate__('x')       #! TypeError: an integer is required

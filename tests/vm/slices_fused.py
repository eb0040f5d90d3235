"""Slices of the built-in sequences in code that has run often enough to be quickened."""


class Odd:
    def __index__(self):
        return 2


class MyList(list):
    def __getitem__(self, index):
        return 'mine', index


def get(x, a, b):
    return x[a:b]


def get_step(x, a, b, c):
    return x[a:b:c]


def put(x, a, b, value):
    x[a:b] = value
    return x


text, wide, numbers = 'abcdef', 'ab\u20acdef', [0, 1, 2, 3, 4, 5]
for _ in range(20):
    got = [get(x, 1, 3) for x in (text, wide, numbers, tuple(numbers), b'abcdef', bytearray(b'abcdef'), range(6))]
print(got)  #: ['bc', 'b€', [1, 2], (1, 2), b'bc', bytearray(b'bc'), range(1, 3)]
print([get(text, a, b) for a in (None, -2, 9, Odd(), True, 1 << 70) for b in (None, -1, 3, -(1 << 70))])
#: ['abcdef', 'abcde', 'abc', '', 'ef', 'e', '', '', '', '', '', '', 'cdef', 'cde', 'c', '', 'bcdef', 'bcde', 'bc', '', '', '', '', '']
for _ in range(20):
    got = [get_step(x, None, None, -1) for x in (text, numbers, (1, 2, 3))]
print(got)                                      #: ['fedcba', [5, 4, 3, 2, 1, 0], (3, 2, 1)]
print([get_step(numbers, a, b, c) for a in (None, 4, -9) for b in (1, None) for c in (-2, 3)])
#: [[5, 3], [0], [5, 3, 1], [0, 3], [4, 2], [], [4, 2, 0], [4], [], [0], [], [0, 3]]
print(get(numbers, None, None) is numbers, get(text, None, None) is text)       #: False True
print(get(MyList(), 1, 2))                      #: ('mine', slice(1, 2, None))
for _ in range(20):
    got = put([0, 1, 2, 3], 1, 3, [7, 8, 9]), put([0, 1], 5, 0, [2]), put([0, 1, 2], None, None, [])
print(got)                                      #: ([0, 7, 8, 9, 3], [0, 1, 2], [])
print(put([1, 2, 3], 0, 1, 'xy'), put([1, 2], Odd(), None, (3,)))       #: ['x', 'y', 2, 3] [1, 2, 3]
same = [1, 2, 3]
print(put(same, 1, 1, same))                    #: [1, 1, 2, 3, 2, 3]
get(5, 1, 2)                                    #! TypeError: 'int' object is not subscriptable
get(text, 'a', 2)       #! TypeError: slice indices must be integers or None or have an __index__ method
get_step(text, 1, 2, 0)                         #! ValueError: slice step cannot be zero
put([], 1, 2, 3)                                #! TypeError: can only assign an iterable

"""Plain values compared inside tuples, lists, dicts, heaps and sorts: as one by one."""
import heapq
import itertools

nan = float("nan")
texts = ["", "a", "b", "ab", "abc", "abd", "abcd", "abce", "abcdefg", "abcdefh", "abcdefgh", "abcdefgi",
         "abcdefghijklmnop", "abcdefghijklmnoq", "abcdefghijklmnopq", "Zbcdefghijklmnopq", "\xe9t\xe9",
         "\xffbcdefgh", "abc\u20ac", "\u20ac", "\U0001f600", "\x00", "a\x00", "a\x00b"]
numbers = [0, 1, -1, 2 ** 30, -(2 ** 30), 2 ** 60, 2 ** 64, 0.0, -0.0, 1.5, float("inf"), -1e300, True]


def order_of(a, b):
    a, b = [ord(c) for c in a], [ord(c) for c in b]
    for x, y in zip(a, b):
        if x != y:
            return x < y
    return len(a) < len(b)


def all_six(a, b):
    return a < b, a <= b, a == b, a != b, a > b, a >= b


n_wrong = 0
for a, b in itertools.product(texts, repeat=2):
    c = "".join(list(b))                # equal to b, another object
    less, equal = order_of(a, c), [*a] == [*c]
    want = less, less or equal, equal, not equal, not less and not equal, not less
    n_wrong += all_six((a,), (c,)) != want or all_six((1, a), (1, c)) != want
    n_wrong += all_six([a], [c]) != want or all_six(a, c) != want
    n_wrong += (a in {c}) != equal or (a in [c]) != equal or ((a, 1) in {(c, 1): 2}) != equal
    n_wrong += sorted([(c, 1), (a, 0)]) != ([(a, 0), (c, 1)] if less or equal else [(c, 1), (a, 0)])
    n_wrong += sorted([c, a]) != ([a, c] if less else [c, a])
for a, b in itertools.product(numbers, repeat=2):
    n_wrong += all_six((a,), (b,)) != all_six(a, b) or all_six((0, a), (0, b)) != all_six(a, b)
    n_wrong += (a in {b}) != (a == b) or ((a, "x") in {(b, "x")}) != (a == b)
print(n_wrong)                          #: 0

print(all_six((nan,), (nan,)), all_six((nan,), (float("nan"),)))     #: (False, True, True, False, False, True) (False, False, False, True, False, False)
print((nan, 1) < (nan, 2), (nan, 1) < (float("nan"), 2), nan in [nan], nan in {float("nan")})        #: True False True False

heap = []
for text in texts:
    heapq.heappush(heap, (text, len(text)))
print([heapq.heappop(heap)[0] for _ in texts] == sorted(texts))     #: True


class Thing:
    def __lt__(self, other):
        return False


things = [(2, Thing()), (1, Thing()), (1, Thing())]
print([n for n, thing in sorted(things)])       #: [1, 1, 2]
sorted([(1, Thing()), (1, None)])               #! TypeError: '<' not supported between instances of 'NoneType' and 'Thing'

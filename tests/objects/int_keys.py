"""Ints as keys of dicts and members of sets: equal by value, whatever object they are."""
big = [10 ** 6 + 1, 2 ** 31, 2 ** 59, 2 ** 60 - 1, 2 ** 60, 2 ** 61 - 1, 2 ** 61, 2 ** 90, -1, -2, -10 ** 6]


def again(n):
    return int(str(n))


d, s = {n: str(n) for n in big}, set(big)
print(all(d[again(n)] == str(n) and again(n) in s for n in big))       #: True
print(-1 in {-2: 0}, -2 in {-1}, 0 in {2 ** 61 - 1: 0}, 2 ** 61 - 1 in {0})    #: False False False False
print({1000: 'a'}[1000.0], {1: 'b'}[True], {2 ** 40: 'c'}[2.0 ** 40], {4.0: 'd'}[4])    #: a b c d


class Number(int):
    def __eq__(self, other):
        print('asked', int(other))
        return int(self) == other
    __hash__ = int.__hash__


print({5000: 1}[Number(5000)], Number(5001) in {5001})
#: asked 5000
#: asked 5001
#: 1 True
for n in big:
    del d[again(n)]
    s.remove(again(n))
print(d, s)             #: {} set()

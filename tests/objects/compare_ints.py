"""Ints compared inside containers: by value, in every order."""
import heapq

values = [-(2 ** 70), -(2 ** 60), 1 - 2 ** 60, -1000, -2, -1, 0, 1, 999, 2 ** 30, 2 ** 60 - 1, 2 ** 60, 2 ** 70]
for i, a in enumerate(values):
    for j, b in enumerate(values):
        x, y = (int(str(a)),), (int(str(b)),)
        assert ((x < y), (x <= y), (x == y), (x != y), (x > y), (x >= y)) == \
            ((i < j), (i <= j), (i == j), (i != j), (i > j), (i >= j)), (a, b)
        assert ([a] < [b], [a] == [b]) == (i < j, i == j)
heap = values[::-1]
heapq.heapify(heap)
print([heapq.heappop(heap) for _ in values] == values)  #: True
print([True, 1.0, 2].index(1), [1000].count(1000.0), (1, 2) < (1, 2.5), (True,) == (1,))        #: 0 1 True True
(1, 'a') < (1, 2)       #! TypeError: '<' not supported between instances of 'str' and 'int'

"""Calls: plain, with defaults and keywords, of methods, closures and classes; recursion."""


def fib(n):
    return n if n < 2 else fib(n - 1) + fib(n - 2)


def scale(x, by=3, *, plus=1):
    return x * by + plus


def adder(n):
    def add(x):
        return x + n
    return add


class Counter:
    def __init__(self, start):
        self.n = start

    def step(self, by):
        self.n += by
        return self

    @property
    def twice(self):
        return self.n * 2


def run():
    total = fib(22)
    add = adder(5)
    for i in range(40000):
        total += scale(i) + scale(i, 2) + scale(i, plus=7) + add(i)
        total += Counter(i).step(1).step(2).twice
    return total

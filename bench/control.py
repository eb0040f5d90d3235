"""Generators, comprehensions, exceptions, context managers, pattern matching."""
from contextlib import contextmanager


def numbers(n):
    for i in range(n):
        yield i


def tree(depth):
    if depth:
        yield from tree(depth - 1)
        yield depth
        yield from tree(depth - 1)


@contextmanager
def counted(counts):
    counts[0] += 1
    yield counts
    counts[1] += 1


def risky(n):
    if n % 5 == 0:
        raise ValueError(n)
    return n


def kind(value):
    match value:
        case int() | float():
            return 1
        case [first, *_]:
            return first
        case {'kind': k}:
            return k
        case _:
            return 0


def run():
    total = sum(n * n for n in numbers(60000) if n & 1) + sum(tree(13))
    counts = [0, 0]
    for i in range(20000):
        try:
            total += risky(i)
        except ValueError as e:
            total += e.args[0] & 1
        finally:
            total += 1
    for _ in range(3000):
        with counted(counts):
            pass
    for value in [3, 2.5, [7, 8], {'kind': 9}, 'none'] * 3000:
        total += kind(value)
    return total, counts

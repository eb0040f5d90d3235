# Annotations kept as text read like the source, with as few parentheses as it needs.
from __future__ import annotations


def f(a: (x), b: x[1:2, ...], c: lambda *a, b=1: 0, d: -(1 ** 2) ** 3, e: not (x and (y or z)),
      g: f'{x!r:>{w}}{{}}', h: [i for i in x if i], j: {**x, 1: (2,)}, k: 1e999, m: 1 .real): ...


for text in f.__annotations__.values():
    print(text)
#: x
#: x[1:2, ...]
#: lambda*a, b=1: 0
#: -(1 ** 2) ** 3
#: not (x and (y or z))
#: f'{x!r:>{w}}{{}}'
#: [i for i in x if i]
#: {**x, 1: (2,)}
#: 1e309
#: 1 .real

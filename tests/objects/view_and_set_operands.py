"""Operands that change, swap or stand in for another while an operation runs."""
d = {1: 2, 3: 4}
print({1, 5} & d.keys())                        #: {1}
print({(1, 2)} & d.items())                     #: {(1, 2)}
print({1} in {frozenset([1])})                  #: True
print(set() in set())                           #: False
min(1, a=1, b=2, c=3)                           #! TypeError: min() takes at most 2 keyword arguments (3 given)


class X:
    def __eq__(self, other):
        right.clear()
        return NotImplemented


class Y:
    def __eq__(self, other):
        left.clear()
        return NotImplemented


left, right = [X()], [Y()]
print(left == right)                            #: True

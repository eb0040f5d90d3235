"""Attributes, slots, dictionaries of objects, special methods, dynamic dispatch."""


class Shape:
    def area(self):
        return 0


class Square(Shape):
    def __init__(self, side):
        self.side = side
        self.seen = 0

    def area(self):
        self.seen += 1
        return self.side * self.side


class Circle(Shape):
    __slots__ = ('radius',)

    def __init__(self, radius):
        self.radius = radius

    def area(self):
        return 3 * self.radius * self.radius


class Vector:
    def __init__(self, x, y):
        self.x, self.y = x, y

    def __add__(self, other):
        return Vector(self.x + other.x, self.y + other.y)

    def __eq__(self, other):
        return self.x == other.x and self.y == other.y

    def __len__(self):
        return 2

    def __getitem__(self, i):
        return self.y if i else self.x


def run():
    shapes = [Square(i) if i % 3 else Circle(i) for i in range(300)]
    total = 0
    for _ in range(60):
        for shape in shapes:
            total += shape.area()
    here, step = Vector(0, 0), Vector(1, 2)
    for _ in range(20000):
        here = here + step
        if here == step or len(here) != 2:
            total += 1
    return total + here[0] + here[1]

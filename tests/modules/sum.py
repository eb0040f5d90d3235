# sum() adds ints in a machine word as long as they fit, and then goes on as objects.
big = 2**63 - 1
print(sum([big]), sum([big, 1]), sum([big, 1, -1, True]))       #: 9223372036854775807 9223372036854775808 9223372036854775808
print(sum([-big, -1]), sum([-big, -1, -1, 5]))      #: -9223372036854775808 -9223372036854775804
print(sum([2**62, 2**62, 2**62]), sum([2**200, 1, -2**200]))    #: 13835058055282163712 1
print(sum([True, False, True]), sum([True], False), sum([], True))      #: 2 1 True
print(sum([1, 2.5, 3]), sum([1, 2**80, 0.5]), sum([big, 1, 0.5]))       #: 6.5 1.2089258196146292e+24 9.223372036854776e+18
print(sum(range(10**5)), sum(range(-10**5, 10**5, 7)), sum(range(big, big + 3)))    #: 4999950000 -42858 27670116110564327424


class Short(int):
    def __radd__(self, other):
        return ('radd', other)


print(sum([1, Short(2)]), sum([1, 2], Short(3)))        #: ('radd', 1) 6


def fails():
    yield 1
    yield 2
    raise ValueError('late')


try:
    sum(fails())
except ValueError as error:
    print(error)        #: late

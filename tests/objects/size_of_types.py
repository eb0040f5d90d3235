# The header of the collector counts for every object whose type has it, static types too.
import sys


class Slotted:
    __slots__ = ('a',)


print(sys.getsizeof(int), sys.getsizeof(type), sys.getsizeof(Exception))    #: 424 424 424
print(sys.getsizeof(Slotted()), sys.getsizeof(()), sys.getsizeof({}))       #: 40 40 64

"""An attribute read many times follows its class when that becomes a descriptor."""


class Plain:
    pass


class Getter(Plain):
    def __get__(self, instance, owner):
        return 'got'


class Late:
    pass


class C:
    x = Late()
    y = Plain()

    def __init__(self):
        self.x = 'own'


def read(o):
    return o.x


o = C()
for _ in range(2000):
    read(o)
Late.__get__ = lambda self, instance, owner: 'late'
Late.__set__ = lambda self, instance, value: None
print(read(o))                                  #: late


def read_class():
    return C.y


for _ in range(2000):
    read_class()
C.__dict__['y'].__class__ = Getter
print(read_class())                             #: got

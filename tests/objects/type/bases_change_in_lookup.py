# A key's __eq__ may change the bases of the type whose attribute is looked up.
class Key:
    def __hash__(self):
        return hash('name')

    def __eq__(self, other):
        C.__bases__ = (Second,)
        return False


class First:
    name = 'first'


class Second:
    name = 'second'


C = type('C', (First,), {Key(): 0})
print(C.name)       #: first
print(C.__mro__ == (C, Second, object))     #: True

del First
print(hasattr(C, 'other'))      #: False

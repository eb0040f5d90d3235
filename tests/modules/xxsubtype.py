# xxsubtype: subtypes of list and dict made in C carry a state
from xxsubtype import spamlist, spamdict, bench
a = spamlist([1, 2])
a.setstate(5)
print(a, a.state, a.getstate())         #: [1, 2] 5 5
print(spamlist.classmeth(1, x=3)[1:], a.staticmeth())       #: ((1,), {'x': 3}) (None, (), None)
print(spamdict(x=1), bench(a, 'state', 3) >= 0)             #: {'x': 1} True
a.getstate(1)           #! TypeError: getstate() takes exactly 0 arguments (1 given)

# tests/objects/str/search.py: find, count, and their kin
s = 'abracadabra'
print(s.find('bra'), s.rfind('bra'), s.find('bra', 2), s.find('x'), s.find(''), s.rfind(''))  #: 1 8 8 -1 0 11
print(s.count('a'), s.count('abra'), s.count(''), 'aaaa'.count('aa'))  #: 5 2 12 2
print(s.index('cad'), 'é€😀é'.find('é', 1), 'é€😀é'.rfind('€'), 'abc'.find('€'))  #: 4 3 1 -1
print(('a' * 5000 + 'b').find('a' * 100 + 'b'), ('ab' * 5000).rfind('ba' * 99))  #: 4900 9801
print('€' in 'a€b', 'b€' in 'a€b', '' in '', s.startswith(('x', 'ab')), s.endswith('bra', 0, -1))  #: True False True True False
s.index('x')  #! ValueError: substring not found
s.find(1)  #! TypeError: must be str, not int
s.find()  #! TypeError: find() takes at least 1 argument (0 given)
s.startswith(3)  #! TypeError: startswith first arg must be str or a tuple of str, not int
s.startswith(('x', 3))  #! TypeError: tuple for startswith must only contain str, not int
3 in s  #! TypeError: 'in <string>' requires string as left operand, not int

# tests/objects/str/type.py: construction, comparison, repr, subclasses
class S(str): pass
print(str(), str(5), str(b'a\xc3\xa9', 'utf-8'), str(object='x'), str(b'\xff', errors='replace'))  #:  5 aé x �
print(repr("it's"), repr('a"b\'c'), repr('\t\n\x00\x7f\x80\xadé€\ud800😀'), ascii('é€😀'))  #: "it's" 'a"b\'c' '\t\n\x00\x7f\x80\xadé€\ud800😀' '\xe9\u20ac\U0001f600'
s = S('aé€')
print(type(s).__name__, s, len(s), type(s + ''), type(s.strip()), type(S('x')[:]), hash(s) == hash('aé€'), s == 'aé€', s.upper())  #: S aé€ 3 <class 'str'> <class 'str'> <class 'str'> True True AÉ€
print('' < 'a' < 'b', 'a' < 'é' < '€' < '😀', 'abc' == 'ab' + 'c', 'a' == 1, max('a', 'é'), sorted('bé€a'))  #: True True True False é ['a', 'b', 'é', '€']
print(''.__sizeof__(), 'a'.__sizeof__(), 'é'.__sizeof__(), '€'.__sizeof__(), '😀'.__sizeof__(), S('a').__sizeof__())  #: 49 50 74 76 80 82
print(list('aé'), type(iter('a')).__name__, type(iter('é')).__name__, iter('ab').__reduce__()[1:], 'ab'.__getnewargs__())  #: ['a', 'é'] str_ascii_iterator str_iterator (('ab',), 0) ('ab',)
str(1, 2)  #! TypeError: str() argument 'encoding' must be str, not int
str('a', 'b')  #! TypeError: decoding str is not supported
str(b'a', 1)  #! TypeError: str() argument 'encoding' must be str, not int
(lambda k: 'a' < k)(1)  #! TypeError: '<' not supported between instances of 'str' and 'int'
'a'[1]  #! IndexError: string index out of range
(lambda k: 'a'[k])('b')  #! TypeError: string indices must be integers, not 'str'

"""Sets, starts and give-back of the regular expression engine, in every string width."""
import re


def show(pattern, text):
    """Print the spans in text; the same must be found in wider strings."""
    def found(text):
        return [(m.span(), m.groups(), m.lastindex) for m in re.finditer(pattern, text, re.M)]
    print([m.span() for m in re.finditer(pattern, text, re.M)])
    for wide in '\n\u20ac', '\n\U0001f600':
        n = len(text)
        assert [f for f in found(text + wide) if f[0][1] < n] == [f for f in found(text) if f[0][1] < n]


show('[^a-c]+', 'abcxyzcba')  #: [(3, 6)]
show('\\w+@\\w+', 'a b me@home @')  #: [(4, 11)]
show('(?:ab|c[de]|f)+g', 'ababcdfg fg g')  #: [(0, 8), (9, 11)]
show('^\\d+$', '12\nx\n34\n')  #: [(0, 2), (5, 7)]
show('^', 'a\nb\n')  #: [(0, 0), (2, 2), (4, 4)]
show('\\bid=(\\d+)', 'void=1 id=22')  #: [(7, 12)]
show('(a*)(?:b|c?)d', 'xaad d')  #: [(1, 4), (5, 6)]
show('.*?x', 'abxabx\nx')  #: [(0, 3), (3, 6), (7, 8)]
show('(\\d+?)(\\d{2,3})-', '12345-1234-')  #: [(0, 6), (6, 11)]
show('[^\\W\\d_]+', 'a1_b\xe9\xdf2')  #: [(0, 1), (3, 6)]
show('(?i)[k-m]\\xdf', 'K\xdf l\u1e9e')  #: [(0, 2), (3, 5)]
show('(?=[ab])\\w', 'xaby')  #: [(1, 2), (2, 3)]
show('(?<!\\d)\\.\\d', '1.2 .3')  #: [(4, 6)]
show('(?P<q>["\\\']).*?(?P=q)', '"it\'s" \'no\' ')  #: [(0, 6), (7, 11)]
show('(x)?(?(1)y|z)', 'xy z y')  #: [(0, 2), (3, 4)]
show('(?>a+)b', 'aaab ab')  #: [(0, 4), (5, 7)]
show('(?:a|b)*+c', 'ababc c')  #: [(0, 5), (6, 7)]
show('\\s*=\\s*', 'a = b=c  =d')  #: [(1, 4), (5, 6), (7, 10)]
show('[\\u20ac\\d]+', '1\u20ac2 \u20ac')  #: [(0, 3), (4, 5)]
show('\\Aab|cd', 'abcd')  #: [(0, 2), (2, 4)]
show('(?:(a)|b)*', 'abab')  #: [(0, 4), (4, 4)]
show('(?s)a.c', 'a\nc abc')  #: [(0, 3), (4, 7)]
show('[]^-]+', 'a]^-b')  #: [(1, 4)]

m = re.match('(a)(b)', 'ab')
print(m.group(1, 2), m.group(True), m.group())  #: ('a', 'b') a ab
m.group(1 << 80)        #! IndexError: no such group
m.group(-1)             #! IndexError: no such group

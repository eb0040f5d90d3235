# tests/objects/str/format.py: str.format and the format mini-language
print('{} {}'.format(1, 'a'), '{1} {0} {x}'.format(1, 2, x=3), '{0.real}'.format(3j), '{a[0]}{a[k]}'.format(a={0: 'z', 'k': 'y'}))  #: 1 a 2 1 3 0.0 zy
print('{{}}'.format(), '{!r:>6}'.format('a'), '{:{}}'.format('a', 4) + '|', '{:{w}.{p}}'.format(3.14159, w=8, p=3))  #: {}    'a' a   |     3.14
print(format(1234567, ','), format(1234567, '_x'), format(-5, '08,'), format(255, '#x'), format(5, '+'), format(65, 'c'))  #: 1,234,567 12_d687 -000,005 0xff +5 A
print(format(1234.5, '012,.2f'), format(0.25, '%'), format(1e20, 'g'), format(-0.0, 'z.1f'), format(float('inf'), '08'))  #: 0,001,234.50 25.000000% 1e+20 0.0 00000inf
print(format(1+2j, '.2f'), format('abc', '*^9.2'), format('é', '>3'), format(True, 'd'), format(10**20, ',d'))  #: 1.00+2.00j ***ab****   é 1 100,000,000,000,000,000,000
'{'.format()  #! ValueError: Single '{' encountered in format string
'}'.format()  #! ValueError: Single '}' encountered in format string
'{0} {}'.format(1, 2)  #! ValueError: cannot switch from manual field specification to automatic field numbering
'{}'.format()  #! IndexError: Replacement index 0 out of range for positional args tuple
'{x}'.format()  #! KeyError: 'x'
'{a.}'.format(a=1)  #! ValueError: Empty attribute in format string
'{!z}'.format(1)  #! ValueError: Unknown conversion specifier z
format(1, ',,d')  #! ValueError: Invalid format specifier ',,d' for object of type 'int'
format('a', 'd')  #! ValueError: Unknown format code 'd' for object of type 'str'
format(1, '.2d')  #! ValueError: Precision not allowed in integer format specifier
format(1.0, 'x')  #! ValueError: Unknown format code 'x' for object of type 'float'
format('a', '=5')  #! ValueError: '=' alignment not allowed in string format specifier

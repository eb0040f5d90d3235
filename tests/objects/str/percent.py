# tests/objects/str/percent.py: text % values
print('%s %r %a %d %5.2f %x %#o %c%%' % ('é', 'é', 'é', 5, 3.14159, 255, 8, 65))  #: é 'é' '\xe9' 5  3.14 ff 0o10 A%
print('[%5s][%-5s][%.2s][%05d][%+d][% d][%#06x]' % ('a', 'b', 'cde', -42, 7, 7, 255))  #: [    a][b    ][cd][-0042][+7][ 7][0x00ff]
print('%(k)s and %(k)r' % {'k': 'v'}, '%*d|%-*d|' % (4, 1, 4, 2), '%.*f' % (2, 1.5), '%s' % (1,), '%s' % ((1, 2),))  #: v and 'v'    1|2   | 1.50 1 (1, 2)
'%d' % 'x'  #! TypeError: %d format: a real number is required, not str
'%x' % 1.5  #! TypeError: %x format: an integer is required, not float
'%s' % (1, 2)  #! TypeError: not all arguments converted during string formatting
'%s %s' % 1  #! TypeError: not enough arguments for format string
'%y' % 1  #! ValueError: unsupported format character 'y' (0x79) at index 1
'%' % ()  #! ValueError: incomplete format
'%(a)s' % 3  #! TypeError: format requires a mapping
'%c' % 'ab'  #! TypeError: %c requires int or char
'%(a' % {}  #! ValueError: incomplete format key

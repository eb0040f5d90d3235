# tests/syntax/nesting.py -- how deep source may nest: what is left of the grammar's 6000
# nested rules inside three levels of a construct, counted in minus signs.
ONLY_AST = 0x400


def is_too_deep(source):
    try:
        compile(source, 'nesting', 'exec', ONLY_AST)
    except MemoryError:
        return True
    except (SyntaxError, RecursionError):       # what comes after the parser
        pass
    return False


def room(opening, closing):
    low, high = 0, 6500
    while low < high:
        middle = (low + high + 1) // 2
        source = opening + '-' * middle + '0' + closing
        low, high = (low, middle - 1) if is_too_deep(source) else (middle, high)
    return low


def table(*constructs):
    return [room(opening * 3, closing * 3) for opening, closing in constructs]


def starts(*openings):
    return [room(opening, '') for opening in openings]


print(table(('(', ')'), ('[', ']'), ('{', '}'), ('{0:', '}'), ('(0,', ')'), ('[0,', ']'), ('{0,', '}')))
#: [5931, 5901, 5901, 5901, 5898, 5898, 5898]
print(table(('f(', ')'), ('f(0,', ')'), ('f(x=', ')'), ('f(0,x=', ')'), ('f(*', ')'), ('f(0,*', ')'),
            ('f(**', ')'), ('f(x=1,*', ')'), ('f(x:=', ')')))
#: [5916, 5904, 5907, 5904, 5907, 5904, 5907, 5901, 5913]
print(table(('a[', ']'), ('a[0:', ']'), ('a[0:0:', ']'), ('a[0,', ']'), ('a[*', ']'), ('a[x:=', ']')))
#: [5916, 5916, 5913, 5907, 5910, 5910]
print(table(('(lambda:', ')'), ('(lambda x=', ':0)'), ('(yield ', ')'), ('(yield from ', ')'),
            ('(yield 0,', ')'), ('(x:=', ')'), ('(*', ',)'), ('[*', ']'), ('{**', '}')))
#: [5898, 5880, 5901, 5907, 5895, 5901, 5922, 5919, 5919]
print(table(('(0 or ', ')'), ('(0 and ', ')'), ('(0<', ')'), ('(0+', ')'), ('(0**', ')'),
            ('(0 if 1 else ', ')'), ('(not ', ')')))
#: [5898, 5898, 5895, 5904, 5898, 5901, 5901]
print(table(('[x for x in ', ']'), ('[x for x in y if ', ']'), ('(x for x in ', ')'),
            ('(x for x in y if ', ')'), ('{x:', ' for x in y}')))
#: [5907, 5901, 5907, 5901, 5901]
print(starts('(', '((', '(((', 'x=(', 'x=((', 'x=y=(', '*(', 'x=*(', 'f((', 'x.y(', '-(', '[(', 'return (', 'yield ('))
#: [5960, 5959, 5931, 5957, 5929, 5957, 5955, 5955, 5936, 5964, 5940, 5931, 5940, 5939]

print(is_too_deep('(lambda:' * 199 + '0' + ')' * 199), is_too_deep('(lambda:' * 200 + '0' + ')' * 200))
#: False True
print(is_too_deep('(yield ' * 200 + '0' + ')' * 200))       #: False

# the search for a mistake nests more rules
print(is_too_deep('[' * 190 + '0 0'), is_too_deep('[' * 195 + '0 0'))   #: False True
print(is_too_deep('{' * 199 + '0 0'), is_too_deep('{' * 200 + '0 0'))   #: False True

# a mistake inside: what was read is not read again at each level around
for opening in 'f(x=(', 'f(*(', 'f(0,*(', 'f(x=1,y=(':
    try:
        compile(opening * 60 + '=', 'nesting', 'exec')
    except SyntaxError as e:
        print(e.msg)
#: invalid syntax
#: invalid syntax
#: iterable argument unpacking follows keyword argument unpacking
#: invalid syntax

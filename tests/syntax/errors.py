# What a mistake is called, and where it is shown.


def parse(source, mode='exec'):
    compile(source, '<t>', mode)


def place(source, mode='exec'):
    try:
        compile(source, '<t>', mode)
    except SyntaxError as error:
        return error.lineno, error.offset, error.end_lineno, error.end_offset, error.text


parse('x y')                            #! SyntaxError: invalid syntax (<t>, line 1)
parse('(x y)')                          #! SyntaxError: invalid syntax. Perhaps you forgot a comma? (<t>, line 1)
parse('f(\n1,')                         #! SyntaxError: '(' was never closed (<t>, line 1)
parse('(\n]')                           #! SyntaxError: closing parenthesis ']' does not match opening parenthesis '(' on line 1 (<t>, line 2)
parse('if x:\ny')                       #! IndentationError: expected an indented block after 'if' statement on line 1 (<t>, line 2)
parse('if x:\n        a\n\tb')          #! TabError: inconsistent use of tabs and spaces in indentation (<t>, line 3)
parse('f() = 1')                        #! SyntaxError: cannot assign to function call here. Maybe you meant '==' instead of '='? (<t>, line 1)
parse('print 1')                        #! SyntaxError: Missing parentheses in call to 'print'. Did you mean print(...)? (<t>, line 1)
parse('{1: 2, 3 4}')                    #! SyntaxError: ':' expected after dictionary key (<t>, line 1)
parse("f'{a b}'")                       #! SyntaxError: f-string: invalid syntax. Perhaps you forgot a comma? (<t>, line 1)
parse("'\\N{no such name}'")            #! SyntaxError: (unicode error) 'unicodeescape' codec can't decode bytes in position 0-15: unknown Unicode character name (<t>, line 1)
parse('0777')                           #! SyntaxError: leading zeros in decimal integer literals are not permitted; use an 0o prefix for octal integers (<t>, line 1)
parse('x\ny', 'single')                 #! SyntaxError: multiple statements found while compiling a single statement (<t>, line 1)
parse(b'# coding: nonsense\nx')         #! SyntaxError: unknown encoding: nonsense (<t>, line 0)
parse('-' * 7000 + '1')                 #! MemoryError
parse('(' * 201 + ')' * 201)            #! SyntaxError: too many nested parentheses (<t>, line 1)

print(place('(x y)'))                   #: (1, 2, 1, 5, '(x y)\n')
print(place('\u00e9 = (\u00e9 \u00e9)'))         #: (1, 6, 1, 9, 'é = (é é)\n')
print(place("x = '''a\nb"))             #: (1, 5, 1, 5, "x = '''a")
print(place('x = (\n1\n'))              #: (1, 5, 1, 0, 'x = (')

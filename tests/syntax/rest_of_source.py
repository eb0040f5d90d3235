# Mistakes of the tokenizer behind a syntax error come first; bytes that are not UTF-8 in literals.
compile(b"x y\n\xe0a", 'x', 'exec')     #! UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe0 in position 0: invalid continuation byte
compile(b"x y\n\xff$", 'x', 'exec')     #! UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte
compile(b"x y\n'\xff'", 'x', 'exec')    #! SyntaxError: invalid syntax (x, line 1)
compile(b"f(x y\n0_", 'x', 'exec')      #! SyntaxError: invalid decimal literal (x, line 2)
compile(b"x y\n'abc", 'x', 'exec')      #! SyntaxError: unterminated string literal (detected at line 2) (x, line 2)
compile(b"x y\n$", 'x', 'exec')         #! SyntaxError: invalid syntax (x, line 1)
compile(b"f'ab\xff'", 'x', 'exec')       #! SyntaxError: (unicode error) 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte (x, line 1)

"""What each arrow of the pipeline makes of a source file: hob -X dump=WHAT[,WHAT] file.py

WHAT is tokens, ast, symbols or bytecode.  Frozen into the executable; run/main.c
calls show() instead of running the program.
"""


def _tokens(source, filename):
    import io
    import tokenize
    for token in tokenize.tokenize(io.BytesIO(source).readline):
        print('%d,%d-%d,%d:' % (token.start + token.end), tokenize.tok_name[token.exact_type], repr(token.string))


def _ast(source, filename):
    import ast
    print(ast.dump(ast.parse(source, filename), indent=2))


def _symbols(source, filename):
    import symtable

    def walk(table, depth):
        print('%s%s %s' % ('  ' * depth, table.get_type(), table.get_name()))
        for symbol in table.get_symbols():
            kinds = [k for k in ('parameter', 'global', 'nonlocal', 'local', 'free', 'imported', 'assigned', 'referenced')
                     if getattr(symbol, 'is_' + k)()]
            print('%s  %s: %s' % ('  ' * depth, symbol.get_name(), ' '.join(kinds)))
        for child in table.get_children():
            walk(child, depth + 1)
    walk(symtable.symtable(source.decode(), filename, 'exec'), 0)


def _bytecode(source, filename):
    import dis
    dis.dis(compile(source, filename, 'exec', dont_inherit=True))


STAGES = {'tokens': _tokens, 'ast': _ast, 'symbols': _symbols, 'bytecode': _bytecode}


def show(filename, what):
    with open(filename, 'rb') as f:
        source = f.read()
    for name in what.split(','):
        stage = STAGES.get(name)
        if stage is None:
            raise SystemExit('hob: -X dump=%s: there is only %s' % (name, ', '.join(STAGES)))
        print('--- %s' % name)
        stage(source, filename)

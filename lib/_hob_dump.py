"""What each arrow of the pipeline makes of a source file: hob -X dump=WHAT[,WHAT] file.py

WHAT is a key of STAGES.  Frozen into the executable; run/dump.c calls show()
instead of running the program, and lends two functions: graph(source, filename)
and running(code) tell what only the compiler and the machine know.
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


def _cfg(source, filename):
    print(_graph(source, filename), end='')


def _bytecode(source, filename):
    import dis
    dis.dis(compile(source, filename, 'exec', dont_inherit=True))


def _specialized(source, filename):
    """Run the program, what it prints going to stderr, then show what its code has become."""
    import contextlib
    import sys
    code = compile(source, filename, 'exec', dont_inherit=True)
    try:
        with contextlib.redirect_stdout(sys.stderr):
            exec(code, sys.modules['__main__'].__dict__)
    finally:
        print(_running(code), end='')


STAGES = {'tokens': _tokens, 'ast': _ast, 'symbols': _symbols, 'cfg': _cfg, 'bytecode': _bytecode,
          'specialized': _specialized}


def show(filename, what, graph, running):
    global _graph, _running
    _graph, _running = graph, running
    with open(filename, 'rb') as f:
        source = f.read()
    stages = what.split(',')
    for name in stages:
        if name not in STAGES:
            raise SystemExit('hob: -X dump=%s: there is only %s' % (name, ', '.join(STAGES)))
    for name in stages:
        print('--- %s' % name, flush=True)
        STAGES[name](source, filename)

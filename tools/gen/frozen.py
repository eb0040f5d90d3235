"""frozen.py OUT.h STDLIB LIB FREEZE -- freeze the standard library modules that start-up imports.

Reads   the modules of FROZEN below the folder STDLIB, and all of the folder LIB
Writes  OUT: their marshalled code as C arrays, and frozen_table[]

FREEZE, Hob's compiler (tools/gen/freeze.c), compiles them.
"""
import os
import subprocess
import sys

# name, file below the library, is a package, always used, original name ('' for the name itself)
FROZEN = [
    ('_frozen_importlib', 'importlib/_bootstrap.py', 0, 1, 'importlib._bootstrap'),
    ('_frozen_importlib_external', 'importlib/_bootstrap_external.py', 0, 1, 'importlib._bootstrap_external'),
    ('zipimport', 'zipimport.py', 0, 1, ''),
    ('abc', 'abc.py', 0, 0, ''), ('codecs', 'codecs.py', 0, 0, ''), ('io', 'io.py', 0, 0, ''),
    ('_collections_abc', '_collections_abc.py', 0, 0, ''),
    ('_sitebuiltins', '_sitebuiltins.py', 0, 0, ''), ('genericpath', 'genericpath.py', 0, 0, ''),
    ('ntpath', 'ntpath.py', 0, 0, ''), ('posixpath', 'posixpath.py', 0, 0, ''),
    ('os.path', 'posixpath.py', 0, 0, 'posixpath'), ('os', 'os.py', 0, 0, ''),
    ('site', 'site.py', 0, 0, ''), ('stat', 'stat.py', 0, 0, ''),
    ('importlib.util', 'importlib/util.py', 0, 0, ''),
    ('importlib.machinery', 'importlib/machinery.py', 0, 0, ''), ('runpy', 'runpy.py', 0, 0, ''),
    ('__hello__', '__hello__.py', 0, 0, ''), ('__hello_alias__', '__hello__.py', 0, 0, '__hello__'),
    ('__phello_alias__', '__hello__.py', 1, 0, '__hello__'),
    ('__phello_alias__.spam', '__hello__.py', 0, 0, '__hello__'),
    ('__phello__', '__phello__/__init__.py', 1, 0, ''),
    ('__phello__.__init__', '__phello__/__init__.py', 0, 0, '<__phello__'),
    ('__phello__.ham', '__phello__/ham/__init__.py', 1, 0, ''),
    ('__phello__.ham.__init__', '__phello__/ham/__init__.py', 0, 0, '<__phello__.ham'),
    ('__phello__.ham.eggs', '__phello__/ham/eggs.py', 0, 0, ''),
    ('__phello__.spam', '__phello__/spam.py', 0, 0, ''),
    ('__hello_only__', None, 0, 0, None)]


ONLY = 'initialized = True\n\ndef main():\n    print("Hello world!")\n\nif __name__ == "__main__":\n    main()\n'


def code_of(name, origname, library, file, freeze):
    if file is None:
        source = ONLY.encode()
    elif '/ham/' in file:           # frozen, but not installed: empty files
        source = b''
    else:
        with open(os.path.join(library, file), 'rb') as f:
            source = f.read()
    shown = (origname or name).lstrip('<') if file else name
    return subprocess.run([freeze, shown], input=source, stdout=subprocess.PIPE, check=True).stdout


def main(out, library, ours, freeze):
    arrays, rows, symbols = [], [], {}
    groups = {'Bootstrap': [], 'Stdlib': [], 'Test': []}        # as the ABI exports them
    own = [(name[:-3], os.path.abspath(os.path.join(ours, name)), 0, 1, '') for name in sorted(os.listdir(ours))
           if name.endswith('.py')]
    for name, file, is_package, is_bootstrap, origname in FROZEN + own:
        if file and not os.path.exists(os.path.join(library, file)) and '/ham/' not in file:
            continue
        data = code_of(name, origname, library, file, freeze)
        if data not in symbols:
            symbols[data] = 'code_%d' % len(symbols)
            text = ',\n'.join(','.join(map(str, data[i:i + 32])) for i in range(0, len(data), 32))
            arrays.append('static const unsigned char %s[] = {\n%s\n};\n' % (symbols[data], text))
        origin = 'NULL' if origname is None else '"%s"' % (origname or name)
        rows.append('    {"%s", %s, %d, %d, %d, %s},\n' % (
            name, symbols[data], len(data), is_package, is_bootstrap, origin))
        group = 'Bootstrap' if is_bootstrap else 'Test' if name.startswith('__') else 'Stdlib'
        if not (file and os.path.isabs(file)):            # our own are nobody else's business
            groups[group].append('    {"%s", %s, %d, %d},\n' % (
                name, symbols[data], len(data), is_package))
    with open(out, 'w') as f:
        f.write('/* made by tools/gen/frozen.py */\n' + '\n'.join(arrays))
        f.write('\nstatic const struct frozen_entry frozen_table[] = {\n%s    {NULL},\n};\n' % ''.join(rows))
        for group, entries in groups.items():
            f.write('\nstatic const struct _frozen frozen_%s[] = {\n%s    {NULL},\n};\n' % (
                group.lower(), ''.join(entries)))


main(*sys.argv[1:])

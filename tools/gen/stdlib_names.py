"""stdlib_names.py OUT.h -- the names of the standard library's top-level modules.

Reads   sys.stdlib_module_names of the interpreter that runs it
Writes  OUT: stdlib_names[]
"""
import sys

with open(sys.argv[1], 'w') as f:
    f.write('/* made by tools/gen/stdlib_names.py */\nstatic const char *const stdlib_names[] = {\n')
    f.writelines('    "%s",\n' % name for name in sorted(sys.stdlib_module_names))
    f.write('};\n')

"""sre.py OUT.h STDLIB -- the numbers that re._compiler writes into its code.

Reads   re/_constants.py of the standard library below STDLIB
Writes  OUT: enums of opcodes, AT_ and CATEGORY_ codes, flags
"""
import runpy
import sys

names = runpy.run_path(sys.argv[2] + '/re/_constants.py', run_name='re._constants')
with open(sys.argv[1], 'w') as f:
    f.write('/* made by tools/gen/sre.py */\n#pragma once\n')
    for prefix, table in ('OP_', 'OPCODES'), ('', 'ATCODES'), ('', 'CHCODES'):
        f.write('enum {\n' + ''.join('    SRE_%s%s = %d,\n' % (prefix, o, int(o)) for o in names[table]) + '};\n')
    f.write('enum {\n' + ''.join('    %s = %d,\n' % (n, v) for n, v in names.items()
                                 if n.startswith(('SRE_FLAG_', 'SRE_INFO_'))) + '    SRE_MAGIC = %d,\n};\n' % names['MAGIC'])

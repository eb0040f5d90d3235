"""ids.py OUT SRC_DIR -- collect every ID(name) of the C sources into one table.

Reads   every .c, .h and .ops file below SRC_DIR
Writes  OUT: struct hob_ids_table and the X-list HOB_IDS; untouched when unchanged
"""
import os
import re
import sys

CALL = re.compile(rb'\bID\((\w+)\)')


def names(folder):
    found = set()
    for root, _, files in os.walk(folder):
        for name in files:
            if name.endswith(('.c', '.h', '.ops')) and not (root.endswith('objects') and name.startswith('ids.')):
                with open(os.path.join(root, name), 'rb') as f:
                    found.update(CALL.findall(f.read()))
    return sorted(found)


def main(out, folder):
    ids = [n.decode() for n in names(folder)] or ['__name__']
    text = '/* made by tools/gen/ids.py */\n#pragma once\n#define HOB_IDS(X) \\\n'
    text += ' \\\n'.join('    X(%s)' % n for n in ids) + '\n'
    text += 'struct hob_ids_table {\n' + ''.join('    void *id_%s;\n' % n for n in ids) + '};\n'
    if not os.path.exists(out) or open(out).read() != text:
        with open(out, 'w') as f:
            f.write(text)


main(*sys.argv[1:])

"""check_sizes.py -- no file above 2000 lines, no line above 100 columns, no tabs in C.

Tables (.def) may have long rows.  Exits 1."""
import os
import sys

MAX_LINES, MAX_COLUMNS = 2000, 100


def main(top):
    bad = 0
    for folder in ('src', 'tools', 'tests', 'lib'):
        for root, _, names in os.walk(os.path.join(top, folder)):
            for name in sorted(names):
                if not name.endswith(('.c', '.h', '.ops', '.py', '.def')):
                    continue
                path = os.path.join(root, name)
                shown = os.path.relpath(path, top)
                with open(path, encoding='utf-8') as f:
                    lines = f.read().split('\n')
                if len(lines) > MAX_LINES:
                    bad += 1
                    print('%s: %d lines' % (shown, len(lines)))
                if folder != 'src':
                    continue
                for number, line in enumerate(lines, 1):
                    if len(line) > MAX_COLUMNS and not name.endswith('.def'):
                        bad += 1
                        print('%s:%d: %d columns' % (shown, number, len(line)))
                    if '\t' in line:
                        bad += 1
                        print('%s:%d: a tab' % (shown, number))
    return bad != 0


sys.exit(main(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

"""coverage.py OBJECTS [WORST] -- which lines of each room ran, from the counts below OBJECTS.

Reads the .gcno and .gcda that a CONFIG=cov build leaves, through gcov.  Prints a
row a room, then the WORST functions: those with the most lines that never ran.
"""
import collections
import json
import os
import subprocess
import sys


def notes(top):
    return [os.path.join(root, name) for root, _, names in os.walk(top) for name in names if name.endswith('.gcno')]


def room_of(path):
    parts = path.split('/')
    return '/'.join(parts[1:3]) if parts[1] in ('objects', 'modules') and len(parts) > 3 else parts[1]


def main(top, worst='40'):
    lines = {}                              # (file, number) -> [times, function]
    for at in range(0, len(paths := sorted(notes(top))), 50):
        done = subprocess.run(['gcov', '--json-format', '--stdout', *paths[at:at + 50]],
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
        for report in done.stdout.splitlines():
            for file in json.loads(report)['files']:
                if not file['file'].startswith('src/'):
                    continue
                for line in file['lines']:
                    row = lines.setdefault((file['file'], line['line_number']),
                                           [0, line.get('function_name', '')])
                    row[0] += line['count']
    rooms, functions = collections.defaultdict(lambda: [0, 0]), collections.Counter()
    for (path, _), (times, function) in lines.items():
        rooms[room_of(path)][0] += times > 0
        rooms[room_of(path)][1] += 1
        functions[path, function] += times == 0
    for room, (ran, n) in sorted(rooms.items()) + [('all', map(sum, zip(*rooms.values())))]:
        print('%-28s %6d of %6d lines  %5.1f %%' % (room, ran, n, 100 * ran / n))
    for (path, function), n in functions.most_common(int(worst)):
        print('%4d lines never ran: %s (%s)' % (n, function, path))


if __name__ == '__main__':
    main(*sys.argv[1:])

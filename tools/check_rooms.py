"""check_rooms.py -- do includes follow rooms.txt?  Prints each that does not; exits 1."""
import os
import re
import sys

INCLUDE = re.compile(r'^\s*#\s*include\s+"([\w./]+)"')


def rules(path):
    allowed = {}
    with open(path) as f:
        for line in f:
            room, colon, rest = line.partition(':')
            if colon and not line.startswith('#'):
                allowed[room.strip()] = set(rest.split())
    return allowed


def main(top):
    allowed, bad = rules(os.path.join(top, 'rooms.txt')), 0
    for root, _, names in os.walk(os.path.join(top, 'src')):
        for name in sorted(names):
            if not name.endswith(('.c', '.h', '.ops')):
                continue
            path = os.path.join(root, name)
            inside = os.path.relpath(path, os.path.join(top, 'src'))
            room = inside.split(os.sep)[0]
            with open(path, encoding='utf-8') as f:
                for number, line in enumerate(f, 1):
                    match = INCLUDE.match(line)
                    if not match or '/' not in match[1]:
                        continue
                    target = match[1].split('/')[0]
                    if target in ('gen', room) or target not in allowed or 'all' in allowed[room]:
                        continue
                    if target not in allowed[room] and match[1] not in allowed[room]:
                        bad += 1
                        print('src/%s:%d: %s may not include %s' % (inside, number, room, match[1]))
    return bad != 0


sys.exit(main(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))))

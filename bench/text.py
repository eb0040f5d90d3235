"""Strings, bytes, formatting, regular expressions, JSON."""
import json
import re

LINE = re.compile(r'(?P<who>\w+)@(?P<where>[\w.]+)\s+"([^"]*)"\s+(\d+)')


def run():
    lines = ['user%d@host%d.example "a message of %d words, é" %d' % (i, i % 7, i, i * i) for i in range(4000)]
    total = 0
    for line in lines:
        match = LINE.match(line)
        total += int(match[4]) + len(match['who']) + len(match[3].split())
    text = '\n'.join(lines)
    total += text.count('host3') + text.replace('user', 'u').find('u3999') + len(text.upper().encode().split(b'@'))
    parts = []
    for i in range(12000):
        parts.append(f'{i:>6}|{i / 7:.3f}|{i!r}')
    joined = ''.join(parts)
    data = json.dumps([{'id': i, 'name': lines[i], 'tags': [i, None, True, 1.5]} for i in range(1500)])
    back = json.loads(data)
    grown = ''
    for part in parts[:4000]:
        grown += part
    return total, len(joined), len(data), back[7]['name'], len(grown)

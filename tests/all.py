"""all.py PYTHON -- every test of `make test`, with one count at the end.

Runs tests/<room>/unit.c, tests/run.py (behaviour), tests/stdlib/run.py (the library's own
tests) and the checks of tools/; the last line adds up their counts.  In a debug build each
process that they start must also account for its memory (tests/leaks.py): one that
leaked is one failure more.
"""
import os
import re
import subprocess
import sys

from leaks import Accounts

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
UNITS = ['base', 'text']
COUNT = re.compile(r'^(\d+) passed, (\d+) failed$', re.M)


def counted(title, command):
    print('--- ' + title, flush=True)
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print(done.stdout.rstrip(), flush=True)
    found = COUNT.findall(done.stdout)
    return (int(found[-1][0]), int(found[-1][1])) if found else (0, 1)


def checked(title, command):
    done = subprocess.run(command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    print('--- %s: %s' % (title, 'ok' if done.returncode == 0 else 'FAILED\n' + done.stdout), flush=True)
    return (1, 0) if done.returncode == 0 else (0, 1)


def config_of(python):
    """Which build it is: build/CONFIG/hob."""
    return os.path.basename(os.path.dirname(os.path.abspath(python)))


def leaked(accounts):
    counts, texts = accounts.read()
    print('--- leaks: %(clean)d processes clean, %(leaked)d leaked, %(foreign)d with extensions of others, '
          '%(unaudited)d left threads in the middle' % counts, flush=True)
    for text in texts:
        print(text[:3000].rstrip(), flush=True)
    return int(counts['clean'] > 0), counts['leaked'] + (counts['clean'] == 0)


def main(python):
    with Accounts(python) as accounts:
        os.environ.update(accounts.env)
        totals = [
            checked('rooms', [sys.executable, 'tools/check_rooms.py']),
            checked('sizes', [sys.executable, 'tools/check_sizes.py']),
            *[counted('unit ' + room, ['make', '-s', '--no-print-directory', 'CONFIG=' + config_of(python), 'unit-' + room])
              for room in UNITS],
            counted('behaviour', [sys.executable, 'tests/run.py', python]),
            counted('standard library', [sys.executable, 'tests/stdlib/run.py', python]),
        ]
        if accounts.is_kept:
            totals.append(leaked(accounts))
    print('%d passed, %d failed' % (sum(p for p, _ in totals), sum(f for _, f in totals)))
    return any(f for _, f in totals)


sys.exit(main(sys.argv[1]))

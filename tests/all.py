"""all.py PYTHON -- every test of `make test`, with one count at the end.

Runs tests/run.py (behaviour), tests/stdlib/run.py (the library's own tests) and
the checks of tools/; the last line adds up their counts.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
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


def main(python):
    totals = [
        checked('rooms', [sys.executable, 'tools/check_rooms.py']),
        checked('sizes', [sys.executable, 'tools/check_sizes.py']),
        counted('behaviour', [sys.executable, 'tests/run.py', python]),
        counted('standard library', [sys.executable, 'tests/stdlib/run.py', python]),
    ]
    print('%d passed, %d failed' % (sum(p for p, _ in totals), sum(f for _, f in totals)))
    return any(f for _, f in totals)


sys.exit(main(sys.argv[1]))

"""model.py [RUN ...] -- check tests/gil/gil.pml exhaustively with spin.

Each run of the model must be free of errors, and each deliberately broken
variant must be found out.  Needs the Debian packages spin and gcc.
"""
import os
import re
import shutil
import subprocess
import sys
import tempfile

MODEL = os.path.join(os.path.dirname(os.path.abspath(__file__)), 'gil.pml')

# run, what is left out (0: nothing), do timers fire, is it about liveness
RUNS = [
    ('I/O', 1, 0, False, False),
    ('computing and I/O', 2, 0, False, False),
    ('a lock', 3, 0, False, False),
    ('a lock for two, timers', 8, 0, True, False),
    ('a lock, timers', 9, 0, True, False),
    ('a lock with time limits', 4, 0, False, False),
    ('three for one lock', 7, 0, False, False),
    ('a lock beside an endless loop', 5, 0, True, True),
    ('I/O beside an endless loop', 6, 0, True, True),
    ('no second look at the word before sleeping', 1, 1, False, False),
    ('nobody sees to a waiter without a timer', 5, 2, True, True),
    ('a drop that overlooks who queues', 1, 3, False, False),
    ('a take that overlooks who queues', 1, 4, False, False),
]


def check(number, broken, timers, live):
    """(errors found, states visited)"""
    with tempfile.TemporaryDirectory() as place:
        defines = ['-DRUN=%d' % number, '-DBREAK=%d' % broken] + ['-DTIMERS'] * timers
        subprocess.run(['spin', *defines, '-a', MODEL], cwd=place, check=True,
                       stdout=subprocess.DEVNULL)
        kind = ['-DNFAIR=3'] if live else ['-DSAFETY']
        subprocess.run(['gcc', '-O2', '-w', '-DCOLLAPSE', '-DVECTORSZ=2048', '-DMEMLIM=8000',
                        *kind, 'pan.c', '-o', 'pan'], cwd=place, check=True)
        out = subprocess.run(['./pan', '-m5000000'] + ['-a', '-f'] * live, cwd=place,
                             stdout=subprocess.PIPE, text=True).stdout
    if 'Search not completed' in out and broken == 0 and 'errors: 0' in out:
        sys.exit('the search was cut short:\n' + out)
    return int(re.search(r'errors: (\d+)', out)[1]), int(float(re.search(r'([\d.e+]+) states, stored',
                                                                         out)[1]))


def main(wanted):
    if not shutil.which('spin'):
        sys.exit('the model needs spin (apt-get install spin)')
    failed = 0
    for title, number, broken, timers, live in RUNS:
        if wanted and str(number) not in wanted:
            continue
        errors, states = check(number, broken, timers, live)
        good = (errors > 0) == (broken > 0)
        failed += not good
        print('%-50s %-12s %s %12d states' % (title, 'broken' if broken else 'as it is',
                                           'ok    ' if good else 'FAILED', states), flush=True)
    return failed > 0


sys.exit(main(sys.argv[1:]))

"""run.py PYTHON [KIND ...] -- the behaviour tests under HOB_STRESS, with rare paths made the rule.

PYTHON must be a debug build.  KIND is a row of src/base/stress.def, or several
joined by commas; without any, each of KINDS.  `gc` collects at every
allocation and takes minutes.  The last line is `N passed, N failed`.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
KINDS = ['specialize', 'freelist', 'switch', 'check', 'gc', 'specialize,freelist,switch,check']
COUNT = re.compile(r'^(\d+) passed, (\d+) failed$', re.M)

# What some tests ask for is just what the stress takes away.
WITHOUT = {
    'run/trace.py': 'asks in which order things happen',
}


def tests():
    for root, folders, names in os.walk(TESTS):
        folders[:] = sorted(f for f in folders if f not in ('__pycache__', 'data', 'stdlib', 'faults', 'stress', 'fuzz', 'abi'))
        for name in sorted(names):
            path = os.path.join(root, name)
            if root != TESTS and name.endswith('.py') and os.path.relpath(path, TESTS) not in WITHOUT:
                yield path


def main(python, kinds):
    passed = failed = 0
    for kind in kinds:
        done = subprocess.run([sys.executable, os.path.join(TESTS, 'run.py'), python, *tests()], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, env=dict(os.environ, HOB_STRESS=kind))
        print('--- HOB_STRESS=%s\n%s' % (kind, done.stdout.rstrip()), flush=True)
        found = COUNT.findall(done.stdout)
        good, bad = map(int, found[-1]) if found else (0, 1)
        passed, failed = passed + good, failed + bad
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


sys.exit(main(sys.argv[1], sys.argv[2:] or KINDS))

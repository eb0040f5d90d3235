"""run.py PYTHON [KIND ...] -- the behaviour tests under HOB_STRESS, with rare paths made the rule.

PYTHON must be a debug build.  KIND is a row of src/base/stress.def, or several
joined by commas; without any, each of KINDS.  After the behaviour tests come
those modules of the library's tests that work objects hardest (MODULES).  The
last line is `N passed, N failed`.
"""
import os
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
KINDS = ['specialize', 'freelist', 'switch', 'aside', 'check', 'gc', 'specialize,freelist,switch,aside,check']
# not test_exceptions: it counts calls to the recursion limit, and quickened calls of C count one less
MODULES = ['test_generators', 'test_coroutines', 'test_descr', 'test_call', 'test_opcache', 'test_functools',
           'test_itertools', 'test_deque', 'test_dict', 'test_set', 'test_list', 'test_tuple', 'test_weakref', 'test_memoryview',
           'test_sort', 'test_super', 'test_scope', 'test_with', 'test_contextlib', 'test_queue', 'test_thread']
COUNT = re.compile(r'^(\d+) passed, (\d+) failed$', re.M)

# What some tests ask for is just what the stress takes away.
WITHOUT = {
    'run/trace.py': 'asks in which order things happen',
}


def tests():
    for root, folders, names in os.walk(TESTS):
        folders[:] = sorted(f for f in folders if f not in ('__pycache__', 'data', 'stdlib', 'faults', 'stress', 'fuzz', 'abi', 'gil'))
        for name in sorted(names):
            path = os.path.join(root, name)
            if root != TESTS and name.endswith('.py') and os.path.relpath(path, TESTS) not in WITHOUT:
                yield path


def main(python, kinds):
    passed = failed = 0
    programs = [os.path.join(TESTS, 'run.py'), python, *tests()], [os.path.join(TESTS, 'stdlib', 'run.py'), python, *MODULES]
    for kind in kinds:
        for program in programs:
            done = subprocess.run([sys.executable, *program], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  env=dict(os.environ, HOB_STRESS=kind))
            print('--- HOB_STRESS=%s\n%s' % (kind, done.stdout.rstrip()), flush=True)
            found = COUNT.findall(done.stdout)
            good, bad = map(int, found[-1]) if found else (0, 1)
            passed, failed = passed + good, failed + bad
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


sys.exit(main(sys.argv[1], sys.argv[2:] or KINDS))

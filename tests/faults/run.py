"""run.py PYTHON [NAME ...] -- let every single allocation fail once, and see what comes of it.

Each function of work.py runs again and again; the first time its first
allocation fails, then its second, and so on until none is left to fail.
Only MemoryError may come out of it, the process must live, and blocks must not
get lost.  _testcapi (of libpython3.11-testsuite) is what makes allocations fail.
The last line is `N passed, N failed`.

This program runs under the reference interpreter; PYTHON is the one judged, and
runs it again with --child for each function.
"""
import os
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
MOST, TIMEOUT = 20000, 300
ALSO = {                            # what the reference makes of a failure on its way up
    'streams': [b'RuntimeError'],   # can't allocate read lock
    'classes': [b'RuntimeError'],   # Error calling __set_name__
}


def attempt(function, n, hooks):
    """None when there was no n-th allocation, else what came out."""
    hooks.set_nomemory(n, n + 1)
    try:
        function()
        said = None
    except MemoryError:
        said = MemoryError
    except BaseException as e:
        said = type(e)
    finally:
        hooks.remove_mem_hooks()
    return said


def loses(function, n, hooks):
    """Do blocks get lost each time the n-th allocation fails?  Caches may fill up, once."""
    import gc
    for warm, times in (2, 4), (300, 30), (0, 300):
        for _ in range(warm):
            attempt(function, n, hooks)
        gc.collect()
        first = sys.getallocatedblocks()
        for _ in range(times):
            attempt(function, n, hooks)
        gc.collect()
        if sys.getallocatedblocks() - first < times:
            return False
    return True


def child(name):
    """Write a line for each n: n, what came out, and whether blocks got lost."""
    import _testcapi
    import work
    function = next(f for f in work.WORK if f.__name__ == name)
    for _ in range(3):
        function()                              # imports and caches
    for n in range(MOST):
        os.write(1, b'%d ' % n)
        said = attempt(function, n, _testcapi)
        lost = said and n % 7 == 0 and loses(function, n, _testcapi)
        word = said.__name__.encode() if said else b'done'
        word = b'MemoryError' if word in ALSO.get(name, ()) else word
        os.write(1, b'%s%s\n' % (word, b' lost' if lost else b''))
        if said is None and attempt(function, n + 1, _testcapi) is None:
            return                              # one failure may have been put up with; two in a row: the end


def judged(python, name):
    try:
        done = subprocess.run([python, os.path.abspath(__file__), '--child', name], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, timeout=TIMEOUT, cwd=HERE)
    except subprocess.TimeoutExpired:
        return 'still running after %d s' % TIMEOUT
    text = done.stdout.decode('utf-8', 'replace')
    lines = [line for line in text.split('\n') if line]
    if done.returncode:
        return 'ended with %d: %s' % (done.returncode, '\n'.join(lines[-6:]))
    wrong = [line for line in lines if not line.endswith((' MemoryError', ' done'))]
    return 'at %d of %d places; %s' % (len(wrong), len(lines), ', '.join(wrong[:5])) if wrong else ''


def main(python, names):
    sys.path.insert(0, HERE)
    import work
    passed = failed = 0
    for name in names or [f.__name__ for f in work.WORK]:
        why = judged(python, name)
        passed, failed = passed + (not why), failed + bool(why)
        if why:
            print('FAILED faults/%s: %s' % (name, why), flush=True)
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


if sys.argv[1] == '--child':
    sys.path.insert(0, HERE)
    child(sys.argv[2])
else:
    sys.exit(main(os.path.abspath(sys.argv[1]) if os.sep in sys.argv[1] else sys.argv[1], sys.argv[2:]))

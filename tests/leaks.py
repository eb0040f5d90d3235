"""leaks.py PYTHON [-R WARM:RUNS] [MODULE ...] -- does what is done again and again leave something behind?

PYTHON must be a debug build.  Each module of the library's tests (those of
MODULES without any named) is run in a process of its own WARM + RUNS times;
after each run blocks of the allocators, references to singletons and types, and
open files are counted.  What grows with every run after the warm-up is a leak.
The standard library's own tool for that, `-m test -R`, wants sys.gettotalrefcount,
which would change what the tests do.  The last line is `N passed, N failed`.

As a module it reads the accounts that processes of a debug build write when they
end (HOB_LEAKS, src/memory/leaks.c): see Accounts.
"""
import os
import re
import subprocess
import sys
import tempfile

TIMEOUT = 1200
MODULES = ['test_generators', 'test_coroutines', 'test_asyncgen', 'test_exceptions', 'test_descr', 'test_weakref', 'test_gc',
           'test_dict', 'test_list', 'test_set', 'test_memoryview', 'test_itertools', 'test_functools', 'test_struct',
           'test_syntax', 'test_compile', 'test_marshal', 'test_pickle', 'test_memoryio', 'test_threading_local', 'test_context']
KIND = re.compile(r'^(clean|leaked|foreign|unaudited) (\d+): (.*?) :: (.*)$')


class Accounts:
    """The accounts of all processes that are started with `env` while this is open."""

    def __init__(self, python):
        with open(python, 'rb') as f:
            self.is_kept = b'HOB_LEAKS_STACKS' in f.read()      # is it a build that keeps accounts?

    def __enter__(self):
        handle, self.path = tempfile.mkstemp(prefix='leaks-')
        os.close(handle)
        os.chmod(self.path, 0o666)              # a test may change its user
        self.env = {'HOB_LEAKS': self.path} if self.is_kept else {}
        return self

    def __exit__(self, *exception):
        os.unlink(self.path)

    def read(self):
        """{kind: number of processes}, and the texts of those that leaked."""
        counts, texts = dict.fromkeys(('clean', 'leaked', 'foreign', 'unaudited'), 0), []
        with open(self.path, encoding='utf-8', errors='replace') as f:
            inside = False
            for line in f:
                match = KIND.match(line)
                if match:
                    counts[match[1]] += 1
                    inside = match[1] == 'leaked'
                    if inside:
                        texts.append('')
                if inside:
                    texts[-1] += line
        return counts, texts


# --- the worker: runs in PYTHON ---

def tidy(reducers):
    """Let go of what the library keeps on purpose; reducers is copyreg's table as it was."""
    import abc
    import copyreg
    import gc
    import zipimport
    from test.libregrtest.utils import clear_caches
    copyreg.dispatch_table.clear()
    copyreg.dispatch_table.update(reducers)
    sys.path_importer_cache.clear()
    zipimport._zip_directory_cache.clear()
    for cls in all_types():
        if isinstance(cls, abc.ABCMeta):
            cls._abc_caches_clear()
    clear_caches()
    sys._clear_type_cache()
    gc.collect()
    gc.collect()


def all_types():
    found, waiting = {}, [object]
    while waiting:
        cls = waiting.pop()
        if id(cls) not in found:
            found[id(cls)] = cls
            waiting.extend(type.__subclasses__(cls))
    return found.values()


def numbers():
    singles = (None, True, False, ..., NotImplemented, (), '', b'', frozenset(), 0, 1, -1)
    references = sum(map(sys.getrefcount, singles))
    types = sum(sys.getrefcount(cls) for cls in all_types() if not cls.__flags__ & 1 << 9)      # static ones
    return sys.getallocatedblocks(), references, types, len(os.listdir('/proc/self/fd'))


def work(module, warm, runs):
    import array
    import copyreg
    import io
    import unittest
    import warnings
    warnings.simplefilter('ignore')
    counts = array.array('q', bytes(8 * 4 * (warm + runs)))     # made before: counting must not allocate
    reducers = dict(copyreg.dispatch_table)
    for n in range(warm + runs):
        suite = unittest.defaultTestLoader.loadTestsFromName('test.' + module)
        unittest.TextTestRunner(stream=io.StringIO(), verbosity=0).run(suite)
        del suite
        tidy(reducers)
        counts[4 * n:4 * n + 4] = array.array('q', numbers())
    for n, kind in enumerate(('blocks', 'references to singletons', 'references to types', 'files')):
        print('%s: %s' % (kind, ' '.join(map(str, counts[n::4][warm - 1:]))))


# --- the judge ---

def grows(series):
    """Is there more after every run?"""
    return all(a < b for a, b in zip(series, series[1:]))


def judge(python, module, warm, runs):
    with tempfile.TemporaryDirectory() as folder:
        try:
            done = subprocess.run([python, os.path.abspath(__file__), '--work', module, str(warm), str(runs)], cwd=folder,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                                  timeout=TIMEOUT)
        except subprocess.TimeoutExpired:
            return 'still running after %d s' % TIMEOUT
    found = re.findall(r'^([\w ]+): ((?:\d+ )+\d+)$', done.stdout, re.M)
    if done.returncode or len(found) != 4:
        return 'ended with %d: %s' % (done.returncode, done.stdout[-500:])
    wrong = ['%s %s' % (kind, text) for kind, text in found if grows(list(map(int, text.split())))]
    return '; '.join(wrong)


def main(python, *rest):
    rest = list(rest)
    warm, runs = 3, 3
    if rest and rest[0] == '-R':
        warm, runs = map(int, rest[1].split(':'))
        del rest[:2]
    passed = failed = 0
    for module in rest or MODULES:
        wrong = judge(os.path.abspath(python), module, warm, runs)
        if wrong:
            failed += 1
            print('FAILED %s: %s' % (module, wrong), flush=True)
        else:
            passed += 1
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


if __name__ == '__main__':
    if sys.argv[1] == '--work':
        sys.exit(work(sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    sys.exit(main(*sys.argv[1:]))

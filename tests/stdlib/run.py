"""run.py PYTHON [MODULE ...] -- the standard library's own tests, one by one.

Reads   modules.txt: test modules of libpython3.11-testsuite that must pass
        known_failures.txt: tests that do not yet, each with a reason
        not_under_address.txt: the same, for builds with AddressSanitizer
A test counts as passed when it ends ok, skipped, or as an expected failure.  A
known failure is not counted; one that passes now is reported, so that the list
can shrink.  The last line is `N passed, N failed`.
"""
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from sanitizer import Watch, kind_of

HERE = os.path.dirname(os.path.abspath(__file__))
LINE = re.compile(r'^(?P<name>\w+) \((?P<where>[\w.]+)\)')
OUTCOME = re.compile(r'\.\.\. (?:.*?)(ok|FAIL|ERROR|skipped .*|expected failure|unexpected success)$')
TIMEOUT = 240
NEED_MAIN = ['test_xml_etree', 'test_xml_etree_c']      # their test_main() says what is tested


def command(module):
    if module in NEED_MAIN:
        return ['-m', 'test', '-v', module]
    return ['-m', 'unittest', '-v', 'test.' + module]


def listed(name):
    with open(os.path.join(HERE, name)) as f:
        lines = [line.split('#')[0].strip() for line in f]
    return [line for line in lines if line]


def outcomes(text):
    """{test id: outcome} of unittest's -v output."""
    found, current = {}, None
    for line in text.split('\n'):
        start = LINE.match(line)
        if start:
            current = start['where'] if start['where'].endswith('.' + start['name']) \
                else start['where'] + '.' + start['name']
        end = OUTCOME.search(line)
        if end and current:
            found[current] = end[1].split()[0]
            current = None
    return found


def run_module(python, module):
    with tempfile.TemporaryDirectory() as folder, Watch(python) as watch:
        patience = TIMEOUT * watch.slower
        try:
            done = subprocess.run([python, '-W', 'ignore'] + command(module), cwd=folder,
                                  stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=patience, env=dict(os.environ, **watch.env))
        except subprocess.TimeoutExpired:
            return {}, 'still running after %d s' % patience
        text = done.stdout.decode('utf-8', 'replace')
        reports = watch.reports(text)
    found = outcomes(text)
    ran = re.search(r'^Ran (\d+) tests? in', text, re.M)
    if not ran:
        return found, 'ended with %d: %s' % (done.returncode, reports or text[-300:])
    for n in range(int(ran[1]) - len(found)):       # subtests and docstrings hide some names
        found['%s.unnamed-%d' % (module, n)] = 'ok'
    return found, reports and 'sanitizer report\n' + reports


def main(python, modules):
    python = os.path.abspath(python)
    signal.signal(signal.SIGINT, signal.default_int_handler)    # in the background it is ignored
    modules = modules or listed('modules.txt')
    known = set(listed('known_failures.txt'))
    if kind_of(python) == 'address':
        known |= set(listed('not_under_address.txt'))
    passed = failed = n_known = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for module, (found, wrong) in zip(modules, pool.map(lambda m: run_module(python, m), modules)):
            if wrong:
                failed += 1
                print('FAILED %s: %s' % (module, wrong), flush=True)
            for test, outcome in found.items():
                good = outcome in ('ok', 'skipped', 'expected')
                if test in known:
                    n_known += 1
                    if outcome == 'ok':
                        print('passes now: %s' % test, flush=True)
                elif good:
                    passed += 1
                else:
                    failed += 1
                    print('FAILED %s: %s' % (test, outcome), flush=True)
    print('%d known failures' % n_known)
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]))

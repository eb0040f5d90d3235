"""run.py PYTHON [PATH ...] -- run the behaviour tests under an interpreter.

A test is a .py file below tests/ that says what it prints:

    print(a)                #: [0, 1]             one line of output
    a.insert("x", 1)        #! TypeError: 'str' object cannot be interpreted as an integer

A statement marked `#!` must raise just that.  All marks of a file, in order,
are what the program must print.  A file without marks passes when it ends with
exit code 0.  The last line is `N passed, N failed`.

This program runs under the reference interpreter; PYTHON is the one judged.
"""
import ast
import concurrent.futures
import os
import re
import signal
import subprocess
import sys
import tempfile

from sanitizer import Watch

HERE = os.path.dirname(os.path.abspath(__file__))
ROOMS = ['abi', 'objects', 'syntax', 'bytecode', 'compile', 'vm', 'import', 'modules', 'run', 'memory', 'state', 'text']
MARK = re.compile(r'#([:!]) ?(.*)$')
TIMEOUT = 120


def found(paths):
    for path in paths:
        if os.path.isfile(path):
            yield path
            continue
        for root, folders, names in os.walk(path):
            folders[:] = sorted(f for f in folders if f not in ('__pycache__', 'data'))
            for name in sorted(names):
                if name.endswith('.py'):
                    yield os.path.join(root, name)


def comments(source):
    """{line number: (kind, text)} of the marks, found by the tokenizer."""
    import io
    import tokenize
    marks = {}
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            match = MARK.match(token.string)
            if match:
                marks[token.start[0]] = (match[1], match[2].rstrip())
    return marks


def program(source, marks):
    """The source with every `#!` statement wrapped, so that it prints its exception."""
    lines = source.split('\n')
    raising = {n for n, (kind, _) in marks.items() if kind == '!'}
    if not raising:
        return source
    for node in reversed(ast.parse(source).body):
        if node.end_lineno not in raising:
            continue
        first, last = node.lineno - 1, node.end_lineno
        body = ['    ' + line for line in lines[first:last]]
        lines[first:last] = (['try:'] + body + [
            'except BaseException as caught_:',
            '    print(type(caught_).__name__ + (": " + str(caught_) if str(caught_) else ""))',
            'else:', '    print("nothing raised")'])
    return '\n'.join(lines)


def run_one(python, path):
    """'' when the test passes, else what went wrong."""
    with open(path, encoding='utf-8') as f:
        source = f.read()
    marks = comments(source)
    want = [text for _, (_, text) in sorted(marks.items())]
    with tempfile.TemporaryDirectory() as folder, Watch(python) as watch:
        script = os.path.join(folder, os.path.basename(path))
        with open(script, 'w', encoding='utf-8') as f:
            f.write(program(source, marks))
        env = dict(os.environ, PYTHONPATH=os.path.dirname(os.path.abspath(path)), PYTHONHASHSEED='0',
                   REFERENCE='/usr/bin/python3.11', TESTS=HERE, **watch.env)
        patience = TIMEOUT * watch.slower
        try:
            done = subprocess.run([python, script], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=folder,
                                  stdin=subprocess.DEVNULL, timeout=patience, env=env)
        except subprocess.TimeoutExpired:
            return 'still running after %d s' % patience
        said = done.stderr.decode('utf-8', 'replace')
        reports = watch.reports(said)
    if reports:
        return 'sanitizer report\n' + reports
    have = done.stdout.decode('utf-8', 'replace').rstrip('\n').split('\n')
    have = [line.rstrip() for line in have] if have != [''] else []
    said = said[-2000:]
    if done.returncode != 0:
        return 'exit code %d\n%s\n%s' % (done.returncode, '\n'.join(have[-5:]), said)
    if want and have != want:
        for i, (w, h) in enumerate(zip(want + ['<end>'], have + ['<end>'])):
            if w != h:
                return 'line %d of output\n    expected %s\n    but got  %s\n%s' % (i + 1, w, h, said)
    return ''


def main(python, paths):
    python = os.path.abspath(python)
    signal.signal(signal.SIGINT, signal.default_int_handler)    # in the background it is ignored
    tests = list(found(paths or [os.path.join(HERE, room) for room in ROOMS]))
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for path, wrong in zip(tests, pool.map(lambda p: run_one(python, p), tests)):
            if wrong:
                failed += 1
                print('FAILED %s: %s' % (os.path.relpath(path, HERE), wrong.rstrip()), flush=True)
            else:
                passed += 1
    print('%d passed, %d failed' % (passed, failed))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main(sys.argv[1], sys.argv[2:]))

"""agree.py HOB FOLDER [N] -- do both interpreters accept and reject the same source?

For each file of FOLDER (a corpus), or N of them: compile() it as a tree and as code, under
the reference and under HOB, and compare the results: the dump of the tree with its positions,
the code objects field by field, or type, text and position of the error; and the warnings.
An interpreter that crashes or hangs is started again behind that file: a crash
of the reference is counted apart, a crash of Hob is a failure.

Runs under the reference interpreter.  The last line is the sum.
"""
import hashlib
import json
import os
import random
import selectors
import subprocess
import sys

REFERENCE = '/usr/bin/python3.11'
TIMEOUT = 20


# --- the worker: under either interpreter, one JSON line per path ---

def code_fields(code):
    consts = [code_fields(c) if isinstance(c, type(code)) else [type(c).__name__, repr(c)]
              for c in code.co_consts]
    return [code.co_code.hex(), consts, code.co_names, code.co_varnames, code.co_freevars,
            code.co_cellvars, code.co_name, code.co_qualname, code.co_flags, code.co_stacksize,
            code.co_firstlineno, code.co_linetable.hex(), code.co_exceptiontable.hex()]


def outcome(function):
    import warnings
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            result = ['accepted', hashlib.sha1(repr(function()).encode('utf-8', 'replace')).hexdigest()]
        except SyntaxError as e:
            result = [type(e).__name__, str(e.msg), e.lineno, e.offset, e.end_lineno, e.end_offset,
                      ascii(e.text)]
        except Exception as e:
            result = [type(e).__name__, str(e)]
    return result + [[(str(w.message), w.lineno) for w in caught]]


def worker():
    import ast
    for line in sys.stdin:
        with open(line.rstrip('\n'), 'rb') as file:
            source = file.read()
        result = [
            outcome(lambda: ast.dump(ast.parse(source), include_attributes=True)),
            outcome(lambda: code_fields(compile(source, 'x', 'exec', dont_inherit=True))),
            outcome(lambda: ast.dump(compile(source, 'x', 'single', 0x1400), include_attributes=True))]
        print(json.dumps(result), flush=True)


# --- the two of them ---

class Interpreter:
    def __init__(self, path):
        self.path = path
        self.process = None

    def start(self):
        self.process = subprocess.Popen([self.path, os.path.abspath(__file__), '--worker'],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        stderr=subprocess.DEVNULL, text=True,
                                        env=dict(os.environ, PYTHONHASHSEED='0'))
        self.selector = selectors.DefaultSelector()
        self.selector.register(self.process.stdout, selectors.EVENT_READ)

    def ask(self, path):
        """The result for a file, or what befell the process."""
        if not self.process:
            self.start()
        self.process.stdin.write(path + '\n')
        self.process.stdin.flush()
        answer = self.process.stdout.readline() if self.selector.select(TIMEOUT) else None
        if answer:
            return json.loads(answer)
        self.process.kill()
        status = self.process.wait()
        self.process = None
        return 'no answer in %d s' % TIMEOUT if answer is None else 'died: %d' % status


def main():
    hob, folder, *rest = sys.argv[1:]
    paths = [os.path.abspath(os.path.join(folder, name)) for name in sorted(os.listdir(folder))]
    if rest:
        paths = random.Random(0).sample(paths, min(int(rest[0]), len(paths)))
    reference, ours = Interpreter(REFERENCE), Interpreter(hob)
    count = dict.fromkeys(('accepted', 'rejected', 'reference crashed', 'DIFFERENT'), 0)
    for path in paths:
        expected, got = reference.ask(path), ours.ask(path)
        if isinstance(expected, str) and not isinstance(got, str):
            count['reference crashed'] += 1
        elif expected == got and not isinstance(got, str):
            count['accepted' if expected[1][0] == 'accepted' else 'rejected'] += 1
        else:
            count['DIFFERENT'] += 1
            print(path)
            pairs = zip(expected, got) if not isinstance(got, str) else [(expected, got)]
            for one, other in pairs:
                if one != other:
                    print('    reference', json.dumps(one)[:300])
                    print('    hob      ', json.dumps(other)[:300])
    print(len(paths), 'files:', ', '.join('%d %s' % (n, what) for what, n in count.items()))
    sys.exit(count['DIFFERENT'] > 0)


if __name__ == '__main__':
    worker() if sys.argv[1:] == ['--worker'] else main()

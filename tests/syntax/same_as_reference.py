"""Every source gives the same tree, or the same error, as under the reference.

    same_as_reference.py [--full] [--mutations N] [--seed N] [FILE.py | FOLDER ...]

Compared are: the tree with all places, or type and all arguments of the error, and
the warnings on the way.  Sources: data/sources.txt in every mode, files of the
standard library (--full: all of them, tests and bad ones included), and mutations
of their statements, random but reproducible.
The worker (--worker) runs under each interpreter with the same list of jobs.
"""
import ast
import glob
import os
import random
import subprocess
import sys
import tempfile
import warnings

HERE = os.path.join(os.environ.get('TESTS') or os.path.dirname(os.path.dirname(os.path.abspath(__file__))), 'syntax')
REFERENCE = os.environ.get('REFERENCE', '/usr/bin/python3.11')
LIBRARY = '/usr/lib/python3.11'
TYPE_COMMENTS, DONT_IMPLY_DEDENT, INCOMPLETE = 0x1000, 0x200, 0x4000


# --- worker ---

def dump(node, out):
    if isinstance(node, list):
        out.append('[')
        for item in node:
            dump(item, out)
            out.append(',')
        out.append(']')
    elif isinstance(node, ast.AST):
        out.append(type(node).__name__ + '(')
        for name, value in node.__dict__.items():
            out.append(name + '=')
            dump(value, out)
            out.append(' ')
        out.append(')')
    else:
        out.append(type(node).__name__ + ':' + ascii(node))


def outcome(source, mode, flags, version):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        try:
            tree = compile(source, '<test>', mode, flags | ast.PyCF_ONLY_AST, _feature_version=version)
            out = []
            dump(tree, out)
            result = ''.join(out)
        except RecursionError:
            result = 'RecursionError'
        except Exception as error:
            result = '%s%s' % (type(error).__name__, ascii(error.args))
    told = [(str(w.message), w.category.__name__, w.lineno) for w in caught]
    return result + (ascii(told) if told else '')


def worker(jobs, results):
    sys.setrecursionlimit(10000)
    with open(jobs) as lines, open(results, 'w') as out:
        for line in lines:
            source, mode, flags, version = ast.literal_eval(line)
            if isinstance(source, tuple):
                with open(source[0], 'rb') as f:
                    source = f.read()
            text = outcome(source, mode, flags, version)
            out.write(text + '\n')


# --- jobs ---

def listed_sources():
    with open(os.path.join(HERE, 'data', 'sources.txt')) as lines:
        for line in lines:
            if line.strip() and not line.startswith('#'):
                yield ast.literal_eval(line)


def in_all_modes(source):
    for mode in ('exec', 'single', 'eval'):
        yield source, mode, 0, -1
    yield source, 'func_type', 0, -1
    yield source, 'exec', TYPE_COMMENTS, -1
    yield source, 'exec', 0, 4
    yield source, 'exec', 0, 7
    yield source, 'single', DONT_IMPLY_DEDENT | INCOMPLETE, -1
    if isinstance(source, str):
        yield '(' + source + ')', 'eval', 0, -1
        yield 'f"""{' + source + '}"""', 'eval', 0, -1
        yield 'if 1:\n ' + source.replace('\n', '\n '), 'exec', 0, -1


def library(full):
    files = sorted(glob.glob(LIBRARY + '/**/*.py', recursive=True))
    if full:
        return files + sorted(glob.glob('/usr/lib/python3/dist-packages/**/*.py', recursive=True))
    chosen = [f for f in files if os.path.dirname(f) == LIBRARY][::6]
    names = ('grammar', 'patma', 'fstring', 'unpack_ex', 'except_star', 'type_comments', 'coroutines')
    return chosen + [f for f in (LIBRARY + '/test/test_%s.py' % n for n in names) if os.path.exists(f)]


POOL = ('( ) [ ] { } , : . ; = == := -> + - * / ** // @ ~ ! ? $ < > <= != <> += | in is not and or if else for while '
        'def class lambda return yield await async with as from import global nonlocal del pass break continue try '
        'except finally raise assert None True False match case _ print exec x a.b 1 1.5 1j "abc" b"x" f"{x}" ... '
        '*x **k x=1 f(x) x[0] (yield) \\ # 0x 1_ 0777 except* lambda:0').split(' ') + [
            '\n', '\n\n', '\n    ', '\n  ', '\t', ' ', '"', "'", '"""', '\u00e9', ' # type: int\n', "'\\d'"]


def pieces(text):
    import re
    pattern = (r'''\s+|\#[^\n]*|[rRbBfFuU]{0,2}("""(?:\\.|[^\\])*?"""|\'\'\'(?:\\.|[^\\])*?\'\'\'|'''
               r'''"(?:\\.|[^\\\n"])*"|'(?:\\.|[^\\\n'])*')|\w+|[-+*/%&|^=<>!:@]=|->|\*\*=?|//=?|\.\.\.|.''')
    return [m.group(0) for m in re.finditer(pattern, text, re.S)]


def mutated(text, rng):
    parts = pieces(text)
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        if not parts:
            break
        i, action = rng.randrange(len(parts)), rng.random()
        if action < .2:
            del parts[i]
        elif action < .3:
            parts.insert(i, parts[i])
        elif action < .45:
            j = min(len(parts) - 1, i + rng.randint(1, 3))
            parts[i], parts[j] = parts[j], parts[i]
        elif action < .75:
            parts.insert(i, rng.choice(POOL))
        elif action < .92:
            parts[i] = rng.choice(POOL)
        else:
            parts = parts[:i] if action < .96 else parts[i:]
    return ''.join(parts)


def statements(path):
    """Short statements of a file, nested ones too, each at the left margin."""
    with open(path, 'rb') as f:
        source = f.read()
    try:
        tree = ast.parse(source)
        lines = source.decode().splitlines(True)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.stmt) and node.end_lineno - node.lineno < 25:
            block = lines[node.lineno - 1:node.end_lineno]
            indent = len(block[0]) - len(block[0].lstrip())
            yield ''.join(line[indent:] if not line[:indent].strip() else line for line in block)


def mutations(files, count, seed):
    rng = random.Random(seed)
    texts = [t for f in rng.sample(files, min(len(files), 25)) for t in statements(f)]
    for _ in range(count if texts else 0):
        text = mutated(rng.choice(texts), rng)
        if '\0' not in text:
            yield text, rng.choice(['exec'] * 8 + ['single', 'eval']), rng.choice([0, 0, TYPE_COMMENTS]), -1


# --- comparing ---

def run(python, jobs, results):
    subprocess.run([python, os.path.abspath(__file__), '--worker', jobs, results], check=True)
    with open(results) as f:
        return f.read().split('\n')


def differences(jobs):
    """How many of the jobs the two interpreters answer differently; shows the first."""
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, 'jobs')
        with open(path, 'w') as f:
            for job in jobs:
                f.write(ascii(job) + '\n')
        have = run(sys.executable, path, os.path.join(folder, 'have'))
        want = run(REFERENCE, path, os.path.join(folder, 'want'))
    different = [(j, w, h) for j, w, h in zip(jobs, want, have) if w != h]
    for job, w, h in different[:10]:
        at = next((i for i, (a, b) in enumerate(zip(w, h)) if a != b), 0)
        print('DIFFERENT', ascii(job)[:300])
        print('   reference', w[max(0, at - 100):at + 200])
        print('   here     ', h[max(0, at - 100):at + 200])
    return len(different) + abs(len(want) - len(have))


def main(args):
    import argparse
    parser = argparse.ArgumentParser()
    parser.add_argument('--full', action='store_true')
    parser.add_argument('--mutations', type=int, default=4000)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('paths', nargs='*')
    options = parser.parse_args(args)
    files = [f for p in options.paths for f in
             (sorted(glob.glob(p + '/**/*.py', recursive=True)) if os.path.isdir(p) else [p])]
    files = files or library(options.full)
    jobs = [job for source in listed_sources() for job in in_all_modes(source)]
    jobs += [((f,), 'exec', 0, -1) for f in files]
    jobs += [((f,), 'exec', TYPE_COMMENTS, -1) for f in files[::7]]
    jobs += mutations(files, options.mutations, options.seed)
    bad = differences(jobs)
    print('%d sources, %d different' % (len(jobs), bad), file=sys.stderr)
    return bad != 0


if __name__ == '__main__':
    if sys.argv[1:2] == ['--worker']:
        worker(*sys.argv[2:])
    elif not os.path.exists(REFERENCE):
        print('no reference to compare with', file=sys.stderr)
    else:
        sys.exit(main(sys.argv[1:]))

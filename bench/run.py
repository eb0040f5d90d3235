"""run.py HOB [PROGRAM ...] -- Hob's speed side by side with CPython 3.11's and with the last commit's.

Each program of this folder has a run() that returns what it computed; that
must be the same everywhere.  The interpreters take turns, round by round, so
that a machine that grows slower slows all alike.  A process runs run() once to
warm up and then some times more; the best counts, in seconds of CPU time.
`startup` is a whole process that does nothing; `peak` the most memory, MiB.

The last commit is HEAD when something is not committed, else the commit before;
it is built in build/last, unless --no-last is given.
"""
import argparse
import glob
import json
import math
import os
import resource
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
REFERENCE = '/usr/bin/python3.11'
CHILD = r'''
import json, re, sys, time
sys.path.insert(0, sys.argv[1])
module = __import__(sys.argv[2])
result, best = module.run(), 1e9
for _ in range(int(sys.argv[3])):
    start = time.process_time()
    assert module.run() == result
    best = min(best, time.process_time() - start)
peak = re.search(r'VmHWM:\s+(\d+)', open('/proc/self/status').read())
print(json.dumps([best, repr(result), int(peak[1])]))
'''


def last_commit():
    """The interpreter of the last commit, built where it is not yet."""
    git = lambda *words: subprocess.run(('git', '-C', TOP) + words, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()
    commit = git('rev-parse', 'HEAD' if git('status', '--porcelain', '--', 'src', 'lib', 'tools/gen', 'Makefile') else 'HEAD~1')
    folder = os.path.join(TOP, 'build', 'last')
    if not os.path.isdir(folder):
        git('worktree', 'prune')
        git('worktree', 'add', '--detach', folder, commit)
    subprocess.run(['git', '-C', folder, 'checkout', '-q', '--detach', commit], check=True)
    print('building %s %s' % (commit[:9], git('log', '-1', '--format=%s', commit)), file=sys.stderr, flush=True)
    subprocess.run(['make', '-s', '-j2', '-C', folder, 'CONFIG=release'], stdout=subprocess.DEVNULL, check=True)
    return os.path.join(folder, 'build', 'release', 'hob')


def measure(python, program, repeat):
    """(seconds, what it computed, KiB)"""
    env = {k: v for k, v in os.environ.items() if not k.startswith(('PYTHON', 'HOB'))}
    env.update(PYTHONHASHSEED='0', PYTHONDONTWRITEBYTECODE='1')
    if program == 'startup':
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        for _ in range(repeat):
            subprocess.run([python, '-c', 'pass'], env=env, check=True)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) / repeat, '', 0
    done = subprocess.run([python, '-c', CHILD, HERE, program, str(repeat)], env=env, stdout=subprocess.PIPE, text=True, check=True)
    return tuple(json.loads(done.stdout))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('hob')
    parser.add_argument('program', nargs='*')
    parser.add_argument('--rounds', type=int, default=3)
    parser.add_argument('--repeat', type=int, default=5)
    parser.add_argument('--no-last', action='store_true')
    options = parser.parse_intermixed_args()
    pythons = {'cpython': REFERENCE, 'hob': os.path.abspath(options.hob)}
    if not options.no_last:
        pythons['last'] = last_commit()
    programs = options.program or ['startup'] + sorted(
        os.path.basename(p)[:-3] for p in glob.glob(os.path.join(HERE, '*.py')) if not p.endswith('run.py'))

    best, peak, wrong = {}, {}, 0
    for _ in range(options.rounds):
        for program in programs:
            computed = set()
            for name, python in pythons.items():
                seconds, result, size = measure(python, program, options.repeat)
                best[program, name] = min(seconds, best.get((program, name), 1e9))
                peak[program, name] = max(size, peak.get((program, name), 0))
                computed.add(result)
            if len(computed) > 1:
                wrong += 1
                print('%s: not the same everywhere' % program)

    others = [name for name in pythons if name != 'cpython']
    print('%-12s %10s' % ('CPU seconds', 'cpython') + ''.join(' %10s %7s' % (n, 'ratio') for n in others) + '   peak MiB')
    for program in programs:
        base = best[program, 'cpython']
        print('%-12s %10.4f' % (program, base)
              + ''.join(' %10.4f %7.2f' % (best[program, n], best[program, n] / base) for n in others)
              + '   ' + ' '.join('%.1f' % (peak[program, n] / 1024) for n in pythons))
    for name in others:
        ratios = [best[p, name] / best[p, 'cpython'] for p in programs]
        print('geometric mean of %s: %.3f of cpython\'s time' % (name, math.exp(sum(map(math.log, ratios)) / len(ratios))))
    return wrong != 0


if __name__ == '__main__':
    sys.exit(main())

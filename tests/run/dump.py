# -X dump= shows each stage; an interpreter without it says nothing.
import subprocess
import sys

with open('small.py', 'w') as f:
    f.write('def f(n):\n    for i in range(n):\n        y = 1 + i\n    return y\nprint("runs", f(20))\n')
STAGES = {
    'tokens': "NAME 'y'", 'ast': 'BinOp(', 'symbols': 'y: local assigned',
    'cfg': 'to block', 'bytecode': 'BINARY_OP', 'specialized': 'BINARY_OP_ADD_INT',
}
is_hob = hasattr(sys.implementation, 'hob')


def dump(what):
    return subprocess.run([sys.executable, '-X', 'dump=' + what, 'small.py'],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


for stage, wanted in STAGES.items() if is_hob else ():
    if wanted not in dump(stage).stdout:
        print(stage, 'does not show', wanted)
if is_hob:
    done, wrong = dump(','.join(STAGES)), dump('tokens,smoke')
    heads = [line[4:] for line in done.stdout.split('\n') if line.startswith('--- ')]
    said = heads == list(STAGES), done.stderr, wrong.returncode, wrong.stdout, 'there is only tokens, ast' in wrong.stderr
else:
    said = True, 'runs 20\n', 1, '', True
print(said)         #: (True, 'runs 20\n', 1, '', True)

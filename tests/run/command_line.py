"""The command line: scripts that are missing or broken, exit codes, the prompt on a pipe."""
import os
import subprocess
import sys
import tempfile

folder = tempfile.mkdtemp()
program = sys.executable


def run(*args, typed='', **more):
    done = subprocess.run([program, *args], input=typed, capture_output=True, text=True,
                          cwd=folder, **more)
    for line in (done.stdout + done.stderr).splitlines():
        print(line.replace(program, 'PY').replace(os.path.realpath(folder), 'HERE'))
    print(done.returncode)


def write(name, data):
    with open(os.path.join(folder, name), 'wb') as f:
        f.write(data)


run('nosuch.py')            #: PY: can't open file 'HERE/nosuch.py': [Errno 2] No such file or directory
#: 2
run('.')                    #: PY: can't find '__main__' module in 'HERE'
#: 1
write('shown.py', b'print(__file__)')
run('./shown.py')           #: HERE/./shown.py
#: 0
write('empty.pyc', b'')
run('empty.pyc')            #: RuntimeError: Bad magic number in .pyc file
#: 1
import importlib.util
write('short.pyc', importlib.util.MAGIC_NUMBER + bytes(12) + b'\xe3\0')
run('short.pyc')            #: RuntimeError: Bad code object in .pyc file
#: 1
write('stopped.py', b'raise KeyboardInterrupt')
print(subprocess.run([program, 'stopped.py'], cwd=folder, capture_output=True).returncode)  #: -2

# The prompt ends with its input; a last line without a newline counts.
run('-iq')
#: >>> 
#: 0
run('-iq', typed='x = 4\nx')
#: 4
#: >>> >>> ... 
#: >>> 
#: 0
run('-iq', typed='(1,')
#: >>> ... 
#:   File "<stdin>", line 1
#:     (1,
#:     ^
#: SyntaxError: '(' was never closed
#: >>> 
#: 0

# A file EXECUTABLE._pth decides what sys.path is; environment and site do not count.
import os
import subprocess
import sys
import tempfile

folder = tempfile.TemporaryDirectory()
program = os.path.join(os.path.realpath(folder.name), 'python')
os.symlink(sys.executable, program)
show = '''
import sys
for entry in sys.path: print(entry)
print(sys.flags.isolated, sys.flags.no_site, sys.flags.safe_path, sys.prefix)
'''


def run(*lines):
    with open(program + '._pth', 'w') as file:
        file.write('\n'.join(lines))
    environment = {**os.environ, 'PYTHONPATH': '/from/environment', 'PYTHONNOUSERSITE': '1'}
    done = subprocess.run([program, '-c', show], env=environment, capture_output=True, text=True)
    print((done.stdout + done.stderr).replace(os.path.dirname(program), 'HERE'), end='')


run('/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload', '# a comment', '', 'x/../up', ' a b ', './c//d')
#: /usr/lib/python3.11
#: /usr/lib/python3.11/lib-dynload
#: HERE/up
#: HERE/a b
#: HERE/c/d
#: 1 1 True HERE
run('/usr/lib/python3.11', 'import os')
#: /usr/lib/python3.11
#: 1 1 True HERE
#: unsupported 'import' line in ._pth file

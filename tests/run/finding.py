"""Where the library is found: by a link, a copy in a tree of its own, a virtual environment, PYTHONHOME."""
import os
import shutil
import subprocess
import sys

REAL = os.path.realpath(sys.executable)
LIBRARY = '/usr/lib/python3.11'
ASK = ('import sys; print([sys.executable, sys._base_executable], [sys.prefix, sys.base_prefix, sys.exec_prefix, '
       'sys.base_exec_prefix, sys.platlibdir], sys.path[1:])')

def ask(program, **environment):
    env = {k: v for k, v in os.environ.items() if not k.startswith('PYTHON')} | environment
    done = subprocess.run([program, '-S', '-c', ASK], env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.replace(os.getcwd(), '~').replace(REAL, '<real>').strip().replace('\n', ' ')

def tree(name, *, lib='lib', program='python', copy=False, library=True):
    os.makedirs(name + '/bin')
    if copy: shutil.copy(REAL, name + '/bin/' + program)
    else: os.symlink(REAL, name + '/bin/' + program)
    if library:
        os.makedirs(f'{name}/{lib}')
        os.symlink(LIBRARY, f'{name}/{lib}/python3.11')
    return os.path.abspath(f'{name}/bin/{program}')

# a link is followed to the real program, whose library is /usr's
print(ask(tree('linked', library=False)))        #: ['~/linked/bin/python', '~/linked/bin/python'] ['/usr', '/usr', '/usr', '/usr', 'lib'] ['/usr/lib/python311.zip', '/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload']
os.symlink('linked/bin/python', 'twice')
print(ask('./twice'), ask(os.path.abspath('twice')) == ask('./twice'))        #: ['~/twice', '~/twice'] ['/usr', '/usr', '/usr', '/usr', 'lib'] ['/usr/lib/python311.zip', '/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload'] True
# a copy has the library above it
print(ask(tree('copied', copy=True)))        #: ['~/copied/bin/python', '~/copied/bin/python'] ['~/copied', '~/copied', '~/copied', '~/copied', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/copied/lib/python3.11/lib-dynload']
# ... and without one there is the prefix built in
print(ask(tree('alone', copy=True, library=False)))        #: ['~/alone/bin/python', '~/alone/bin/python'] ['/usr', '/usr', '/usr', '/usr', 'lib'] ['/usr/lib/python311.zip', '/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload']
print(ask(tree('other', lib='lib64', copy=True), PYTHONPLATLIBDIR='lib64'))        #: ['~/other/bin/python', '~/other/bin/python'] ['~/other', '~/other', '~/other', '~/other', 'lib64'] ['~/other/lib64/python311.zip', '~/other/lib64/python3.11', '~/other/lib64/python3.11/lib-dynload']
# found on PATH
print(ask('python', PATH=os.path.abspath('linked/bin')) if shutil.which('python', path=os.path.abspath('linked/bin')) else '')        #: ['~/linked/bin/python', '~/linked/bin/python'] ['/usr', '/usr', '/usr', '/usr', 'lib'] ['/usr/lib/python311.zip', '/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload']
# PYTHONHOME and PYTHONPATH
print(ask(os.path.abspath('linked/bin/python'), PYTHONHOME=os.path.abspath('copied')))        #: ['~/linked/bin/python', '~/linked/bin/python'] ['~/copied', '~/copied', '~/copied', '~/copied', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/copied/lib/python3.11/lib-dynload']
print(ask(os.path.abspath('linked/bin/python'), PYTHONHOME=os.path.abspath('copied') + ':' + os.path.abspath('other')))        #: ['~/linked/bin/python', '~/linked/bin/python'] ['~/copied', '~/copied', '~/other', '~/other', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/other/lib/python3.11/lib-dynload']
print(ask(os.path.abspath('linked/bin/python'), PYTHONPATH='/a:b::/c'))        #: ['~/linked/bin/python', '~/linked/bin/python'] ['/usr', '/usr', '/usr', '/usr', 'lib'] ['/a', '~/b', '~', '/c', '/usr/lib/python311.zip', '/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload']
# a virtual environment: its `home` is where the base is
def venv(name, home, program='python', **k):
    path = tree(name, program=program, library=False, **k)
    with open(name + '/pyvenv.cfg', 'w') as f:
        print('include-system-site-packages = false', 'HOME = ' + home, 'version = 3.11.2', sep='\n', file=f)
    return path
print(ask(venv('env', os.path.abspath('copied/bin'))))        #: ['~/env/bin/python', '<real>'] ['~/copied', '~/copied', '~/copied', '~/copied', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/copied/lib/python3.11/lib-dynload']
print(ask(venv('renamed', os.path.abspath('copied/bin'), program='spam')))        #: ['~/renamed/bin/spam', '<real>'] ['~/copied', '~/copied', '~/copied', '~/copied', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/copied/lib/python3.11/lib-dynload']
print(ask(venv('renamed_copy', os.path.abspath('copied/bin'), program='spam', copy=True)))        #: ['~/renamed_copy/bin/spam', '~/copied/bin/spam'] ['~/copied', '~/copied', '~/copied', '~/copied', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/copied/lib/python3.11/lib-dynload']
shutil.move('env/pyvenv.cfg', 'env/bin/pyvenv.cfg') and None
print(ask(os.path.abspath('env/bin/python')))        #: ['~/env/bin/python', '<real>'] ['~/copied', '~/copied', '~/copied', '~/copied', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/copied/lib/python3.11/lib-dynload']
with open('copied/lib/python311.zip', 'wb'): pass
print(ask(os.path.abspath('renamed/bin/spam')))        #: ['~/renamed/bin/spam', '<real>'] ['~/copied', '~/copied', '~/copied', '~/copied', 'lib'] ['~/copied/lib/python311.zip', '~/copied/lib/python3.11', '~/copied/lib/python3.11/lib-dynload']

# a file beside the program may say all of it
PTH = os.path.abspath('linked/bin/python._pth')
def pth(text):
    with open(PTH, 'w') as f: f.write(text)
    flags = 'import sys; f = sys.flags; print(f.isolated, f.ignore_environment, f.no_user_site, f.no_site, f.safe_path, "site" in sys.modules);'
    done = subprocess.run(['linked/bin/python', '-c', flags + ASK], env=os.environ | {'PYTHONPATH': '/zz', 'PYTHONNOUSERSITE': '1'},
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    return done.stdout.replace(os.getcwd(), '~').replace(REAL, '<real>').strip().replace('\n', ' ')
print(pth('fake\n# c\n\n  sp  \n/usr/lib/python3.11\n/usr/lib/python3.11/lib-dynload\n.\n../x\na/../b#c\nimport foo\n'))        #: unsupported 'import' line in ._pth file 1 1 1 1 True False ['~/linked/bin/python', '~/linked/bin/python'] ['~/linked/bin', '~/linked/bin', '~/linked/bin', '~/linked/bin', 'lib'] ['~/linked/bin/sp', '/usr/lib/python3.11', '/usr/lib/python3.11/lib-dynload', '~/linked/bin', '~/linked/x', '~/linked/bin/b']
print(pth('/usr/lib/python3.11\r\nimport site\r\n').split(" ['/usr/lib")[0])        #: 1 1 1 0 True True ['~/linked/bin/python', '~/linked/bin/python'] ['~/linked/bin', '~/linked/bin', '~/linked/bin', '~/linked/bin', 'lib'] []

"""No module of lib-dynload is forgotten.

Each has a test named dynload_*.py beside this one, whose first line says
`# modules: name ...`; and each loads, from lib-dynload itself unless it is built in."""
import glob
import importlib
import os
import re
import sys
import sysconfig
import warnings

warnings.simplefilter('ignore')
FOLDER = os.path.join(sysconfig.get_path('platstdlib'), 'lib-dynload')
# these are for testing: the library's own tests run them
TESTING = {'_ctypes_test', '_testbuffer', '_testcapi', '_testclinic', '_testimportmultiple', '_testinternalcapi',
           '_testmultiphase', '_xxtestfuzz', 'xxlimited', 'xxlimited_35'}
PACKAGED_APART = {'_tkinter', '_gdbm'}  # Debian's python3-tk and python3-gdbm

files = {name.split('.')[0] for name in os.listdir(FOLDER) if name.endswith('.so')}
tested = set()
for path in glob.glob(os.path.join(os.environ['TESTS'], 'modules', 'dynload_*.py')):
    with open(path) as lines:
        line = next(lines)
    if line.startswith('# modules:'):
        tested.update(re.sub(r'\(.*', '', line[10:]).split())
wanted = files - TESTING - PACKAGED_APART
print(len(wanted), sorted(wanted - tested), sorted(tested - wanted))        #: 36 [] []
for name in sorted(files - PACKAGED_APART - {'_testimportmultiple', '_ctypes_test'}):
    module = importlib.import_module(name)
    # Hob may have one built in
    assert name in sys.builtin_module_names or os.path.dirname(module.__file__) == FOLDER, module
for name in '_testimportmultiple', '_ctypes_test':
    assert importlib.import_module(name).__file__.startswith(FOLDER)

"""build.py -- compile an extension module of this folder, and load modules from it.

One shared object may hold many modules: load() asks for them by name.
"""
import importlib.machinery
import importlib.util
import os
import subprocess
import sysconfig
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
MADE = tempfile.mkdtemp(dir='.')


def build(name, *options):
    """Compile name.c; the path of the shared object."""
    out = os.path.join(os.path.abspath(MADE), name + '.so')
    subprocess.run(['gcc', '-shared', '-fPIC', '-O1', '-w', '-Werror=implicit-function-declaration', '-std=gnu11', '-pthread',
                    '-I' + sysconfig.get_path('include'),
                    os.path.join(HERE, name + '.c'), '-o', out, *options], check=True)
    return out


def load(path, name):
    """Import module `name` from a shared object; its initialisation runs each time."""
    loader = importlib.machinery.ExtensionFileLoader(name, path)
    spec = importlib.util.spec_from_file_location(name, path, loader=loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module

# At the end builtins gets its first contents back before modules that live on are cleared.
import subprocess
import sys

code = '''
import builtins, gc
class A:
    def __init__(self, name):
        self.name = name
    def __del__(self):
        print(self.name, len([1]), flush=True)
gc.kept = A('gc')
builtins.kept = A('builtins')
del builtins.len
'''
print(subprocess.run([sys.executable, '-c', code], capture_output=True, text=True).stdout, end="")
#: builtins 1
#: gc 1

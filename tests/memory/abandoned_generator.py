# A generator closed where no handler sees it drops what it was iterating over, the
# newest first; a disabled collector still collects at the end.
import gc
import subprocess
import sys


class Seen:
    def __init__(self, name):
        self.name = name

    def __iter__(self):
        return self

    def __next__(self):
        return self.name

    def __del__(self):
        print('gone', self.name)


def nested(local):
    for outer in Seen('outer'):
        for inner in Seen('inner'):
            yield inner


gen = nested(Seen('local'))
print(next(gen))                #: inner
gen.close()
#: gone inner
#: gone outer
#: gone local
gen = nested(None)
next(gen)
del gen
#: gone inner
#: gone outer
print(any(name for name in Seen('any')))
#: gone any
#: True

program = '''
import gc
class Cycle:
    def __del__(self):
        print('collected')
gc.disable()
cycle = Cycle()
cycle.self = cycle
'''
print(subprocess.run([sys.executable, '-c', program], capture_output=True, text=True).stdout.strip())
#: collected

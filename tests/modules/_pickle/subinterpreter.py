# Each interpreter's _pickle has its own errors and looks at its own copyreg.
import _xxsubinterpreters as interpreters
import copyreg
import pickle
import sys

import _pickle


class C:
    pass


other = interpreters.create()
interpreters.run_string(other, f"""
import copyreg, pickle, _pickle
class D: pass
copyreg.pickle(D, lambda d: (str, ('sub',)))
assert pickle.loads(pickle.dumps(D())) == 'sub'
assert id(_pickle.PickleError) != {id(_pickle.PickleError)}
try:
    pickle.dumps(lambda: 0)
except _pickle.PicklingError:
    pass
""")
copyreg.pickle(C, lambda c: (int, (7,)))
print(pickle.loads(pickle.dumps(C())))      #: 7
interpreters.destroy(other)
print(pickle.loads(pickle.dumps(C())))      #: 7
pickle.loads(b'qq')         #! UnpicklingError: unpickling stack underflow

del sys.modules['_pickle']
kept = _pickle
import _pickle
print(kept is _pickle)      #: True

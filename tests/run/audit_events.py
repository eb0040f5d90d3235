# What the parser, the prompt and some of sys tell an audit hook.
import sys

on = False


def hook(event, args):
    if on and event in ('compile', 'exec', 'sys._getframe', 'sys.unraisablehook'):
        print(event, args[0].__class__.__name__, args[-1].__class__.__name__)


sys.addaudithook(hook)
on = True
eval('1')                       #: compile bytes str
                                #: exec code code
frame = sys._getframe()         #: sys._getframe frame frame
sys._getframe(9)                #! ValueError: call stack is not deep enough


class Broken:
    def __del__(self):
        1 / 0


sys.unraisablehook = lambda args: None
Broken()                        #: sys.unraisablehook function UnraisableHookArgs
on = False
print(sys.settrace(None), sys.setprofile(None))     #: None None

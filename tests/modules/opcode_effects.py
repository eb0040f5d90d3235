# tests/modules/opcode_effects.py -- _opcode.stack_effect outside the real opcodes.
import _opcode

# the compiler's own, below zero
print([_opcode.stack_effect(-n) for n in range(1, 11)])     #: [1, 2, 1, 0, 0, 0, -1, -1, -1, -1]
print([_opcode.stack_effect(-n, jump=False) for n in range(1, 4)])  #: [0, 0, 0]
_opcode.stack_effect(-11)               #! ValueError: invalid opcode or oparg
_opcode.stack_effect(-2 ** 31)          #! ValueError: invalid opcode or oparg
_opcode.stack_effect(-1, 0)             #! ValueError: stack_effect: opcode does not permit oparg but oparg was specified
_opcode.stack_effect(256, 0)            #! ValueError: invalid opcode or oparg
_opcode.stack_effect(2 ** 31 - 1, 0)    #! ValueError: invalid opcode or oparg

import sys


def f():
    pass


before = sys._getquickenedcount()
for i in range(100):
    f()
print(sys._getquickenedcount() > before)    #: True

# tests/modules/_pickle/sizes.py -- sizes and places that no memory holds.
import pickle
MOST = b'\xff' * 7 + b'\x7f'
for start in b'\x95', b'\x8d', b'\x8e', b'\x80\x04\x95':
    try:
        pickle.loads(start + MOST + b'N.')
    except (pickle.UnpicklingError, OverflowError) as e:
        print(type(e).__name__, e)
#: UnpicklingError read would overflow (invalid bytecode)
#: UnpicklingError read would overflow (invalid bytecode)
#: OverflowError byte string is too large
#: UnpicklingError read would overflow (invalid bytecode)
pickle.loads(b'\x96' + MOST + b'N.')     #! MemoryError
pickle.loads(b'X\xff\xff\xff\x7fx.')    #! UnpicklingError: pickle data was truncated
pickle.loads(b'Np2305843009213693951\n.')  #! MemoryError
pickle.loads(b'Np9999999999999999999999\n.')  #! OverflowError: Python int too large to convert to C ssize_t

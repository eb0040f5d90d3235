# tests/modules/blake2.py -- parameters reach the hash, bad ones are refused in order.
from hashlib import blake2b, blake2s

print(blake2s(b'abc').hexdigest()[:16], blake2b(b'abc').hexdigest()[:16])      #: 508c5e8c327c14e2 ba80a53f981c4d0d
h = blake2s(b'ab', digest_size=7, key=b'kk', salt=b'ss', person=b'pp', fanout=2, depth=3,
            leaf_size=4, node_offset=5, node_depth=6, inner_size=7, last_node=True)
copy = h.copy()
h.update(b'c')
print(h.hexdigest(), h.digest_size, h.block_size, h.name)       #: 223c130751e5f1 7 64 blake2s
copy.update(memoryview(b'c'))
print(copy.digest() == h.digest())      #: True
blake2b('text', digest_size=0)          #! ValueError: digest_size must be between 1 and 64 bytes

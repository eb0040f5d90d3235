# The collector may empty a cache's dict before it comes to the cache.
import functools
import gc

for n in range(20):
    @functools.lru_cache(maxsize=8)
    def square(x, me=None):
        return x * x
    for i in range(20):
        square(i)
    square.me = square
    ring = [square]
    ring.append(ring)
    del square, ring
    gc.collect()
print("ok")     #: ok


# A comparison of keys may empty the cache while its oldest entry is taken out.
class Key:
    def __init__(self, n):
        self.n = n

    def __hash__(self):
        return 7

    def __eq__(self, other):
        global armed
        if armed:
            armed = False
            keep.cache_clear()
            keep(Key(self.n))
        return self.n == other.n


@functools.lru_cache(maxsize=4)
def keep(key):
    return key.n


for when in range(60):
    armed = False
    for n in range(8):
        armed = n * 8 > when
        assert keep(Key(n)) == n
print(keep.cache_info().currsize <= 4)      #: True

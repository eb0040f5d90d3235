# An object from a free list belongs to the code that takes it out; traces are listed.
import gc
import tracemalloc

tracemalloc.start(25)
gc.collect()
thing = []
thing = None
thing = []                      # line 9


def deep(n):
    return deep(n - 1) if n else bytearray(1000)


buffer = deep(30)
print(tracemalloc.get_object_traceback(thing)[-1].lineno)       #: 9
trace = [t for t in tracemalloc.take_snapshot().traces if t.size > 1000][0]
print(trace.traceback.total_nframe, len(trace.traceback))       #: 32 25
nothing = b'x' * (len(thing) - 1)
print(tracemalloc.get_object_traceback(nothing)[-1].lineno)     #: 20

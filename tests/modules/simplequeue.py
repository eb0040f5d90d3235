# tests/modules/simplequeue.py -- _queue.SimpleQueue: order, waiting, limits, errors.
import _queue
import concurrent.futures
import weakref

q = _queue.SimpleQueue()
for i in range(40):
    q.put(i)
print(q.qsize(), q.empty(), [q.get() for _ in range(40)] == list(range(40)), q.empty())  #: 40 False True True
q.put_nowait(item=3)
print(q.get(False, 'ignored'))          #: 3
q.get(False)                            #! Empty
q.get_nowait()                          #! Empty
q.get(timeout=0.001)                    #! Empty
q.get(True, -1)                         #! ValueError: 'timeout' must be a non-negative number
q.get(True, 'x')                        #! TypeError: 'str' object cannot be interpreted as an integer
q.get(True, 1e30)                       #! OverflowError: timestamp too large to convert to C _PyTime_t
q.get(foo=1)                            #! TypeError: 'foo' is an invalid keyword argument for get()
q.put()                                 #! TypeError: put() missing required argument 'item' (pos 1)
q.qsize(1)                              #! TypeError: SimpleQueue.qsize() takes no arguments (1 given)
_queue.SimpleQueue(1)                   #! TypeError: SimpleQueue() takes no positional arguments
print(_queue.SimpleQueue[int])          #: _queue.SimpleQueue[int]

with concurrent.futures.ThreadPoolExecutor(4) as pool:
    readers = [pool.submit(lambda: list(iter(q.get, None))) for _ in range(4)]
    for i in range(1000):
        q.put(i)
    for _ in readers:
        q.put(None)
print(sorted(i for reader in readers for i in reader.result()) == list(range(1000)))    #: True


class Loop:
    pass


loop = Loop()
loop.queue = _queue.SimpleQueue()
loop.queue.put(loop)
gone = weakref.ref(loop.queue)
del loop
import gc
gc.collect()
print(gone())                           #: None

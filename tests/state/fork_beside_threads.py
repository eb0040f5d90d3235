# fork while other threads run, hold locks and do I/O: the child has one thread and works.
import os
import queue
import sys
import threading

for name in ('first', 'second'):
    os.register_at_fork(before=lambda name=name: events.append('before ' + name),
                        after_in_parent=lambda name=name: events.append('parent ' + name),
                        after_in_child=lambda name=name: events.append('child ' + name))
events = []
stop = False
lock, rlock, things = threading.Lock(), threading.RLock(), queue.Queue()


def compute():
    while not stop:
        sum(range(100))


def take_locks():
    while not stop:
        with lock, rlock:
            things.put(1)
        things.get()


def pipe():
    r, w = os.pipe()
    while not stop:
        os.write(w, b'x')
        os.read(r, 1)


threads = [threading.Thread(target=f, daemon=True) for f in (compute, take_locks, take_locks, pipe)]
for thread in threads:
    thread.start()


def child():
    results = []
    thread = threading.Thread(target=lambda: results.append(sum(range(1000))))
    thread.start()
    thread.join(60)
    own = threading.Lock()
    own.acquire()
    own.acquire(timeout=0.001)
    return (results == [499500] and len(sys._current_frames()) == 1
            and threading.active_count() == 1 and not any(t.is_alive() for t in threads)
            and events == ['before second', 'before first', 'child first', 'child second'])


good = 0
for i in range(30):
    events.clear()
    pid = os.fork()
    if not pid:
        os._exit(0 if child() else 1)
    good += os.waitpid(pid, 0)[1] == 0
print(good)                     #: 30
print(events)                   #: ['before second', 'before first', 'parent first', 'parent second']
stop = True
for thread in threads:
    thread.join()

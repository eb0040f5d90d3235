# tests/state/shake.py -- threads that only share what locks and the GIL guard lose nothing.
import queue
import threading

total = [0]
guard = threading.Lock()
log = []


def add(n):
    for i in range(n):
        with guard:
            total[0] += 1
        log.append(i)


threads = [threading.Thread(target=add, args=(500,)) for _ in range(4)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(total[0], len(log))               #: 2000 2000

q = queue.Queue(3)
got = []


def drain():
    while (item := q.get()) is not None:
        got.append(item)


readers = [threading.Thread(target=drain) for _ in range(3)]
for t in readers:
    t.start()
for i in range(300):
    q.put(i)
for t in readers:
    q.put(None)
for t in readers:
    t.join()
print(sorted(got) == list(range(300)))  #: True

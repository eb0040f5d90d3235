"""numpy_cores.py HOB [SECONDS] -- two threads multiply NumPy matrices on two cores.

Under Hob and under the reference, in turns: how many products a second one
thread makes alone, how many two make together, and how long a third thread,
which answers an echo from another process, lets it wait meanwhile.  OpenBLAS is
held to one thread of its own per call.  The aim: at least 1.8 times the rate of
one thread, and a 99th percentile of the echo below 5 ms.
"""
import json
import os
import socket
import statistics
import subprocess
import sys
import threading
import time

REFERENCE = '/usr/bin/python3.11'
SIZE = 256                              # one product: some milliseconds
PAUSE = 0.002                           # between two questions of the echo


def multiply(seconds, counts, at):
    import numpy
    a = numpy.random.default_rng(at).random((SIZE, SIZE))
    b, out = a.T.copy(), numpy.empty((SIZE, SIZE))
    until, n = time.perf_counter() + seconds, 0
    while time.perf_counter() < until:
        numpy.dot(a, b, out=out)
        n += 1
    counts[at] = n / seconds


def rate(seconds, n_threads):
    counts = [0] * n_threads
    threads = [threading.Thread(target=multiply, args=(seconds, counts, at)) for at in range(n_threads)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts)


def answer(connection):
    try:
        while data := connection.recv(64):
            connection.sendall(data)
    except OSError:
        pass                            # the asker has gone


def ask(fd):
    """The other side of the echo, a process of its own; prints what it waited."""
    connection = socket.socket(fileno=fd)
    connection.settimeout(10)
    waits = []
    try:
        while True:
            time.sleep(PAUSE)
            start = time.perf_counter()
            connection.sendall(b'order')
            if not connection.recv(64):
                break
            waits.append(time.perf_counter() - start)
    except OSError:
        pass
    print(json.dumps(waits))


def measure(seconds):
    one = rate(seconds, 1)
    mine, theirs = socket.socketpair()
    asker = subprocess.Popen([REFERENCE, __file__, 'ask', str(theirs.fileno())], pass_fds=[theirs.fileno()],
                             stdout=subprocess.PIPE, text=True)
    theirs.close()
    echo = threading.Thread(target=answer, args=(mine,))
    echo.start()
    two = rate(seconds, 2)
    mine.shutdown(socket.SHUT_RDWR)
    echo.join()
    print(json.dumps([one, two, json.loads(asker.communicate()[0])]))


def main(hob, seconds):
    env = dict(os.environ, OPENBLAS_NUM_THREADS='1')
    rows = {hob: [], REFERENCE: []}
    for _ in range(3):
        for python in rows:
            done = subprocess.run([python, __file__, 'measure', str(seconds)], env=env, stdout=subprocess.PIPE, check=True)
            rows[python].append(json.loads(done.stdout))
    print('%-28s %9s %9s %7s %8s %8s %8s' % ('', 'one /s', 'two /s', 'ratio', 'p50 ms', 'p99 ms', 'max ms'))
    for python, runs in rows.items():
        waits = sorted(1000 * wait for _, _, waits in runs for wait in waits)
        print('%-28s %9.0f %9.0f %7.2f %8.3f %8.3f %8.3f' % (
            python[-28:], statistics.median(r[0] for r in runs), statistics.median(r[1] for r in runs),
            statistics.median(r[1] / r[0] for r in runs), waits[len(waits) // 2], waits[len(waits) * 99 // 100], waits[-1]))


if sys.argv[1] == 'ask':
    ask(int(sys.argv[2]))
elif sys.argv[1] == 'measure':
    measure(float(sys.argv[2]))
else:
    main(sys.argv[1], float(sys.argv[2]) if len(sys.argv) > 2 else 3)

"""mixed.py [--seconds S] [--subinterpreters] [--tracemalloc] -- threads in every part of the runtime.

stress.py looks at the stove; this one at what the stove guards: dicts, lists, classes,
imports, files, sockets, the collector, frames of others, states that come and go. It is
made for `make CONFIG=tsan` (`make test-tsan`): a race is a report there. It fails when a
thread ends with an exception. Not both options: PyGILState_Ensure, which tracemalloc calls,
knows one state a thread, so that a thread inside a subinterpreter would wait for itself.
"""
import argparse
import collections
import contextvars
import gc
import hashlib
import importlib
import json
import random
import socket
import sys
import tempfile
import threading
import time
import traceback
import tracemalloc
import weakref
import zlib


class Thing:
    pass


table, row, ring = {}, [], collections.deque(maxlen=50)
things = [Thing() for _ in range(10)]
shared_file = tempfile.TemporaryFile()


def dicts():
    for i in range(300):
        table[i % 50] = i
        table.get(i)
        table.pop(i % 37, None)
        setattr(things[i % 10], 'a%d' % (i % 40), i)


def lists():
    for i in range(300):
        row.append(i)
        ring.append(i)
        if len(row) > 100:
            del row[:50]
    sorted(row)
    list(ring.copy())


def imports():
    for name in 'json', 'email.message', 'decimal', 'html.parser', 'csv', 'difflib':
        sys.modules.pop(name, None)
        importlib.import_module(name)


def files():
    with tempfile.TemporaryFile() as f:
        f.write(b'x' * 100000)
        f.seek(0)
        f.read()
    shared_file.write(b'abc' * 50)
    shared_file.flush()
    shared_file.seek(0)


def sockets():
    with socket.create_server(('127.0.0.1', 0)) as server:
        with socket.create_connection(server.getsockname()) as a, server.accept()[0] as b:
            b.settimeout(5)
            a.sendall(b'x' * 2000)
            b.recv(5000)


def collect():
    knot = [Thing() for _ in range(100)]
    for thing in knot:
        thing.me = thing
    refs = [weakref.ref(thing, lambda ref: None) for thing in knot]
    del thing, knot
    gc.collect()
    return refs


def compute():
    hashlib.sha256(b'x' * 100000).digest()
    zlib.compress(b'z' * 50000)
    json.dumps({str(i): i for i in range(100)})
    eval(compile('sum(i * i for i in range(200))', '<mixed>', 'eval'))


def spawn():
    local = threading.local()
    children = [threading.Thread(target=setattr, args=(local, 'x', 1)) for _ in range(5)]
    for child in children:
        child.start()
    for child in children:
        child.join()


def classes():
    class A:
        def f(self):
            return 1

        @property
        def p(self):
            return 2

    class B(A):
        pass

    b = B()
    for _ in range(60):             # often enough to be specialised
        b.f()
        b.p
    A.f = lambda self: 3
    b.f()


def frames():
    sys._current_frames()
    sys._current_exceptions()
    threading.enumerate()
    sys.setswitchinterval(random.choice([0.005, 0.0005, 0.0001]))
    sys.setrecursionlimit(random.choice([900, 1000]))


def generators():
    def count():
        try:
            yield from range(50)
        finally:
            pass

    list(count())
    next(count())
    contextvars.copy_context().run(time.sleep, 0)
    try:
        raise ValueError
    except ValueError as e:
        str(e)


def interpreters():
    import _xxsubinterpreters
    one = _xxsubinterpreters.create()
    _xxsubinterpreters.run_string(one, 'import collections; x = {i: [i] for i in range(50)}')
    _xxsubinterpreters.destroy(one)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, default=10)
    parser.add_argument('--subinterpreters', action='store_true')
    parser.add_argument('--tracemalloc', action='store_true')
    args = parser.parse_args()
    kinds = [dicts, dicts, lists, lists, imports, files, files, sockets, collect, compute, spawn,
             classes, classes, frames, generators] + [interpreters] * args.subinterpreters
    errors, rounds = [], collections.Counter()
    end = time.monotonic() + args.seconds

    def work(kind):
        try:
            while time.monotonic() < end and not errors:
                kind()
                rounds[kind] += 1
        except BaseException:
            errors.append(traceback.format_exc())

    if args.tracemalloc:
        tracemalloc.start(3)
    threads = [threading.Thread(target=work, args=(kind,), name=kind.__name__) for kind in kinds]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print('mixed: %d rounds: %s' % (rounds.total(), 'FAILED' if errors else 'ok'))
    print(''.join(errors), end='')
    return bool(errors)


sys.exit(main())

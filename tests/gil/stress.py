"""stress.py [--seconds S] [--switches N] [--seed K] -- everything threads do, at once, with counts.

Threads count under a lock and without one, hand items through queues, wait for events,
conditions, barriers and sleeps, do I/O, get signals, fork, raise exceptions into each
other, start and end. At the end nothing may be missing: every item arrived once, every
count is right, every thread came home. A watchdog ends the program with all tracebacks
when nothing has moved for a minute. It ends after S seconds, or when N switches between
threads have been seen, whichever comes first.
"""
import argparse
import ctypes
import faulthandler
import os
import queue
import random
import signal
import socket
import sys
import threading
import time
import warnings

warnings.simplefilter('ignore')
stop = False
last_runner = None
n_switches = 0
moved = {}                              # worker name -> rounds, written by that worker only
errors = []


def seen_here(me):
    """Note which thread runs; racy on purpose: a lost count here is no lost update."""
    global last_runner, n_switches
    if last_runner is not me:
        last_runner = me
        n_switches += 1


def check(condition, text):
    if not condition:
        errors.append(text)


# --- workers: each returns what is added to the books at the end ---

counter = 0
counter_lock = threading.Lock()
counter_rlock = threading.RLock()
rcounter = 0


def count(me):
    global counter, rcounter
    for _ in range(50):
        with counter_lock:
            n = counter
            seen_here(me)
            counter = n + 1
        with counter_rlock:
            with counter_rlock:
                rcounter += 1
        seen_here(me)
    return 50


appended = []


def append(me):
    for i in range(50):
        appended.append(me)
        seen_here(me)
    return 50


in_books = {'put': 0, 'got': 0}
books_lock = threading.Lock()
channel = queue.Queue(5)
simple = queue.SimpleQueue()


def produce(me):
    n = 0
    for i in range(20):
        simple.put(i)
        n += 1
        try:
            channel.put(i, timeout=0.5)         # at the end nobody may be left to take it
            n += 1
        except queue.Full:
            pass
        seen_here(me)
    with books_lock:
        in_books['put'] += n
    return 0


def consume(me):
    n = 0
    for source in channel, simple:
        try:
            while True:
                source.get(timeout=0.01)
                n += 1
                seen_here(me)
        except queue.Empty:
            pass
    with books_lock:
        in_books['got'] += n
    return 0


event = threading.Event()
condition = threading.Condition()
turns = 0


def flick(me):
    event.set()
    event.clear()
    seen_here(me)
    event.wait(0.001)
    return 0


def take_turns(me):
    global turns
    with condition:
        turns += 1
        condition.notify()
        condition.wait(0.002)
        seen_here(me)
    return 0


semaphore = threading.Semaphore(2)
in_semaphore = []


def share(me):
    for _ in range(10):
        with semaphore:
            in_semaphore.append(me)
            seen_here(me)
            check(len(in_semaphore) <= 2, 'three in a semaphore of two')
            in_semaphore.pop()
    return 0


def echo(me):
    a, b = socket.socketpair()
    with a, b:
        for i in range(20):
            a.send(b'%d' % i)
            check(b.recv(20) == b'%d' % i, 'an echo is wrong')
            seen_here(me)
    return 0


def doze(me):
    time.sleep(0.0005)
    seen_here(me)
    return 0


def compute(me):
    n = 0
    for i in range(2000):
        n += i
        if not i % 50:
            seen_here(me)
    check(n == 1999000, 'a sum is wrong')
    return 0


def compute_long(me):
    check(pow(3, 3000) % 1000007 == pow(3, 3000, 1000007), 'a power is wrong')
    big = bytes(200000)
    check(hash(big) == hash(bytes(200000)) and big.find(b'x') == -1, 'bytes are wrong')
    seen_here(me)
    return 0


class Ended(Exception):
    pass


def spawn(me):
    got = []
    children = [threading.Thread(target=got.append, args=(i,)) for i in range(3)]
    for child in children:
        child.start()
    for child in children:
        child.join()
    check(sorted(got) == [0, 1, 2], 'a thread was lost')
    seen_here(me)
    return 0


def interrupt(me):
    """Raise an exception in another thread."""
    state = []
    inside = threading.Event()

    def victim():
        try:
            inside.set()
            while True:
                state.append(0)
                del state[:]
        except Ended:
            state.append('ended')

    child = threading.Thread(target=victim)
    child.start()
    inside.wait()
    ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(child.ident), ctypes.py_object(Ended))
    child.join(30)
    check('ended' in state, 'an exception was not raised in another thread')
    seen_here(me)
    return 0


def fork(me):
    pid = os.fork()
    if pid == 0:
        try:
            with threading.Lock():
                child = threading.Thread(target=lambda: None)
                child.start()
                child.join(5)
            ok = not child.is_alive() and threading.active_count() == 1
        except BaseException:
            ok = False
        os._exit(0 if ok else 1)
    check(os.waitpid(pid, 0)[1] == 0, 'the child of a fork failed')
    seen_here(me)
    return 0


n_sent = n_handled = 0


def on_signal(signum, frame):
    global n_handled
    n_handled += 1


def send_signals(me):
    """The next only after the last was handled, so none may be lost."""
    global n_sent
    n_sent += 1
    os.kill(os.getpid(), signal.SIGUSR1)
    end = time.monotonic() + 30
    while n_handled < n_sent:
        time.sleep(0.0002)
        if time.monotonic() > end:
            check(False, 'a signal was lost')
            break
    return 0


# --- running them ---

ADDING = {}


def worker(name, work, chance):
    rounds = total = 0
    try:
        while not stop and not errors:
            total += work(name)
            rounds += 1
            moved[name] = rounds
            if chance.random() < 0.1:
                time.sleep(0)
    except BaseException as e:
        errors.append('%s: %r' % (name, e))
        raise
    finally:
        ADDING[name] = total


def main():
    global stop
    parser = argparse.ArgumentParser()
    parser.add_argument('--seconds', type=float, default=1e9)
    parser.add_argument('--switches', type=int, default=1 << 62)
    parser.add_argument('--seed', type=int, default=1)
    parser.add_argument('--no-fork', action='store_true')
    args = parser.parse_args()
    signal.signal(signal.SIGUSR1, on_signal)
    chance = random.Random(args.seed)
    kinds = [count, count, append, append, produce, produce, consume, consume, flick, flick,
             take_turns, take_turns, share, share, share, echo, doze, doze, compute, compute,
             compute_long, spawn, interrupt, send_signals] + [fork] * (not args.no_fork)
    threads = []
    for i, kind in enumerate(kinds):
        name = '%s-%d' % (kind.__name__, i)
        threads.append(threading.Thread(target=worker, name=name,
                                        args=(name, kind, random.Random(chance.random()))))
    for t in threads:
        t.start()
    start = time.monotonic()
    while time.monotonic() - start < args.seconds and n_switches < args.switches and not errors:
        faulthandler.dump_traceback_later(60, exit=True)        # put off while this thread gets its turn
        time.sleep(0.1)
    stop = True
    for t in threads:
        t.join()
    faulthandler.cancel_dump_traceback_later()
    for source in channel, simple:
        while not source.empty():
            source.get_nowait()
            in_books['got'] += 1
    counted = sum(n for name, n in ADDING.items() if name.startswith('count'))
    check(counter == counted, 'lost updates: %d of %d counted' % (counter, counted))
    check(rcounter == counted, 'lost updates: %d of %d counted in the RLock' % (rcounter, counted))
    check(len(appended) == sum(n for name, n in ADDING.items() if name.startswith('append')),
          'a list lost items')
    check(in_books['put'] == in_books['got'], 'queues: %(put)d put, %(got)d got' % in_books)
    check(n_sent == n_handled, 'signals: %d sent, %d handled' % (n_sent, n_handled))
    check(threading.active_count() == 1, 'threads are left')
    check(min(moved.get(t.name, 0) for t in threads) > 0, 'a thread never had a turn: %r'
          % [t.name for t in threads if not moved.get(t.name)])
    print('stress: %d rounds, %d switches seen, %.0f s: %s' % (
        sum(moved.values()), n_switches, time.monotonic() - start,
        'FAILED' if errors else 'ok'))
    for error in errors:
        print('  ' + error)
    return bool(errors)


sys.exit(main())

# tests/state/signal_elsewhere.py -- a signal that another thread gets runs its handler once.
import signal
import threading
import time

seen = []
signal.signal(signal.SIGUSR1, lambda signum, frame: seen.append(threading.current_thread().name))


def send():
    time.sleep(0.05)
    signal.pthread_kill(threading.get_ident(), signal.SIGUSR1)


def while_asleep():
    time.sleep(0.2)


def while_locked():
    lock = threading.Lock()
    lock.acquire()
    lock.acquire(timeout=0.2)


for wait in while_asleep, while_locked:
    sender = threading.Thread(target=send)
    sender.start()
    wait()
    sender.join()
    print(seen)                         #: ['MainThread']
                                        #: ['MainThread', 'MainThread']

# A thread in a blocking call gives the GIL away: this thread goes on and ends the call.
import fcntl
import os
import select
import signal
import socket
import subprocess
import tempfile
import threading
import time

signal.alarm(100)               # if one keeps it, all stands still


def pipe():
    r, w = os.pipe()
    return r, w, lambda: os.write(w, b'x')


def check(name, call, unblock):
    entered = threading.Event()
    results = []

    def run():
        entered.set()
        results.append(call())

    thread = threading.Thread(target=run)
    thread.start()
    entered.wait()
    time.sleep(0.01)
    if results:
        print(name, 'did not block')
    unblock()
    thread.join()
    if not results:
        print(name, 'failed')


# --- files ---
r, w, unblock = pipe()
check('read', lambda: os.read(r, 1), unblock)
check('readv', lambda: os.readv(r, [bytearray(1)]), unblock)
check('readinto', lambda: open(r, 'rb', 0, closefd=False).readinto(bytearray(1)), unblock)
check('BufferedReader', lambda: open(r, 'rb', closefd=False).read(1), unblock)
check('TextIOWrapper', lambda: open(r, closefd=False).readline(), lambda: os.write(w, b'x\n'))
check('splice', lambda: os.splice(r, os.pipe()[1], 1), unblock)
full, write_end = os.pipe()
os.set_blocking(write_end, False)
try:
    while True:
        os.write(write_end, bytes(4096))
except BlockingIOError:
    os.set_blocking(write_end, True)
check('write', lambda: os.write(write_end, b'x'), lambda: os.read(full, 1 << 20))

folder = tempfile.TemporaryDirectory()
fifo = os.path.join(folder.name, 'fifo')
os.mkfifo(fifo)
check('os.open', lambda: os.close(os.open(fifo, os.O_RDONLY)),
      lambda: os.close(os.open(fifo, os.O_WRONLY)))
check('open', lambda: open(fifo).close(), lambda: os.close(os.open(fifo, os.O_WRONLY)))

path = os.path.join(folder.name, 'locked')
one, two = open(path, 'w'), open(path, 'w')
fcntl.flock(one, fcntl.LOCK_EX)
check('flock', lambda: fcntl.flock(two, fcntl.LOCK_EX), lambda: fcntl.flock(one, fcntl.LOCK_UN))

for kind in ('lockf', 'fcntl.lockf'):
    ready, ready_end = os.pipe()
    done, done_end = os.pipe()
    child = os.fork()
    if not child:
        file = open(path, 'w')
        fcntl.lockf(file, fcntl.LOCK_EX)
        os.write(ready_end, b'x')
        os.read(done, 1)
        os._exit(0)
    os.read(ready, 1)
    if kind == 'lockf':
        check(kind, lambda: os.lockf(one.fileno(), os.F_LOCK, 0), lambda: os.write(done_end, b'x'))
    else:
        check(kind, lambda: fcntl.lockf(one, fcntl.LOCK_EX), lambda: os.write(done_end, b'x'))
    os.waitpid(child, 0)
    fcntl.lockf(one, fcntl.LOCK_UN)

event = os.eventfd(0)
check('eventfd_read', lambda: os.eventfd_read(event), lambda: os.eventfd_write(event, 1))

# --- select ---
r, w, unblock = pipe()
check('select', lambda: select.select([r], [], []), unblock)
r, w, unblock = pipe()
poll = select.poll()
poll.register(r, select.POLLIN)
check('poll', poll.poll, unblock)
r, w, unblock = pipe()
epoll = select.epoll()
epoll.register(r)
check('epoll', epoll.poll, unblock)

# --- sockets ---
a, b = socket.socketpair()
send = lambda: b.send(b'x')
check('recv', lambda: a.recv(1), send)
check('recv_into', lambda: a.recv_into(bytearray(1)), send)
check('recvfrom', lambda: a.recvfrom(1), send)
check('recvmsg', lambda: a.recvmsg(1), send)
a.settimeout(60)
check('recv with a timeout', lambda: a.recv(1), send)
listener = socket.create_server(('127.0.0.1', 0))
connect = lambda: socket.create_connection(listener.getsockname()).close()
check('accept', listener.accept, connect)
check('sendall', lambda: a.sendall(bytes(1 << 22)),
      lambda: [b.recv(1 << 16, socket.MSG_WAITALL) for i in range(1 << 6)])

# --- processes ---
def child_until(unblock_end):
    pid = os.fork()
    if not pid:
        os.read(unblock_end, 1)
        os._exit(0)
    return pid


for name, wait in (('waitpid', lambda pid: os.waitpid(pid, 0)), ('wait', lambda pid: os.wait()),
                   ('wait3', lambda pid: os.wait3(0)), ('wait4', lambda pid: os.wait4(pid, 0)),
                   ('waitid', lambda pid: os.waitid(os.P_PID, pid, os.WEXITED))):
    r, w, unblock = pipe()
    pid = child_until(r)
    check(name, lambda: wait(pid) and 1, unblock)
r, w, unblock = pipe()
check('system', lambda: os.system(f'read x < /proc/{os.getpid()}/fd/{r}') + 1,
      lambda: os.write(w, b'\n'))
r, w, unblock = pipe()
process = subprocess.Popen(['cat'], stdin=r, stdout=subprocess.DEVNULL)
check('Popen.wait', lambda: process.wait() + 1, lambda: os.close(w))

# --- signals and time ---
signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR1])
kill = lambda: os.kill(os.getpid(), signal.SIGUSR1)
check('sigwait', lambda: signal.sigwait([signal.SIGUSR1]), kill)
check('sigwaitinfo', lambda: signal.sigwaitinfo([signal.SIGUSR1]), kill)
check('sigtimedwait', lambda: signal.sigtimedwait([signal.SIGUSR1], 60), kill)
check('sleep', lambda: time.sleep(0.1) or 1, lambda: None)

# --- locks ---
lock = threading.Lock()
lock.acquire()
check('Lock', lock.acquire, lock.release)
check('Lock with a timeout', lambda: lock.acquire(timeout=60), lock.release)
print('done')                   #: done

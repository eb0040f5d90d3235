# Ctrl-C ends each blocking call of the main thread with KeyboardInterrupt.
import signal
import subprocess
import sys
import time

CALLS = {
    'read': 'import os; fd = os.pipe()[0]; ready(); os.read(fd, 1)',
    'write': 'import os; ends = os.pipe(); ready(); os.write(ends[1], bytes(1 << 20))',
    'text': 'import os; file = open(os.pipe()[0]); ready(); file.readline()',
    'input': 'ready(); input()',
    'open': "import os, tempfile; d = tempfile.TemporaryDirectory(); os.mkfifo(d.name + '/f');"
            "ready(); open(d.name + '/f')",
    'sleep': 'import time; ready(); time.sleep(100)',
    'Lock': 'import threading; lock = threading.Lock(); lock.acquire(); ready(); lock.acquire()',
    'Event': 'import threading; ready(); threading.Event().wait(100)',
    'join': 'import threading, time; t = threading.Thread(target=time.sleep, args=(9,), daemon=True);'
            't.start(); ready(); t.join()',
    'Queue': 'import queue; ready(); queue.Queue().get()',
    'SimpleQueue': 'import queue; ready(); queue.SimpleQueue().get()',
    'select': 'import select; ready(); select.select([], [], [])',
    'poll': 'import select; ready(); select.poll().poll()',
    'epoll': 'import select; ready(); select.epoll().poll()',
    'accept': "import socket; s = socket.create_server(('127.0.0.1', 0)); ready(); s.accept()",
    'recv': 'import socket; a, b = socket.socketpair(); ready(); a.recv(1)',
    'sendall': 'import socket; a, b = socket.socketpair(); ready(); a.sendall(bytes(1 << 24))',
    'wait': 'import subprocess; p = subprocess.Popen(["sleep", "9"]); ready(); p.wait()',
    'pause': 'import signal; ready(); signal.pause()',
    'sigtimedwait': 'import signal; ready(); signal.sigtimedwait([signal.SIGUSR1], 100)',
    'flock': 'import fcntl; a, b = open(__file__), open(__file__); fcntl.flock(a, 2); ready();'
             'fcntl.flock(b, 2)',
    'asyncio': 'import asyncio; ready(); asyncio.run(asyncio.sleep(100))',
    'loop': 'ready()\nwhile True: pass',
    're': "import re; ready(); re.match('(a*)*(a*)*b', 'a' * 60)",
}
# The alarm ends what nobody waits for any more.
PRELUDE = (f'__file__ = {__file__!r}\nimport signal; signal.alarm(100)\n'
           'def ready():\n    print("ready", flush=True)\n')

running = {name: subprocess.Popen([sys.executable, '-c', PRELUDE + code], stdin=-1, stdout=-1,
                                  stderr=-1, text=True, start_new_session=True)
           for name, code in CALLS.items()}
for process in running.values():
    process.stdout.readline()
time.sleep(0.3)
for process in running.values():
    process.send_signal(signal.SIGINT)
for name, process in running.items():
    try:
        errors = process.communicate(timeout=60)[1]
    except subprocess.TimeoutExpired:
        process.kill()
        print(name, 'goes on')
        continue
    if process.returncode != -signal.SIGINT or not errors.endswith('KeyboardInterrupt\n'):
        print(name, process.returncode, errors[-300:])
print('done')                   #: done

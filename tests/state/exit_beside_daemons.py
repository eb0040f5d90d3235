# Daemon threads stop at the end, whatever they do; the order of the end is kept.
import subprocess
import sys

THREADS = {
    'computing': 'while True: pass',
    'in I/O': 'r, w = os.pipe()\n    while True: os.write(w, b"x"); os.read(r, 1)',
    'in locks': 'while True:\n        with lock, condition: condition.wait(0.0001)',
    'in C': 'while True: zlib.compress(data); re.sub(b"a", b"b", data)',
    'collecting': 'while True: gc.collect(0); x = []; x.append(x)',
    'printing': 'while True: sys.stderr.write("")',
}
CODE = '''
import atexit, gc, os, re, sys, threading, time, zlib
lock, condition, data = threading.Lock(), threading.Condition(), bytes(100000)
def run():
    {}
for i in range(4):
    threading.Thread(target=run, daemon=True).start()
atexit.register(print, 'atexit')
threading.Thread(target=lambda: (time.sleep(0.02), print('joined'))).start()
'''

for what, body in THREADS.items():
    for i in range(2):
        done = subprocess.run([sys.executable, '-c', CODE.format(body)], capture_output=True,
                              text=True, timeout=100)
        if (done.returncode, done.stdout, done.stderr) != (0, 'joined\natexit\n', ''):
            print(what, done)
print('done')                   #: done

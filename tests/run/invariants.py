# HOB_STRESS=check looks at every object before each full collection; only a debug build can.
import os
import subprocess
import sys

PROGRAM = '''
import asyncio, collections, dataclasses, enum, gc, io, json, pickle, re, threading, weakref
def count(n):
    held = [n]
    while n:
        yield held
        n -= 1
class Plain:
    def __init__(self): self.a, self.b = 1, [self]
class Slotted:
    __slots__ = ('x', '__weakref__')
Point = collections.namedtuple('Point', 'x y')
kept = [Plain() for _ in range(50)]
vars(kept[3])['late'] = 1
kept[4].__dict__ = {'other': 2}
generators = [count(3), count(0), count(1)]
next(generators[0]); list(generators[1])
deque = collections.deque(range(1000), 300); deque.rotate(77)
ordered = collections.OrderedDict.fromkeys('hello world'); ordered.move_to_end('h'); del ordered['e']
numbers = {i * 37 for i in range(500)} - set(range(0, 9999, 2)); numbers.discard(37); numbers.add(5.5)
words = {'k%d' % i: i for i in range(300)}; [words.pop('k%d' % i) for i in range(0, 300, 3)]; words[(1, 2)] = 'tuple'
array = bytearray(b'x' * 100); del array[:40]; view = memoryview(array)[3:20:2]; shaped = memoryview(bytes(24)).cast('B', (4, 6))
big, text = 3 ** 500, ['', 'a', chr(255), chr(0x20ac) * 3, chr(0x1f600), type('S', (str,), {})('sub')]
async def main():
    async def inner(): await asyncio.sleep(0); gc.collect(); return [x async for x in agen()]
    async def agen():
        for i in range(3): yield i; gc.collect()
    return await asyncio.gather(inner(), inner())
asyncio.run(main())
class Key:
    def __init__(self, n): self.n = n
    def __lt__(self, other): gc.collect() if self.n % 40 == 0 else None; return self.n < other.n
sorted(map(Key, range(100, 0, -1)))
def deep(n):
    try: return deep(n - 1) if n else gc.collect()
    finally: n
deep(150)
thread = threading.Thread(target=deep, args=(20,)); thread.start(); thread.join()
pickle.loads(pickle.dumps([Point(1, 2), ordered, numbers, words, big, deque]))
kept = generators = None
gc.collect()
print('whole')
'''


def run():
    return subprocess.run([sys.executable, '-c', PROGRAM], env=dict(os.environ, HOB_STRESS='check'),
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


done = run()
if done.returncode == 2 and 'needs a debug build' in done.stderr:
    print('whole')
else:
    print(done.stdout.strip(), done.stderr[-500:].strip())
#: whole

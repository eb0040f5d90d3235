# Long work in C on what cannot change lets other threads run (docs/internals/state.md).
import math
import operator
import subprocess
import sys
import threading
import time

is_hob = hasattr(sys.implementation, 'hob')         # the reference keeps the GIL in most of these

# With turns that are never over, the other thread runs only while this one has left the stove.
if '-X' not in sys.orig_argv:
    done = subprocess.run([sys.executable, '-X', 'gil=cpython', __file__])
    print(done.returncode)      #: 0
    raise SystemExit
sys.setswitchinterval(1000)
sys.set_int_max_str_digits(0)
ticks = 0
enough = False


def tick():
    global ticks
    while not enough:
        time.sleep(0.0001)
        ticks += 1


def check(name, work, expected):
    """On a busy machine the other thread may miss its chance; not fifty times."""
    for attempt in range(50 if is_hob else 1):
        before = ticks
        result = work()
        if ticks != before:
            break
    else:
        if is_hob:
            sys.exit(name + ' keeps the GIL')
    if result != expected:
        sys.exit('%s gave %.50r' % (name, result))


ticker = threading.Thread(target=tick, daemon=True)
ticker.start()

n = 1 << (25 if is_hob else 10)
data = b'abcdefgh' * (n // 8)
same = bytes(bytearray(data))
text, like = data.decode(), same.decode()
wide = 'a\u0416' * (n // 8)
far = data + b'z!'

check('bytes.find', lambda: data.find(b'ax'), -1)
check('bytes.find of a byte', lambda: data.find(0), -1)
check('bytes.find at the end', lambda: far.find(b'z!'), n)
check('bytes.rfind', lambda: data.rfind(b'ax'), -1)
check('bytes.index', lambda: far.index(b'hz', 5), n - 1)
check('bytes.rindex', lambda: (b'z' + data).rindex(b'za'), 0)
check('in bytes', lambda: b'z' in data, False)
check('byte in bytes', lambda: 0 in data, False)
check('bytes.count', lambda: data.count(b'gh'), n // 8)
check('bytes.count of a byte', lambda: data.count(b'h'), n // 8)
check('bytes.replace', lambda: len(data.replace(b'ab', b'xyz')), n // 8 * 9)
check('bytes.join', lambda: len(b'-'.join([data, same, data])), 3 * n + 2)

check('str.find', lambda: text.find('ax'), -1)
check('str.find of a character', lambda: text.find('z'), -1)
check('str.rfind', lambda: text.rfind('ax'), -1)
check('str.find, wide', lambda: wide.find('aa'), -1)
check('str.rfind, wide', lambda: wide.rfind('aa'), -1)
check('str.index', lambda: (wide + 'z').index('z'), n // 4)
check('in str', lambda: 'ax' in text, False)
check('str.count', lambda: text.count('gh'), n // 8)
check('str.replace', lambda: len(text.replace('ab', 'xyz')), n // 8 * 9)
check('str.replace of a character', lambda: text.replace('a', 'b')[-8:], 'bbcdefgh')
check('str.replace, wide', lambda: wide.replace('\u0416', 'b')[-2:], 'ab')

check('bytes ==', lambda: data == same, True)
check('bytes <', lambda: data < same, False)
check('str ==', lambda: text == like, True)
check('str !=', lambda: text != like, False)
check('str <=', lambda: wide <= wide[:-1], False)
check('operator.eq', lambda: operator.eq(text, like), True)
check('if str ==', lambda: 1 if text == like else 2, 1)
check('hash of bytes', lambda: hash(bytes(bytearray(data))) == hash(data), True)
check('hash of a str', lambda: hash((text + '!')[:-1]) == hash(text), True)

big = 1_000_000 if is_hob else 1000
q, y, r = 3 ** (big // 2), 5 ** (big // 2), 7 ** (big // 3)
x = q * y + r
prime = 2 ** 4423 - 1
check('int *', lambda: q * y == x - r, True)
check('int **', lambda: 3 ** big == q * q, True)
check('int //', lambda: x // y == q, True)
check('int %', lambda: x % y == r, True)
check('int divmod', lambda: divmod(x, y) == (q, r), True)
check('round', lambda: round(x, -big // 3) % 10, 0)
check('pow modulo', lambda: pow(3, prime - 1, prime), 1)
check('pow modulo a small one', lambda: pow(3, 1_000_002 * x, 1_000_003), 1)
check('inverse', lambda: pow(7, -1, q) * 7 % q, 1)
check('gcd', lambda: math.gcd(q, r), 1)
check('lcm', lambda: math.lcm(q, r) == q * r, True)
check('isqrt', lambda: math.isqrt(q * q + 1) == q, True)
check('factorial', lambda: math.factorial(big // 10) % 10, 0)
digits = str(r)
check('str of an int', lambda: str(r) == digits, True)
check('int of a str', lambda: int(digits) == r, True)

enough = True
ticker.join()

# modules: mmap resource termios _posixshmem _multiprocessing _queue _uuid _crypt _dbm readline _typing
import mmap
import os
import tempfile

with tempfile.TemporaryFile() as file:
    file.write(b'0123456789' * 1000)
    file.flush()
    with mmap.mmap(file.fileno(), 0) as area:
        print(len(area), area[3:7], area.find(b'90'), area.rfind(b'9'), area[-1])  #: 10000 b'3456' 9 9999 57
        area[0:3] = b'abc'
        area.seek(2)
        print(area.readline()[:5], area.tell(), area.size())  #: b'c3456' 10000 10000
        view = memoryview(area)
        print(bytes(view[:4]), view.nbytes)  #: b'abc3' 10000
        view.release()
        area.move(0, 5, 4)
        print(area[:5], repr(area)[:30])  #: b'56784' <mmap.mmap closed=False, acces
        area.flush()
    print(area.closed)  #: True
anonymous = mmap.mmap(-1, 100)
anonymous.write(b'x' * 101)  #! ValueError: data out of range
anonymous[200]  #! IndexError: mmap index out of range
anonymous.resize('a')  #! TypeError: 'str' object cannot be interpreted as an integer
import resource
print(resource.getrlimit(resource.RLIMIT_CORE)[0] is not None, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss > 0)  #: True True
resource.getrlimit(999)  #! ValueError: invalid resource specified
import termios
termios.tcgetattr(-1)  #! ValueError: file descriptor cannot be a negative integer (-1)
with open(os.devnull) as null:
    try:
        termios.tcgetattr(null)
    except termios.error as error:
        print(error, error.args[0])  #: (25, 'Inappropriate ioctl for device') 25
import _queue
queue = _queue.SimpleQueue()
queue.put(1)
queue.put('b')
print(queue.get(), queue.get(timeout=1), queue.empty(), queue.qsize())  #: 1 b True 0
queue.get_nowait()  #! Empty
queue.get(timeout=0.01)  #! Empty
import _uuid
import uuid
print(len(_uuid.generate_time_safe()[0]), uuid.UUID(bytes=b'0123456789abcdef'), uuid.uuid1().version)  #: 16 30313233-3435-3637-3839-616263646566 1
import _posixshmem
_posixshmem.shm_open('/no-such-segment', os.O_RDWR)  #! FileNotFoundError: [Errno 2] No such file or directory: '/no-such-segment'
import _multiprocessing
lock = _multiprocessing.SemLock(1, 1, 1, f'/abi-{os.getpid()}', True)
print(lock.acquire(), lock.acquire(False), lock._get_value(), lock.release(), lock._is_zero())  #: True False 0 None False
import _crypt
print(_crypt.crypt('secret', '$1$salt$'))  #: $1$salt$ez2vlPGdaLYkJam5pWs/Y1
import _dbm
folder = tempfile.TemporaryDirectory()
base = _dbm.open(folder.name + '/base', 'n')
base[b'key'] = b'value'
print(base[b'key'], base.keys(), b'none' in base, base.get(b'none', b'default'), len(base))  #: b'value' [b'key'] False b'default' 1
base[b'none']  #! KeyError: b'none'
base.close()
import readline
readline.add_history('first')
readline.add_history('second')
print(readline.get_current_history_length(), readline.get_history_item(2))  #: 2 second
readline.set_completer(len)
print(readline.get_completer(), readline.parse_and_bind('tab: complete'))  #: <built-in function len> None
import _typing
print(_typing._idfunc(3))  #: 3
import _contextvars
variable = _contextvars.ContextVar('v', default=1)
context = _contextvars.copy_context()
print(context.run(lambda: (variable.set(2), variable.get())[1]), variable.get())  #: 2 1

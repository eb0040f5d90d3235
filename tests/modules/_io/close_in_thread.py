# A buffered stream is closed under its lock: who comes meanwhile waits, and finds it closed.
import io
import threading
import time


class Slow(io.RawIOBase):
    def __init__(self):
        self.is_closing = threading.Event()

    def writable(self):
        return True

    readable = seekable = writable

    def readinto(self, buffer):
        return 0

    def close(self):
        self.is_closing.set()
        time.sleep(0.1)
        super().close()


def meanwhile(make, action):
    raw = Slow()
    stream = make(raw, 8)
    thread = threading.Thread(target=stream.close)
    thread.start()
    raw.is_closing.wait()
    try:
        return action(stream)
    except ValueError as error:
        return error
    finally:
        thread.join()


print(meanwhile(io.BufferedWriter, lambda s: s.write(b'spam')))     #: write to closed file
print(meanwhile(io.BufferedRandom, lambda s: s.write(b'spam')))     #: write to closed file
print(meanwhile(io.BufferedWriter, lambda s: s.flush()))            #: None
print(meanwhile(io.BufferedWriter, lambda s: s.close()))            #: None
print(meanwhile(io.BufferedReader, lambda s: s.closed))             #: False
print(isinstance(meanwhile(io.BufferedRandom, lambda s: s.peek()), ValueError))     #: True

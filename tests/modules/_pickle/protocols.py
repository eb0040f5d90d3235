import _pickle, io, pickle

class Point:
    def __init__(self, x):
        self.x = x
    def __eq__(self, other):
        return self.x == other.x

# one object in every protocol
for protocol in range(6):
    shared = ["a"] * 2
    data = {"list": shared, "again": shared, "t": (1, 2.5, None), "s": {7}, "b": b"xy", "big": -(1 << 70)}
    assert _pickle.loads(_pickle.dumps(data, protocol)) == data, protocol
    assert _pickle.dumps(data, protocol) == pickle._dumps(data, protocol), protocol
    assert _pickle.loads(_pickle.dumps(Point(3), protocol)) == Point(3)
print(_pickle.dumps([1, True, "x"], 0))         #: b'(lp0\nI1\naI01\naVx\np1\na.'
print(_pickle.dumps((1, "x"), 4))               #: b'\x80\x04\x95\t\x00\x00\x00\x00\x00\x00\x00K\x01\x8c\x01x\x94\x86\x94.'

# what holds itself
loop = []
loop.append((loop,))
copy = _pickle.loads(_pickle.dumps(loop))
print(copy[0][0] is copy)                       #: True

# buffers out of the stream
out = []
stream = _pickle.dumps(_pickle.PickleBuffer(bytearray(b"abc")), 5, buffer_callback=out.append)
print(stream, _pickle.loads(stream, buffers=[b"xyz"]))  #: b'\x80\x05\x97.' b'xyz'
print(bytes(out[0].raw()))                      #: b'abc'

# persistent ids, several pickles in one file
class P(_pickle.Pickler):
    def persistent_id(self, obj):
        return "id" if obj is Point else None
class U(_pickle.Unpickler):
    def persistent_load(self, pid):
        return pid.upper()
file = io.BytesIO()
P(file).dump([Point])
P(file).dump(2)
file.seek(0)
print(U(file).load(), U(file).load())           #: ['ID'] 2

_pickle.loads(b"")                              #! EOFError: Ran out of input
_pickle.loads(b"(.")                            #! UnpicklingError: unexpected MARK found
_pickle.loads(b"\x80\x09N.")                    #! ValueError: unsupported pickle protocol: 9

# _socket: pairs, timeouts, addresses, ancillary data
import _socket, array, os
a, b = _socket.socketpair()
a.sendall(b'hello')
print(b.recv(3), b.recvmsg(10))         #: b'hel' (b'lo', [], 0, None)
b.settimeout(0.01)
try:
    b.recv(1)
except TimeoutError as error:
    print(error, b.gettimeout())        #: timed out 0.01
r, w = os.pipe()
a.sendmsg([b'x'], [(_socket.SOL_SOCKET, _socket.SCM_RIGHTS, array.array('i', [w]))])
data, ancillary, flags, address = b.recvmsg(9, _socket.CMSG_SPACE(4))
fd = array.array('i', ancillary[0][2])[0]
os.write(fd, b'passed')
print(data, os.read(r, 9))              #: b'x' b'passed'
server = _socket.socket()
server.bind(('127.0.0.1', 0))
server.listen()
client = _socket.socket()
client.connect(server.getsockname())
fd, where = server._accept()
print(where == client.getsockname())    #: True
print(_socket.socket(fileno=fd).family == _socket.AF_INET)      #: True
client.close()
print(client)                           #: <socket object, fd=-1, family=2, type=1, proto=0>
server.bind(('127.0.0.1', 70000))       #! OverflowError: bind(): port must be 0-65535.

# modules: _ssl (a handshake over memory and over a socket pair, certificates, errors)
import os
import socket
import ssl
import threading
import test

folder = os.path.dirname(test.__file__)
server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
server_side.load_cert_chain(folder + '/keycert.pem')
client_side = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
client_side.check_hostname = False
client_side.load_verify_locations(folder + '/keycert.pem')

a, b, c, d = (ssl.MemoryBIO() for _ in range(4))
client = client_side.wrap_bio(a, b, server_hostname='localhost')
server = server_side.wrap_bio(c, d, server_side=True)
def step(call, *args):
    try:
        return call(*args)
    except ssl.SSLWantReadError:
        return None
for _ in range(5):
    step(client.do_handshake)
    c.write(b.read())
    step(server.do_handshake)
    a.write(d.read())
print(client.version(), client.cipher()[1], client.getpeercert()['subject'][-1])  #: TLSv1.3 TLSv1.3 (('commonName', 'localhost'),)
print(client.write(b'hello'), c.write(b.read()) > 0, server.read(100))  #: 5 True b'hello'

left, right = socket.socketpair()
def serve():
    with server_side.wrap_socket(right, server_side=True) as end:
        end.sendall(end.recv(100).upper())
thread = threading.Thread(target=serve)
thread.start()
with client_side.wrap_socket(left) as end:
    end.sendall(b'over a socket')
    print(end.recv(100), end.version())  #: b'OVER A SOCKET' TLSv1.3
thread.join()
print(ssl.get_protocol_name(ssl.PROTOCOL_TLS_CLIENT), ssl.HAS_TLSv1_3, repr(client_side.verify_mode))  #: PROTOCOL_TLS_CLIENT True <VerifyMode.CERT_REQUIRED: 2>
print(ssl.PEM_cert_to_DER_cert(ssl.DER_cert_to_PEM_cert(b'abc')))  #: b'abc'
print(len(ssl.RAND_bytes(8)), ssl.OPENSSL_VERSION_INFO[0])  #: 8 3
client_side.load_verify_locations(cadata='nothing')  #! SSLError: no start line: cadata does not contain a certificate (_ssl.c:3992)
server_side.load_cert_chain('/no/such/file')  #! FileNotFoundError: [Errno 2] No such file or directory
client_side.check_hostname = True
client_side.verify_mode = ssl.CERT_NONE  #! ValueError: Cannot set verify_mode to CERT_NONE when check_hostname is enabled.
client_side.set_ciphers('no such cipher')  #! SSLError: ('No cipher can be selected.',)

# marshal: bytes, errors, limits.
import marshal


def dumped(value, *version):
    try:
        print(marshal.dumps(value, *version))
    except Exception as e:
        print(type(e).__name__, e)


def loaded(data):
    try:
        print(ascii(marshal.loads(data)))
    except Exception as e:
        print(type(e).__name__, e)


dumped(None)                                         #: b'N'
dumped(...)                                          #: b'.'
dumped(StopIteration)                                #: b'S'
dumped(True)                                         #: b'T'
dumped(1 << 31)                                      #: b'\xec\x03\x00\x00\x00\x00\x00\x00\x00\x02\x00'
dumped(-(1 << 31))                                   #: b'\xe9\x00\x00\x00\x80'
dumped(-(1 << 31) - 1)                               #: b'\xec\xfd\xff\xff\xff\x01\x00\x00\x00\x02\x00'
dumped(3 ** 50)                                      #: b'\xec\x06\x00\x00\x00\xc9c;!\xbfl\x86\x1fU\x00\x13\x00'
dumped(-2 ** 45)                                     #: b'\xec\xfc\xff\xff\xff\x00\x00\x00\x00\x00\x00\x01\x00'
dumped(1.5, 0)                                       #: b'f\x031.5'
dumped(1.1, 1)                                       #: b'f\x121.1000000000000001'
dumped(1.5)                                          #: b'\xe7\x00\x00\x00\x00\x00\x00\xf8?'
dumped(float('inf'))                                 #: b'\xe7\x00\x00\x00\x00\x00\x00\xf0\x7f'
dumped(2j + 1, 1)                                    #: b'x\x011\x012'
dumped(2j)                                           #: b'\xf9\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00@'
dumped('\xe9' * 3)                                   #: b'\xf5\x06\x00\x00\x00\xc3\xa9\xc3\xa9\xc3\xa9'
dumped('\ud800')                                     #: b'\xf5\x03\x00\x00\x00\xed\xa0\x80'
dumped(bytearray(b'ab'))                             #: b'\xf3\x02\x00\x00\x00ab'
dumped(memoryview(b'xyz'))                           #: b'\xf3\x03\x00\x00\x00xyz'
dumped({1: 2})                                       #: b'\xfb\xe9\x01\x00\x00\x00\xe9\x02\x00\x00\x000'
dumped({3, 1, 2})                                    #: b'\xbc\x03\x00\x00\x00\xe9\x01\x00\x00\x00\xe9\x02\x00\x00\x00\xe9\x03\x00\x00\x00'
dumped(frozenset())                                  #: b'\xbe\x00\x00\x00\x00'
dumped(tuple([1, 2]), 3)                             #: b'\xa8\x02\x00\x00\x00\xe9\x01\x00\x00\x00\xe9\x02\x00\x00\x00'
dumped(object())                                     #: ValueError unmarshallable object
dumped([object()])                                   #: ValueError unmarshallable object
dumped(int)                                          #: ValueError unmarshallable object
dumped((), 0)                                        #: b'(\x00\x00\x00\x00'
dumped('a', 'b')                                     #: TypeError 'str' object cannot be interpreted as an integer
loaded(b'')                                          #: EOFError EOF read where object expected
loaded(b'i')                                         #: EOFError marshal data too short
loaded(b'i\x00')                                     #: EOFError marshal data too short
loaded(b'?')                                         #: ValueError bad marshal data (unknown type code)
loaded(b'0')                                         #: TypeError NULL object in marshal data for object
loaded(b'(\x01\x00\x00\x00')                         #: EOFError EOF read where object expected
loaded(b'(\x01\x00\x00\x000')                        #: TypeError NULL object in marshal data for tuple
loaded(b'(\xff\xff\xff\xff')                         #: ValueError bad marshal data (tuple size out of range)
loaded(b')\x01')                                     #: EOFError EOF read where object expected
loaded(b')')                                         #: EOFError EOF read where object expected
loaded(b')\x010')                                    #: TypeError NULL object in marshal data for tuple
loaded(b'[\x01\x00\x00\x000')                        #: TypeError NULL object in marshal data for list
loaded(b'[\xff\xff\xff\xff')                         #: ValueError bad marshal data (list size out of range)
loaded(b'{0')                                        #: {}
loaded(b'{N0')                                       #: {}
loaded(b'{')                                         #: EOFError EOF read where object expected
loaded(b'{N')                                        #: EOFError EOF read where object expected
loaded(b'<\x01\x00\x00\x00')                         #: EOFError EOF read where object expected
loaded(b'<\x01\x00\x00\x000')                        #: TypeError NULL object in marshal data for set
loaded(b'>\xff\xff\xff\xff')                         #: ValueError bad marshal data (set size out of range)
loaded(b'>\x00\x00\x00\x00')                         #: frozenset()
loaded(b'r\x00\x00\x00\x00')                         #: ValueError bad marshal data (invalid reference)
loaded(b'\xe9\x01\x00\x00\x00')                      #: 1
loaded(b'I\x01\x01\x01\x01\x01\x01\x01\x01')         #: 72340172838076673
loaded(b'I\x01')                                     #: EOFError marshal data too short
loaded(b'f\x031.5')                                  #: 1.5
loaded(b'f\x031.')                                   #: EOFError marshal data too short
loaded(b'f\x031x5')                                  #: ValueError could not convert string to float: '1x5'
loaded(b'g\x00\x00\x00\x00\x00\x00\x00')             #: EOFError marshal data too short
loaded(b'g\x00\x00\x00\x00\x00\x00\x00\x00')         #: 0.0
loaded(b'x\x011\x012')                               #: (1+2j)
loaded(b'x\x011\x01z')                               #: ValueError could not convert string to float: 'z'
loaded(b'y\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00') #: EOFError marshal data too short
loaded(b'l\x01\x00\x00\x00\x01\x00')                 #: 1
loaded(b'l\x01\x00\x00\x00\x00\x00')                 #: ValueError bad marshal data (unnormalized long data)
loaded(b'l\x01\x00\x00\x00\xff\xff')                 #: ValueError bad marshal data (digit out of range in long)
loaded(b'l\xff\xff\xff\xff\x01\x00')                 #: -1
loaded(b'l\x00\x00\x00\x80\x01\x00')                 #: ValueError bad marshal data (long size out of range)
loaded(b'l\x02\x00\x00\x00\x01\x00')                 #: EOFError marshal data too short
loaded(b'l\x00\x00\x00\x00')                         #: 0
loaded(b's\xff\xff\xff\xff')                         #: ValueError bad marshal data (bytes object size out of range)
loaded(b's\x02\x00\x00\x00a')                        #: EOFError marshal data too short
loaded(b'u\x02\x00\x00\x00a')                        #: EOFError marshal data too short
loaded(b'u\xff\xff\xff\xffa')                        #: ValueError bad marshal data (string size out of range)
loaded(b'u\x01\x00\x00\x00\xff')                     #: UnicodeDecodeError 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte
loaded(b'u\x03\x00\x00\x00\xed\xa0\x80')             #: '\ud800'
loaded(b't\x01\x00\x00\x00a')                        #: 'a'
loaded(b'a\x01\x00\x00\x00\xff')                     #: '\xff'
loaded(b'z\x02a')                                    #: EOFError marshal data too short
loaded(b'z')                                         #: EOFError EOF read where object expected
loaded(b'Z\x01a')                                    #: 'a'
loaded(b'A\x01\x00\x00\x00a')                        #: 'a'
loaded(b'c')                                         #: EOFError marshal data too short
loaded(b'c\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00') #: EOFError EOF read where object expected
loaded(b'\xa9\x01r\x00\x00\x00\x00')                 #: ((...),)
loaded(b'\xdb\x01\x00\x00\x00r\x00\x00\x00\x00')     #: [[...]]
loaded(b'\xbe\x01\x00\x00\x00r\x00\x00\x00\x00')     #: ValueError bad marshal data (invalid reference)
loaded(b'<\x01\x00\x00\x00[\x00\x00\x00\x00')        #: TypeError unhashable type: 'list'
loaded(b'S')                                         #: <class 'StopIteration'>
loaded(b'.')                                         #: Ellipsis

marshal.loads('text')                                #! TypeError: a bytes-like object is required, not 'str'
marshal.loads(b')\1' * 2000 + b'N')                  #! ValueError: recursion limit exceeded
deep = None
for _ in range(2000):
    deep = [deep]
marshal.dumps(deep)                                  #! ValueError: object too deeply nested to marshal
deep = deep[0]
print(marshal.loads(marshal.dumps(deep)) is not None)   #: True


class File:
    def __init__(self, data, more=0):
        self.data, self.more = data, more

    def read(self, n):
        return b''

    def readinto(self, b):
        n = min(len(b), len(self.data))
        b[:n], self.data = self.data[:n], self.data[n:]
        return n + self.more


value = [1, 'abc', 3.5, 1 << 100, (None, {'k': b'v'})]
print(marshal.load(File(marshal.dumps(value))) == value)    #: True
marshal.load(File(b's\5\0\0\0ab'))                   #! EOFError: EOF read where not expected
marshal.load(3)                                      #! AttributeError: 'int' object has no attribute 'read'
same = ['x' * 9] * 2
back = marshal.loads(marshal.dumps(same))
print(back[0] is back[1])                            #: True
code = compile('def f(a, *b, c=1): return lambda: a', 'x', 'exec')
print(marshal.loads(marshal.dumps(code)) == code)    #: True

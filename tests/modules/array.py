# array: items convert by type code, and exporting buffers forbids a resize
from array import array
a = array('i', [1, 2, 3])
a[1:2] = array('i', [7, 8])
print(a)                            #: array('i', [1, 7, 8, 3])
print(a[::-2], a.index(8), 3 in a)  #: array('i', [3, 7]) 2 True
view = memoryview(a)
try:
    a.append(1)
except BufferError as error:
    print(error)                    #: cannot resize an array that is exporting buffers
view.release()
print(array('u', 'ab') + array('u', 'c'))       #: array('u', 'abc')
print(a.__reduce_ex__(2))           #: (<class 'array.array'>, ('i', [1, 7, 8, 3]), None)
array('b', [200])                   #! OverflowError: signed char is greater than maximum

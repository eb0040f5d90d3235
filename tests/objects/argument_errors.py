# What is said of arguments that do not fit, and the extremes that do.
import binascii, collections, io, re, unicodedata
LEAST = -2**63
print('ab'.zfill(LEAST), b'ab'.zfill(LEAST), b'ab'.center(LEAST), bytearray(b'x').ljust(LEAST))  #: ab b'ab' b'ab' bytearray(b'x')
'a'.find('b', 0.5)  #! TypeError: slice indices must be integers or None or have an __index__ method
[].index(1, 0.5)  #! TypeError: slice indices must be integers or have an __index__ method
bytes('a', 1)  #! TypeError: bytes() argument 'encoding' must be str, not int
bytearray('a', 'utf-8', b'')  #! TypeError: bytearray() argument 'errors' must be str, not bytes
bytearray(1)[5] = 300  #! ValueError: byte must be in range(0, 256)
[].__mul__()  #! TypeError:  expected 1 argument, got 0
collections.deque().index()  #! TypeError: index() takes at least 1 argument (0 given)
for call in collections.OrderedDict().pop, collections.OrderedDict().move_to_end:
    try:
        call(())
    except KeyError as error:
        print(error.args)  #: ()
#: ()
re.match('a', 'a').group(bytearray())  #! IndexError: no such group
re.match('(?P<n>a)', 'a').group(bytearray())  #! TypeError: unhashable type: 'bytearray'
unicodedata.lookup(bytearray())  #! TypeError: lookup() argument must be read-only bytes-like object, not bytearray
binascii.a2b_qp('é', 'x')  #! ValueError: string argument should contain only ASCII characters
binascii.a2b_qp(b'', 1.5)  #! TypeError: 'float' object cannot be interpreted as an integer
print(io.StringIO('ab\ncd').readlines(3))  #: ['ab\n', 'cd']
io.StringIO().read(10**20)  #! OverflowError: cannot fit 'int' into an index-sized integer
detach = io.StringIO().detach
detach(1)  #! TypeError: StringIO.detach() takes no arguments (1 given)
group = ExceptionGroup('g', [ValueError(1)])
group.derive()  #! TypeError: function takes exactly 1 argument (0 given)
group.split(1, 2)  #! TypeError: split expected 1 argument, got 2
group.subgroup()  #! TypeError: subgroup expected 1 argument, got 0
import array, functools, types, zlib
squeeze, widen = zlib.compressobj(), zlib.decompressobj()
squeeze.copy(1)  #! TypeError: copy() takes no arguments
squeeze.compress()  #! TypeError: compress() takes exactly 1 positional argument (0 given)
squeeze.flush(1, 2)  #! TypeError: flush() takes at most 1 argument (2 given)
widen.__deepcopy__()  #! TypeError: __deepcopy__() takes exactly 1 positional argument (0 given)
widen.flush(1, 2)  #! TypeError: flush() takes at most 1 argument (2 given)
# of the members that tell a type's offsets one stays to be seen
for cls in array.array, functools.partial:
    print([name for name in vars(cls) if name.endswith('offset__')])
#: []
#: ['__vectorcalloffset__']
lines = type((lambda: 0).__code__.co_lines())
print(types.new_class('sub', (lines,)).__base__ is lines)  #: True
import itertools
itertools.islice('ab', -1)  #! ValueError: Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.
itertools.islice('ab', 'x')  #! ValueError: Stop argument for islice() must be None or an integer: 0 <= x <= sys.maxsize.
itertools.islice('ab', -2)  #! ValueError: Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.
itertools.islice('ab', 'x', -2, 0)  #! ValueError: Indices for islice() must be None or an integer: 0 <= x <= sys.maxsize.
scanner = re.compile('a').scanner('a')
scanner.match(1)  #! TypeError: match() takes no arguments
both = io.BufferedRWPair(io.BytesIO(), io.BytesIO())
both.flush(1)  #! TypeError: BufferedRWPair.flush() takes no arguments (1 given)
both.readable(1)  #! TypeError: BufferedRWPair.readable() takes no arguments (1 given)
io.IncrementalNewlineDecoder(None, True).decode('', 1.5)  #! TypeError: 'float' object cannot be interpreted as an integer
null = io.FileIO('/dev/null', 'w')
null.seek(0.0)  #! TypeError: 'float' object cannot be interpreted as an integer
null.seek(10**20)  #! OverflowError: Python int too large to convert to C long
null.truncate(10**20)  #! OverflowError: Python int too large to convert to C long
null.close()
import xml.etree.ElementTree
tree = xml.etree.ElementTree.XML('<a><b/></a>')
print(tree.find(b''), tree.findall(b'b'), tree.findtext(b'ab', 1))  #: None [] 1
tree.find(b'a/b')  #! TypeError: cannot use a string pattern on a bytes-like object
import datetime
week = type(datetime.date(2020, 1, 1).isocalendar())
week(None)  #! TypeError: IsoCalendarDate() missing required argument 'week' (pos 2)
week(10**20, 2, 3)  #! OverflowError: Python int too large to convert to C int

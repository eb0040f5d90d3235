# modules: _bz2 _lzma
import bz2
import lzma

text = b'to be or not to be, ' * 500
print(len(bz2.compress(text)), bz2.decompress(bz2.compress(text)) == text)  #: 75 True
print(len(lzma.compress(text)), lzma.decompress(lzma.compress(text)) == text)  #: 128 True
print(lzma.decompress(lzma.compress(text, format=lzma.FORMAT_ALONE)) == text)  #: True
stream = bz2.BZ2Decompressor()
packed = bz2.compress(text) + b'tail'
print(len(stream.decompress(packed[:30])), len(stream.decompress(packed[30:])), stream.eof, stream.unused_data)  #: 0 10000 True b'tail'
filters = [{'id': lzma.FILTER_DELTA, 'dist': 4}, {'id': lzma.FILTER_LZMA2, 'preset': 6}]
raw = lzma.compress(text, format=lzma.FORMAT_RAW, filters=filters)
print(lzma.decompress(raw, format=lzma.FORMAT_RAW, filters=filters) == text)  #: True
stream = lzma.LZMADecompressor()
print(len(stream.decompress(lzma.compress(text), max_length=100)), stream.needs_input, stream.eof)  #: 100 False False
bz2.decompress(b'not packed')  #! OSError: Invalid data stream
lzma.decompress(b'not packed')  #! LZMAError: Input format not supported by decoder
lzma.LZMADecompressor(memlimit=10).decompress(lzma.compress(text))  #! LZMAError: Memory usage limit exceeded
print(lzma.is_check_supported(lzma.CHECK_CRC64), lzma.CHECK_SHA256)  #: True 10
import io
with bz2.open(io.BytesIO(bz2.compress(b'one\ntwo\n')), 'rt') as lines:
    print(list(lines))  #: ['one\n', 'two\n']

# tests/objects/str/codecs.py: encoding and decoding
print('aé€😀'.encode(), b'a\xc3\xa9\xe2\x82\xac'.decode(), 'é'.encode('latin-1'), 'a€'.encode('utf-16'), 'a😀'.encode('utf-16-be'))  #: b'a\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80' aé€ b'\xe9' b'\xff\xfea\x00\xac ' b'\x00a\xd8=\xde\x00'
print(b'a\xff\xe2\x82b'.decode('utf-8', 'replace'), b'\xe2\x82'.decode('utf-8', 'ignore'), ascii(b'\xff'.decode('ascii', 'surrogateescape')))  #: a��b  '\udcff'
print('a€'.encode('ascii', 'xmlcharrefreplace'), 'a€'.encode('ascii', 'backslashreplace'), 'a€'.encode('ascii', 'namereplace'), '\udcff'.encode('utf-8', 'surrogateescape'))  #: b'a&#8364;' b'a\\u20ac' b'a\\N{EURO SIGN}' b'\xff'
print('é+€'.encode('utf-7'), b'+IKw-'.decode('utf-7'), 'é\n€'.encode('unicode_escape'), b'\\u20ac\\N{EURO SIGN}'.decode('unicode_escape'), 'é€'.encode('raw_unicode_escape'))  #: b'+AOkAKyCs-' € b'\\xe9\\n\\u20ac' €€ b'\xe9\\u20ac'
print('€'.encode('cp1252'), b'\x80'.decode('cp1252'), 'ΑΒ'.encode('iso8859-7'), b'\xed\xa0\x80'.decode('utf-8', 'surrogatepass') == '\ud800')  #: b'\x80' € b'\xc1\xc2' True
b'\xff'.decode()  #! UnicodeDecodeError: 'utf-8' codec can't decode byte 0xff in position 0: invalid start byte
b'a\xe2\x82'.decode()  #! UnicodeDecodeError: 'utf-8' codec can't decode bytes in position 1-2: unexpected end of data
b'\xe2\x28'.decode()  #! UnicodeDecodeError: 'utf-8' codec can't decode byte 0xe2 in position 0: invalid continuation byte
'\ud800'.encode()  #! UnicodeEncodeError: 'utf-8' codec can't encode character '\ud800' in position 0: surrogates not allowed
'a€€'.encode('ascii')  #! UnicodeEncodeError: 'ascii' codec can't encode characters in position 1-2: ordinal not in range(128)
'€'.encode('latin-1')  #! UnicodeEncodeError: 'latin-1' codec can't encode character '\u20ac' in position 0: ordinal not in range(256)
b'\x81'.decode('cp1252')  #! UnicodeDecodeError: 'charmap' codec can't decode byte 0x81 in position 0: character maps to <undefined>
b'a'.decode('utf-16')  #! UnicodeDecodeError: 'utf-16-le' codec can't decode byte 0x61 in position 0: truncated data
b'\\x1'.decode('unicode_escape')  #! UnicodeDecodeError: 'unicodeescape' codec can't decode bytes in position 0-2: truncated \xXX escape
b'a'.decode('nope')  #! LookupError: unknown encoding: nope
'a'.encode('hex')  #! LookupError: 'hex' is not a text encoding; use codecs.encode() to handle arbitrary codecs
b'\xff'.decode('ascii', 'nope')  #! LookupError: unknown error handler name 'nope'

# modules: _hashlib audioop _multibytecodec _codecs_cn _codecs_tw _codecs_jp _codecs_kr _codecs_iso2022
print('日本語'.encode('shift_jis'), '日本語'.encode('euc_jp'), '日本語'.encode('iso2022_jp'))  #: b'\x93\xfa\x96{\x8c\xea' b'\xc6\xfc\xcb\xdc\xb8\xec' b'\x1b$BF|K\\8l\x1b(B'
print('中文'.encode('gb18030'), '中文'.encode('big5'), '한국어'.encode('cp949'), '한국'.encode('iso2022_kr'))  #: b'\xd6\xd0\xce\xc4' b'\xa4\xa4\xa4\xe5' b'\xc7\xd1\xb1\xb9\xbe\xee' b'\x1b$)C\x0eGQ19\x0f'
print(b'\x93\xfa\x96{'.decode('cp932'), b'\xa4\xa4'.decode('big5hkscs'), b'\xb0\xa1'.decode('euc_kr'))  #: 日本 中 가
'é'.encode('gb2312')
b'\xff\xff'.decode('shift_jis')  #! UnicodeDecodeError: 'shift_jis' codec can't decode byte 0xff in position 0: illegal multibyte sequence
print('aé'.encode('euc_jp', 'replace'), b'a\xff'.decode('gbk', 'backslashreplace'))  #: b'a\x8f\xab\xb1' a\xff
print('aé語'.encode('gb2312', 'xmlcharrefreplace'))  #: b'a\xa8\xa6&#35486;'
import codecs
decoder = codecs.getincrementaldecoder('shift_jis')()
print([decoder.decode(b) for b in (b'\x93', b'\xfa', b'a')], decoder.getstate())  #: ['', '日', 'a'] (b'', 0)
import io
print(codecs.getreader('euc_jp')(io.BytesIO('日本\n語'.encode('euc_jp'))).readlines())  #: ['日本\n', '語']
import hashlib
import hmac
print(hashlib.sha256(b'abc').hexdigest()[:16], hashlib.new('md5', b'abc').hexdigest()[:16])  #: ba7816bf8f01cfea 900150983cd24fb0
print(hashlib.sha3_256(b'abc').hexdigest()[:16], hashlib.blake2b(b'abc', digest_size=8).hexdigest())  #: 3a985da74fe225b2 d8bb14d833d59559
print(hmac.new(b'key', b'text', 'sha256').hexdigest()[:16], hmac.compare_digest('a', 'a'))  #: 6afa9046a9579cad True
print(hashlib.pbkdf2_hmac('sha1', b'password', b'salt', 2).hex())  #: ea6c014dc72d6f8ccd1ed92ace1d41f0d8de8957
print(hashlib.scrypt(b'password', salt=b'salt', n=16, r=8, p=1, dklen=8).hex())  #: f876178f94837d87
print(hashlib.shake_128(b'abc').hexdigest(8), hashlib.sha1(b'').name, hashlib.sha512().block_size)  #: 5881092dd818bf5c sha1 128
hashlib.new('no such')  #! ValueError: unsupported hash type no such
hashlib.sha256('text')  #! TypeError: Strings must be encoded before hashing
import _hashlib
print(type(hashlib.sha256()).__name__, repr(hashlib.sha256())[:24], _hashlib.get_fips_mode())  #: HASH <sha256 _hashlib.HASH ob 0
copy = hashlib.sha256(b'a').copy()
copy.update(bytearray(b'b'))
print(copy.hexdigest() == hashlib.sha256(b'ab').hexdigest())  #: True
import warnings
warnings.simplefilter('ignore')
import audioop
print(audioop.add(b'\x01\x02', b'\x03\x04', 1), audioop.rms(b'\x00\x10' * 10, 2), audioop.lin2ulaw(b'\x00\x10', 2))  #: b'\x04\x06' 4096 b'\xaf'
audioop.rms(b'abc', 2)  #! error: not a whole number of frames

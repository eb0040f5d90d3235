# modules: _codecs_hk _codecs_cn _codecs_tw _codecs_jp _codecs_kr _codecs_iso2022 nis ossaudiodev _xxsubinterpreters
import warnings
warnings.simplefilter('ignore')

# --- every codec of every family, there and back ---
families = {
    '_codecs_hk': {'big5hkscs': '香港\u43f0'},
    '_codecs_cn': dict.fromkeys('gb2312 gbk gb18030 hz'.split(), '中文'),
    '_codecs_tw': dict.fromkeys('big5 cp950'.split(), '中文'),
    '_codecs_jp': dict.fromkeys('shift_jis cp932 euc_jp shift_jisx0213 euc_jisx0213 euc_jis_2004 shift_jis_2004'.split(), '日本'),
    '_codecs_kr': dict.fromkeys('euc_kr cp949 johab'.split(), '한국'),
    '_codecs_iso2022': dict.fromkeys('iso2022_jp iso2022_jp_1 iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext'.split(), '日本'),
}
import sys
for module, codecs in families.items():
    made = [text.encode(name) for name, text in codecs.items()]
    back = [data.decode(name) == text for (name, text), data in zip(codecs.items(), made)]
    assert all(back) and module in sys.modules, module
    families[module] = b' '.join(made)
for module in sorted(families): families[module] = len(families[module]), families[module][-8:]
print(families)        #: {'_codecs_hk': (6, b'\xad\xbb\xb4\xe4\x87@'), '_codecs_cn': (23, b'~{VPND~}'), '_codecs_tw': (9, b'\xa4\xa4\xe5 \xa4\xa4\xa4\xe5'), '_codecs_jp': (34, b'\xfc\xcb\xdc \x93\xfa\x96{'), '_codecs_kr': (14, b'\xd1\xb1\xb9 \xd0e\x8a\x82'), '_codecs_iso2022': (65, b'BF|K\\\x1b(B')}
print('\u43f0'.encode('big5hkscs', 'replace'), b'\xff'.decode('big5hkscs', 'replace'))        #: b'\x87@' �
b'\x88\x62\x88'.decode('big5hkscs')        #! UnicodeDecodeError: 'big5hkscs' codec can't decode byte 0x88 in position 2: incomplete multibyte sequence

# --- nis: without a server there is only the way in ---
import nis
try: nis.match('nobody', 'passwd.byname')
except nis.error as error: print(type(error).__mro__[1].__name__)        #: Exception
nis.match(1)        #! TypeError: match() argument 1 must be str, not int

# --- ossaudiodev: no sound card, but the driver interface answers ---
import ossaudiodev
print(ossaudiodev.AFMT_S16_LE, len(ossaudiodev.control_names), ossaudiodev.control_labels[:2])        #: 16 25 ['Vol  ', 'Bass ']
ossaudiodev.open('/dev/null', 'q')        #! OSSAudioError: mode must be 'r', 'w', or 'rw'
ossaudiodev.open('/dev/null', 'w')        #! OSError: [Errno 25] Inappropriate ioctl for device: '/dev/null'
mixer = ossaudiodev.openmixer('/dev/null')
print(mixer.fileno() > 2, type(mixer).__name__)        #: True oss_mixer_device
mixer.controls()        #! OSError: [Errno 25] Inappropriate ioctl for device
mixer.close()
mixer.close()

# --- _xxsubinterpreters: another interpreter, a channel between the two ---
import _xxsubinterpreters as interpreters
other = interpreters.create()
print(int(interpreters.get_current()), int(interpreters.get_main()), interpreters.is_running(other))        #: 0 0 False
channel = interpreters.channel_create()
interpreters.channel_send(channel, b'soup')
interpreters.run_string(other, """
import _xxsubinterpreters as interpreters
order = interpreters.channel_recv(channel)
interpreters.channel_send(channel, order + b' is served')
""", shared={'channel': int(channel)})
print(interpreters.channel_recv(channel))        #: b'soup is served'
interpreters.run_string(other, 'raise KeyError("salt")')        #! RunFailedError: <class 'KeyError'>: 'salt'
interpreters.destroy(other)
interpreters.destroy(other)        #! RuntimeError: unrecognized interpreter ID 1

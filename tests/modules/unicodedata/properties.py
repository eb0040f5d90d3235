# tests/modules/unicodedata/properties.py: properties, names, normal forms
import unicodedata as u
print(u.name('é'), u.lookup('EURO SIGN'), ascii(u.lookup('KEYCAP DIGIT ONE')), u.name('가'), u.name('一'), u.unidata_version)  #: LATIN SMALL LETTER E WITH ACUTE € '1\ufe0f\u20e3' HANGUL SYLLABLE GA CJK UNIFIED IDEOGRAPH-4E00 14.0.0
print(u.category('A'), u.category('€'), u.bidirectional('א'), u.combining('\u0301'), u.mirrored('('), u.east_asian_width('あ'))  #: Lu Sc R 230 1 W
print(u.decimal('٣'), u.digit('²'), u.numeric('½'), u.decomposition('é'), u.decomposition('ﬁ'), u.digit('x', None))  #: 3 2 0.5 0065 0301 <compat> 0066 0069 None
print(ascii(u.normalize('NFD', 'é가')), u.normalize('NFC', 'e\u0301'), u.normalize('NFKC', 'ﬁ²'), u.is_normalized('NFC', 'é'))  #: 'e\u0301\u1100\u1161' é fi2 True
print(u.ucd_3_2_0.unidata_version, u.ucd_3_2_0.category('ȡ'), u.ucd_3_2_0.category('\u0220'), u.ucd_3_2_0.decimal('²'))  #: 3.2.0 Cn Lu 2
u.name('\x00')  #! ValueError: no such name
u.lookup('nope')  #! KeyError: "undefined character name 'nope'"
u.numeric('x')  #! ValueError: not a numeric character
u.normalize('NFX', 'é')  #! ValueError: invalid normalization form
u.category('ab')  #! TypeError: category() argument must be a unicode character, not str

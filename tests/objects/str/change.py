# tests/objects/str/change.py: replace, strip, pad, case, translate
print('banana'.replace('a', 'o'), 'banana'.replace('an', ''), 'abc'.replace('', '-'), 'aaa'.replace('a', 'bb', 2))  #: bonono ba -a-b-c- bbbba
print('é€'.replace('€', 'e').isascii(), ascii('İx'.replace('İ', 'é')), 'aé'.replace('é', 'e').isascii())  #: False '\xe9x' True
print('  x '.strip() + '|', 'xyaxy'.strip('xy'), 'xyaxy'.lstrip('xy'), 'xyaxy'.rstrip('xy'), '\u2003a\u2003'.strip())  #: x| a axy xya a
print('a'.center(6, '*'), 'ab'.center(5, '*'), 'a'.ljust(3, '€'), 'a'.rjust(3), '-7'.zfill(5), '+'.zfill(3))  #: **a*** **ab* a€€   a -0007 +00
print('a\tbc\td'.expandtabs(4), ascii('ab\n\tc'.expandtabs()), 'prefix'.removeprefix('pre'), 'prefix'.removesuffix('ix'))  #: a   bc  d 'ab\n        c' fix pref
print('straße ΑΣ ΑΣΑ ǆ'.upper(), 'straße ΑΣ ΑΣΑ ǆ'.lower(), 'straße ΑΣ ǆ'.title(), 'Straße'.casefold(), 'aBç'.swapcase())  #: STRASSE ΑΣ ΑΣΑ Ǆ straße ας ασα ǆ Straße Ας ǅ strasse AbÇ
print('abc'.translate({97: 'xy', 98: None, 99: 0x20ac}), 'aé'.translate(str.maketrans('é', 'e')), 'abc'.translate(str.maketrans('ab', 'ba', 'c')))  #: xy€ ae ba
print('ab' * 3, 'é' * 2, 'a' * 0, 'a' * -1, 'abc'[::-1], 'é€😀'[1:], 'abcdef'[1:5:2])  #: ababab éé   cba €😀 bd
print('x1'.isidentifier(), '1x'.isidentifier(), '²'.isdigit(), '²'.isdecimal(), '½'.isnumeric(), 'a '.isprintable(), '\n'.isprintable())  #: True False True False True True False
'a'.center(3, 'ab')  #! TypeError: The fill character must be exactly one character long
'a'.center(3, 5)  #! TypeError: The fill character must be a unicode character, not int
'a'.strip(1)  #! TypeError: strip arg must be None or str
'a'.translate({97: -1})  #! ValueError: character mapping must be in range(0x110000)
'a'.replace('a', 1)  #! TypeError: replace() argument 2 must be str, not int
'a' + 1  #! TypeError: can only concatenate str (not "int") to str

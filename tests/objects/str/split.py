# tests/objects/str/split.py: split, rsplit, splitlines, partition
print(' a  b c '.split(), 'a b c'.split(None, 1), ' a b c '.rsplit(None, 1), ''.split(), ' '.split())  #: ['a', 'b', 'c'] ['a', 'b c'] [' a b', 'c'] [] []
print('a,b,,c'.split(','), 'a,b,,c'.rsplit(',', 1), 'a--b--c'.split('--'), ''.split(','), 'a€b€c'.split('€'))  #: ['a', 'b', '', 'c'] ['a,b,', 'c'] ['a', 'b', 'c'] [''] ['a', 'b', 'c']
print('a\nb\r\nc\rd\x85e\u2028f'.splitlines(), 'a\nb\n'.splitlines(True), ''.splitlines())  #: ['a', 'b', 'c', 'd', 'e', 'f'] ['a\n', 'b\n'] []
print('k=v=w'.partition('='), 'k=v=w'.rpartition('='), 'k'.partition('='), 'k'.rpartition('='))  #: ('k', '=', 'v=w') ('k=v', '=', 'w') ('k', '', '') ('', '', 'k')
print(','.join(['a', 'é', '€']), ''.join([]), '-'.join('abc'))  #: a,é,€  a-b-c
'a'.split('')  #! ValueError: empty separator
'a'.split(3)  #! TypeError: must be str or None, not int
'a'.partition('')  #! ValueError: empty separator
','.join(['a', 3])  #! TypeError: sequence item 1: expected str instance, int found
','.join(3)  #! TypeError: can only join an iterable

"""unicode.py OUTDIR -- tables of character properties, for Unicode 14.0.

Reads   the Unicode Character Database in /usr/share/unicode (15.0 there: what
        came with 15.0 is dropped), tools/gen/ucd_3_2_0.txt (what was otherwise
        in 3.2)
Writes  OUTDIR/ucd_types.h  what str needs: case, class, digits, line breaks
        OUTDIR/ucd_data.h   what unicodedata adds: categories, decompositions
        OUTDIR/ucd_names.h  names, their hash table, aliases, sequences

A property of all characters is a two-stage table: a block number for each 128
characters, and for each different block its 128 record numbers.
"""
import bz2
import os
import re
import sys

UCD = '/usr/share/unicode'
HERE = os.path.dirname(os.path.abspath(__file__))
NEWEST = (14, 0)
SHIFT, SIZE = 7, 0x110000
CATEGORIES = ('Cn Lu Ll Lt Mn Mc Me Nd Nl No Zs Zl Zp Cc Cf Cs Co Lm Lo Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So').split()
BIDI = ['', *'L LRE LRO R AL RLE RLO PDF EN ES ET AN CS NSM BN B S WS ON LRI RLI FSI PDI'.split()]
WIDTHS = ['F', 'H', 'W', 'Na', 'A', 'N']
PREFIXES = ['', '<noBreak>', '<circle>', '<compat>', '<final>', '<font>', '<fraction>', '<initial>', '<isolated>',
            '<medial>', '<narrow>', '<small>', '<square>', '<sub>', '<super>', '<vertical>', '<wide>']
FLAGS = ('ALPHA DECIMAL DIGIT LOWER LINEBREAK SPACE TITLE UPPER XID_START XID_CONTINUE PRINTABLE NUMERIC '
         'CASE_IGNORABLE CASED SPECIAL_CASE').split()
FLAG = {name: 1 << i for i, name in enumerate(FLAGS)}
CJK = [(0x3400, 0x4DBF), (0x4E00, 0x9FFF), (0x20000, 0x2A6DF), (0x2A700, 0x2B738), (0x2B740, 0x2B81D),
       (0x2B820, 0x2CEA1), (0x2CEB0, 0x2EBE0), (0x30000, 0x3134A)]


def lines(name):
    path = name if name.startswith('/') else '%s/%s' % (UCD, name)
    with (bz2.open(path, 'rt') if name.endswith('.bz2') else open(path)) as f:
        for line in f:
            line = line.partition('#')[0].strip()
            if line:
                yield [field.strip() for field in line.split(';')]


def span(text):
    first, _, last = text.partition('..')
    return range(int(first, 16), int(last or first, 16) + 1)


def numbers(text):
    return [int(x, 16) for x in text.split()]


def read_ages():
    ages = {}
    for where, age, *_ in lines('DerivedAge.txt'):
        version = tuple(map(int, age.split('.')))
        if version <= NEWEST:
            ages.update(dict.fromkeys(span(where), version))
    return ages


def read_properties(name, wanted, ages):
    found = {w: set() for w in wanted}
    for where, prop, *_ in lines(name):
        if prop in found:
            found[prop].update(c for c in span(where) if c in ages)
    return found


class Char:
    __slots__ = ('name category combining bidi decomposition decimal digit numeric mirrored '
                 'upper lower title width flags special fold').split()


def read_chars(ages):
    chars, first = {}, None
    for f in lines('UnicodeData.txt'):
        code = int(f[0], 16)
        if f[1].endswith(', First>'):
            first = code
            continue
        codes = range(first, code + 1) if f[1].endswith(', Last>') else (code,)
        for c in codes:
            if c not in ages:
                continue
            ch = chars[c] = Char()
            ch.name = '' if f[1].startswith('<') else f[1]
            ch.category, ch.combining, ch.bidi, ch.decomposition = f[2], int(f[3]), f[4], f[5]
            ch.decimal = int(f[6]) if f[6] else None
            ch.digit = int(f[7]) if f[7] else None
            ch.numeric = f[8] or None
            ch.mirrored = f[9] == 'Y'
            ch.upper = int(f[12], 16) if f[12] else c
            ch.lower = int(f[13], 16) if f[13] else c
            ch.title = int(f[14], 16) if f[14] else ch.upper
            ch.width, ch.flags, ch.special, ch.fold = 'N', 0, None, None
    for where, width, *_ in lines('EastAsianWidth.txt'):
        for c in span(where):
            if c in chars:
                chars[c].width = width
    for where, kind, value, *_ in ([w, *rest] for w, *rest in read_unihan()):
        if where in chars:
            chars[where].numeric = value
    return chars


def read_unihan():
    with bz2.open('%s/Unihan_NumericValues.txt.bz2' % UCD, 'rt', encoding='utf-8') as f:
        for line in f:
            if line.startswith('U+'):
                code, kind, value = line.split('\t')[:3]
                yield int(code[2:], 16), kind, value.split()[0]


def read_cases(chars):
    """special casing without conditions, and full case folding"""
    for f in lines('SpecialCasing.txt'):
        if len(f) > 5 and f[4]:
            continue
        c = int(f[0], 16)
        if c in chars:
            chars[c].special = [numbers(f[1]), numbers(f[2]), numbers(f[3])]
    for where, status, to, *_ in lines('CaseFolding.txt'):
        c = int(where, 16)
        if status in 'CF' and c in chars:
            chars[c].fold = numbers(to)
    for c, ch in chars.items():
        fold = ch.fold or [c]
        lower = ch.special[0] if ch.special else [ch.lower]
        if ch.special or fold != lower:
            ch.special = (ch.special or [[ch.lower], [ch.title], [ch.upper]]) + [fold]


def set_flags(chars, ages):
    core = read_properties('DerivedCoreProperties.txt', ['Lowercase', 'Uppercase', 'XID_Start', 'XID_Continue',
                                                         'Cased', 'Case_Ignorable'], ages)
    breaks = read_properties('LineBreak.txt', ['BK', 'CR', 'LF', 'NL'], ages)
    breaking = set().union(*breaks.values())
    for c, ch in chars.items():
        tests = {
            'ALPHA': ch.category in ('Lm', 'Lt', 'Lu', 'Ll', 'Lo'), 'LOWER': c in core['Lowercase'],
            'UPPER': c in core['Uppercase'], 'TITLE': ch.category == 'Lt',
            'LINEBREAK': c in breaking or ch.bidi == 'B',
            'SPACE': ch.category == 'Zs' or ch.bidi in ('WS', 'B', 'S'),
            'XID_START': c in core['XID_Start'], 'XID_CONTINUE': c in core['XID_Continue'],
            'PRINTABLE': c == 0x20 or ch.category[0] not in 'CZ', 'NUMERIC': ch.numeric is not None,
            'DECIMAL': ch.decimal is not None, 'DIGIT': ch.digit is not None,
            'CASED': c in core['Cased'], 'CASE_IGNORABLE': c in core['Case_Ignorable'],
            'SPECIAL_CASE': ch.special is not None}
        ch.flags = sum(FLAG[name] for name, true in tests.items() if true)


def two_stage(values):
    """(block numbers, blocks joined) of a list with a value for every character"""
    index, blocks, seen = [], [], {}
    for start in range(0, SIZE, 1 << SHIFT):
        block = tuple(values[start:start + (1 << SHIFT)])
        if block not in seen:
            seen[block] = len(seen)
            blocks.extend(block)
        index.append(seen[block])
    return index, blocks


class Out:
    def __init__(self, path):
        self.path, self.text = path, ['/* made by tools/gen/unicode.py from the Unicode Character Database */']

    def array(self, name, values, ctype=None):
        top = max(values, default=0)
        ctype = ctype or ('uint8_t' if top < 256 else 'uint16_t' if top < 65536 else 'uint32_t')
        self.text.append('static const %s %s[%d] = {' % (ctype, name, max(len(values), 1)))
        for i in range(0, len(values), 24):
            self.text.append(','.join(map(str, values[i:i + 24])) + ',')
        self.text.append('};')

    def table(self, name, values):
        index, blocks = two_stage(values)
        self.array(name + '_index', index)
        self.array(name + '_blocks', blocks)

    def rows(self, ctype, name, rows):
        self.text.append('static const %s %s[] = {' % (ctype, name))
        self.text += ['{%s},' % row for row in rows]
        self.text.append('};')

    def strings(self, name, values):
        self.text.append('static const char *const %s[] = {%s};' % (name, ', '.join('"%s"' % v for v in values)))

    def enum(self, names, prefix, values):
        self.text.append('enum { %s };' % ', '.join('%s%s = %d' % (prefix, n, v) for n, v in zip(names, values)))

    def save(self):
        os.makedirs(os.path.dirname(self.path), exist_ok=True)
        with open(self.path, 'w') as f:
            f.write('\n'.join(self.text) + '\n')


def records(chars, make, default):
    """number the different records; returns (rows, number of each character's)"""
    rows, values = {default: 0}, [0] * SIZE
    for c, ch in chars.items():
        values[c] = rows.setdefault(make(c, ch), len(rows))
    return list(rows), values


def write_types(chars, out):
    out.text += ['_Static_assert(UCD_%s == %d, "flags of ucd.h");' % item for item in FLAG.items()]
    specials = {'{{0}}, {0}': 0}

    def record(c, ch):
        number = 0
        if ch.special:
            full = ', '.join('{%s}' % ','.join('0x%x' % x for x in m + [0] * (3 - len(m))) for m in ch.special)
            number = specials.setdefault('{%s}, {%s}' % (full, ','.join(str(len(m)) for m in ch.special)), len(specials))
        return '%d,%d,%d,%d,%d,%d,%d' % (
            ch.lower - c, ch.upper - c, ch.title - c, ch.flags, number,
            255 if ch.decimal is None else ch.decimal, 255 if ch.digit is None else ch.digit)

    rows, values = records(chars, record, '0,0,0,0,0,255,255')
    out.rows('ucd_type', 'types', rows)
    out.rows('ucd_special', 'specials', specials)
    out.table('types', values)
    numeric = sorted((c, ch.numeric) for c, ch in chars.items() if ch.numeric is not None)
    out.rows('ucd_numeric', 'numerics', ['0x%x, %s' % (c, number_text(v)) for c, v in numeric])


def number_text(value):
    top, _, bottom = value.partition('/')
    return '%s.0 / %s.0' % (top, bottom) if bottom else '%s.0' % top


def read_quick_checks(ages):
    """bits: NFD no 1; NFKD no 2; NFC no 4, maybe 8; NFKC no 16, maybe 32"""
    bits = {}
    table = {('NFD_QC', 'N'): 1, ('NFKD_QC', 'N'): 2, ('NFC_QC', 'N'): 4, ('NFC_QC', 'M'): 8,
             ('NFKC_QC', 'N'): 16, ('NFKC_QC', 'M'): 32}
    for f in lines('DerivedNormalizationProps.txt'):
        bit = table.get((f[1], f[2] if len(f) > 2 else ''))
        if bit:
            for c in span(f[0]):
                if c in ages:
                    bits[c] = bits.get(c, 0) | bit
    return bits


def read_old():
    """what 3.2 said otherwise: {code: {property: value}}"""
    old = {}
    for where, prop, value in lines(HERE + '/ucd_3_2_0.txt'):
        for i, c in enumerate(span(where)):
            step = i if value.endswith('+') else 0
            value_here = value.rstrip('+')
            old.setdefault(c, {})[prop] = str(int(value_here) + step) if step else value_here
    return old


def write_data(chars, ages, out):
    checks = read_quick_checks(ages)
    out.strings('category_names', CATEGORIES)
    out.strings('bidi_names', BIDI)
    out.strings('width_names', WIDTHS)
    out.strings('prefix_names', PREFIXES)
    rows, values = records(chars, lambda c, ch: (
        CATEGORIES.index(ch.category), ch.combining, BIDI.index(ch.bidi), int(ch.mirrored),
        WIDTHS.index(ch.width), checks.get(c, 0)), (0, 0, 0, 0, 0, 0))
    out.rows('ucd_data', 'data_records', [','.join(map(str, r)) for r in rows])
    out.table('data', values)
    write_decompositions(chars, out)
    write_old(chars, ages, out)


def write_decompositions(chars, out):
    """pool: prefix | length << 8, then that many characters; number 0 is none"""
    pool, values, pairs = [0], [0] * SIZE, []
    excluded = {c for where, prop, *_ in lines('DerivedNormalizationProps.txt')
                if prop == 'Full_Composition_Exclusion' for c in span(where)}
    seen = {}
    for c, ch in sorted(chars.items()):
        if not ch.decomposition:
            continue
        parts = ch.decomposition.split()
        prefix = parts.pop(0) if parts[0].startswith('<') else ''
        to = [int(p, 16) for p in parts]
        key = (PREFIXES.index(prefix) | len(to) << 8, *to)
        if key not in seen:
            seen[key] = len(pool)
            pool.extend(key)
        values[c] = seen[key]
        if not prefix and c not in excluded and len(to) == 2:
            pairs.append((to[0], to[1], c))
    out.array('decompositions', pool, 'uint32_t')
    out.table('decomposition', values)
    size = 1 << (len(pairs) * 2).bit_length()
    slots = [(0, 0, 0)] * size
    for first, second, c in sorted(pairs):
        at = (first * 31 + second) % size
        while slots[at][2]:
            at = (at + 1) % size
        slots[at] = (first, second, c)
    out.enum(['PAIRS_MASK'], '', [size - 1])
    out.rows('ucd_pair', 'pairs', ['0x%x,0x%x,0x%x' % s for s in slots])


def write_old(chars, ages, out):
    old, unassigned = read_old(), (0, 255, 255, 255, 255)
    same = (255, 255, 255, 255, 255)

    def record(c, ch):
        if ages[c] > (3, 2):
            return unassigned
        was = old.get(c)
        if not was:
            return same
        return (CATEGORIES.index(was['category']) if 'category' in was else 255,
                BIDI.index(was['bidi']) if 'bidi' in was else 255,
                int(was['decimal']) if 'decimal' in was else 255,
                int(was['mirrored']) if 'mirrored' in was else 255,
                WIDTHS.index(was['width']) if 'width' in was else 255)

    rows, values = records(chars, record, same)
    out.rows('ucd_old', 'old_records', [','.join(map(str, r)) for r in rows])
    out.table('old', values)
    corrections = [f for f in lines('NormalizationCorrections.txt') if tuple(map(int, f[3].split('.'))) > (3, 2, 0)]
    out.rows('ucd_correction', 'corrections', ['0x%s,0x%s' % (f[0], f[1]) for f in corrections])


def name_hash(text):
    value = 0
    for ch in text.encode():
        value = (value * 47 + ch) & 0xffffffff
    return value ^ value >> 16


def write_names(chars, ages, out):
    """A name is a count and that many word numbers; words are spelled in
    `letters`.  The 128 most frequent words take one byte, others two: bit 7 of
    the first, its low 7 bits, then the rest."""
    names = {c: ch.name for c, ch in chars.items() if ch.name}
    aliases = [(int(f[0], 16), f[1]) for f in lines('NameAliases.txt') if int(f[0], 16) in ages]
    sequences = [(f[0], numbers(f[1])) for f in lines('NamedSequences.txt')]
    words, count = {}, {}
    for name in names.values():
        for word in name.split(' '):
            count[word] = count.get(word, 0) + 1
    order = sorted(count, key=lambda w: (-count[w], w))
    words = {w: i for i, w in enumerate(order)}
    letters, starts = [], []
    for w in order:
        starts.append(len(letters))
        letters.extend(w.encode())
    starts.append(len(letters))
    stream, offsets = [0], [0] * SIZE
    for c in sorted(names):
        offsets[c] = len(stream)
        tokens = [words[w] for w in names[c].split(' ')]
        stream.append(len(tokens))
        for t in tokens:
            stream.extend([t] if t < 128 else [128 | t & 127, t >> 7])
    out.array('letters', letters)
    out.array('word_starts', starts)
    out.array('name_stream', stream)
    out.table('name_offset', offsets)
    out.rows('ucd_alias', 'aliases', ['0x%x,%d,"%s"' % (c, len(n), n) for c, n in aliases])
    out.rows('ucd_sequence', 'sequences', ['{%s},%d,%d,"%s"' % (','.join('0x%x' % x for x in s), len(s), len(n), n)
                                           for n, s in sequences])
    size = 1 << 16
    slots = [0] * size
    entries = [(n, c) for c, n in names.items()] + [(n, 0x200000 + i) for i, (_, n) in enumerate(aliases)] \
        + [(n, 0x300000 + i) for i, (n, _) in enumerate(sequences)]
    for name, value in entries:
        at = name_hash(name) % size
        while slots[at]:
            at = (at + 1) % size
        slots[at] = value + 1
    out.enum(['NAME_SLOTS', 'LONGEST_NAME'], '', [size, max(len(n) for n, _ in entries)])
    out.array('name_slots', slots, 'uint32_t')
    out.rows('ucd_range', 'ideographs', ['0x%x,0x%x' % r for r in CJK])


def correct(chars):
    """what 15.0 changed for characters that 14.0 had: modifiers became lowercase"""
    for c in (0x10FC, 0xA7F2, 0xA7F3, 0xA7F4, 0xAB69):
        chars[c].flags &= ~(FLAG['LOWER'] | FLAG['CASED'])


def main(outdir):
    ages = read_ages()
    chars = read_chars(ages)
    read_cases(chars)
    set_flags(chars, ages)
    correct(chars)
    for name, write in (('types', lambda o: write_types(chars, o)), ('data', lambda o: write_data(chars, ages, o)),
                        ('names', lambda o: write_names(chars, ages, o))):
        out = Out('%s/ucd_%s.h' % (outdir, name))
        write(out)
        out.save()


if __name__ == '__main__':
    main(*sys.argv[1:])

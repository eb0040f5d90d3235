"""The static types an extension module reaches are filled as the reference fills them.

Every exported type, exceptions included, is read through ctypes by one probe
that runs under both interpreters: name, metatype, base, sizes, offsets, flags,
and every slot (those of the number, sequence, mapping, async and buffer tables
too): empty, filled, or holding the address of an exported function or data of
some name.  What differs is printed."""
import ctypes
import os
import subprocess
import sys

REFERENCE = os.environ['REFERENCE']     # both set by tests/run.py
SYMBOLS = os.path.join(os.environ['TESTS'], 'abi', 'symbols.tsv')
WORD = 8
TABLES = {
    'tp_as_async': ['am_await', 'am_aiter', 'am_anext', 'am_send'],
    'tp_as_number': ['nb_' + name for name in (
        'add subtract multiply remainder divmod power negative positive absolute bool invert '
        'lshift rshift and xor or int reserved float inplace_add inplace_subtract '
        'inplace_multiply inplace_remainder inplace_power inplace_lshift inplace_rshift '
        'inplace_and inplace_xor inplace_or floor_divide true_divide inplace_floor_divide '
        'inplace_true_divide index matrix_multiply inplace_matrix_multiply').split()],
    'tp_as_sequence': ['sq_length', 'sq_concat', 'sq_repeat', 'sq_item', 'was_sq_slice',
                       'sq_ass_item', 'was_sq_ass_slice', 'sq_contains', 'sq_inplace_concat',
                       'sq_inplace_repeat'],
    'tp_as_mapping': ['mp_length', 'mp_subscript', 'mp_ass_subscript'],
    'tp_as_buffer': ['bf_getbuffer', 'bf_releasebuffer'],
}
SLOTS = {48: 'tp_dealloc', 64: 'tp_getattr', 72: 'tp_setattr', 80: 'tp_as_async', 88: 'tp_repr',
         96: 'tp_as_number', 104: 'tp_as_sequence', 112: 'tp_as_mapping', 120: 'tp_hash',
         128: 'tp_call', 136: 'tp_str', 144: 'tp_getattro', 152: 'tp_setattro',
         160: 'tp_as_buffer', 176: 'tp_doc', 184: 'tp_traverse', 192: 'tp_clear',
         200: 'tp_richcompare', 216: 'tp_iter', 224: 'tp_iternext', 232: 'tp_methods',
         240: 'tp_members', 248: 'tp_getset', 264: 'tp_dict', 272: 'tp_descr_get',
         280: 'tp_descr_set', 296: 'tp_init', 304: 'tp_alloc', 312: 'tp_new', 320: 'tp_free',
         328: 'tp_is_gc', 336: 'tp_bases', 344: 'tp_mro', 376: 'tp_del', 392: 'tp_finalize',
         400: 'tp_vectorcall'}
NUMBERS = {32: 'tp_basicsize', 40: 'tp_itemsize', 56: 'tp_vectorcall_offset',
           208: 'tp_weaklistoffset', 288: 'tp_dictoffset'}
FLAGS, BASE, NAME, TYPE = 168, 256, 24, 8
CHANGING = 1 << 19                      # Py_TPFLAGS_VALID_VERSION_TAG


def word(address):
    return ctypes.c_ssize_t.from_address(address).value


def name_of(address):
    return ctypes.string_at(word(address + NAME)).decode() if address else '-'


def symbols():
    with open(SYMBOLS) as lines:
        return [line.split()[:2] for line in lines if line.strip() and line[0] != '#']


def address_of(name):
    return ctypes.addressof(ctypes.c_char.in_dll(ctypes.pythonapi, name))


def probe():
    """Yield `type field value` for every exported type."""
    known = {}
    for name, kind in symbols():
        known.setdefault(address_of(name), name)

    def said(address):
        return known.get(address, 'set') if address else 'empty'

    for name, kind in symbols():
        at = 0
        if kind != 'function' and name.endswith('_Type') or name.startswith('_PyWeakref_'):
            at = address_of(name) if name != '_PyWeakref_GetWeakrefCount' else 0
        if name.startswith('PyExc_'):
            at = word(address_of(name))
        if not at or kind == 'function':
            continue
        yield name, 'name', name_of(at)
        yield name, 'type', name_of(word(at + TYPE))
        yield name, 'base', name_of(word(at + BASE))
        yield name, 'tp_flags', hex(word(at + FLAGS) & ~CHANGING)
        for offset, field in NUMBERS.items():
            yield name, field, word(at + offset)
        for offset, field in SLOTS.items():
            value = word(at + offset)
            yield name, field, said(value)
            for number, inner in enumerate(TABLES.get(field, ()) if value else ()):
                yield name, inner, said(word(value + WORD * number))


def main():
    mine = {row[:2]: str(row[2]) for row in probe()}
    done = subprocess.run([REFERENCE, __file__, 'probe'], stdout=subprocess.PIPE, text=True, check=True)
    rows = [line.split('\t') for line in done.stdout.splitlines()]
    theirs = {tuple(row[:2]): row[2] for row in rows}
    types = {name for name, _ in theirs}
    assert len(types) >= 150 and len(theirs) > 7000, (len(types), len(theirs))
    wrong = [key for key in sorted(mine.keys() | theirs.keys()) if mine.get(key) != theirs.get(key)]
    for key in wrong:
        print('%s.%s is %s, in the reference %s' % (*key, mine.get(key), theirs.get(key)))
    sys.exit(bool(wrong))


if sys.argv[1:] == ['probe']:
    for row in probe():
        print(*row, sep='\t')
else:
    main()

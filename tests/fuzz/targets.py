"""targets.py -- what is fuzzed: functions of one bytes object.

Runs inside the fuzzer's process, under Hob, without `site`.  A target may raise
what it likes except SystemError and AssertionError, which are bugs; so a target
asserts what must hold for every input, and catches the SystemErrors that the
reference raises too.
"""
import sys
import warnings

warnings.simplefilter('ignore')
sys.setrecursionlimit(500)
sys.set_int_max_str_digits(0)
sys.unraisablehook = lambda unraisable: None

TARGETS = {}
ONLY_AST, TYPE_COMMENTS = 0x400, 0x1000


def target(function):
    TARGETS[function.__name__] = function
    return function


def source(function):
    """A target whose inputs are Python source."""
    function.eats_source = True
    return target(function)


# --- the language ---

@source
def parse(data):
    for mode, flags in (('exec', 0), ('exec', TYPE_COMMENTS), ('single', 0), ('eval', 0)):
        try:
            compile(data, '<fuzz>', mode, ONLY_AST | flags)
        except (SyntaxError, ValueError, MemoryError, RecursionError):
            pass


def walk_code(code):
    for const in code.co_consts:
        if type(const) is type(code):
            walk_code(const)
    list(code.co_positions())
    list(code.co_lines())


@source
def compile_(data):
    import marshal
    code = compile(data, '<fuzz>', 'exec', dont_inherit=True)
    walk_code(code)
    assert marshal.loads(marshal.dumps(code)) == code


@source
def tree(data):
    """Source to tree to code: both ways to the same code."""
    tree = compile(data, '<fuzz>', 'exec', ONLY_AST)
    code = compile(data, '<fuzz>', 'exec', dont_inherit=True)
    assert compile(tree, '<fuzz>', 'exec', dont_inherit=True) == code


@source
def symtable(data):
    import _symtable
    _symtable.symtable(data.decode(), '<fuzz>', 'exec')


@source
def tokens(data):
    import _tokenize
    list(_tokenize.TokenizerIter(data.decode()))


@source
def optimized(data):
    for level in 0, 1, 2:
        compile(data, '<fuzz>', 'exec', dont_inherit=True, optimize=level)


# --- formats that are read ---

@target
def marshal(data):
    import marshal
    try:
        value = marshal.loads(data)
    except SystemError:         # of the code constructor, as in the reference
        return
    if type(value) is type(walk_code.__code__):
        value.co_code, value.co_varnames, value.co_freevars, value.co_cellvars, hash(value)
        value == value.replace(co_name='x')
    marshal.dumps(value)


def unpickler():
    import _pickle
    import io
    allowed = {'builtins': {'list', 'dict', 'set', 'frozenset', 'bytearray', 'complex', 'slice',
                            'range', 'object', 'int', 'str', 'getattr', 'reversed', 'enumerate'},
               'collections': {'OrderedDict', 'deque'}, 'copyreg': {'_reconstructor'},
               'itertools': {'count', 'cycle', 'chain', 'islice', 'repeat', 'zip_longest'},
               'array': {'array', '_array_reconstructor'}, '_io': {'BytesIO', 'StringIO'},
               'datetime': {'datetime', 'date', 'time', 'timedelta', 'timezone'},
               'functools': {'partial'}, '_random': {'Random'}}

    class Careful(_pickle.Unpickler):
        def find_class(self, module, name):
            if name not in allowed.get(module, ()):
                raise _pickle.UnpicklingError(module)
            value = sys.modules.get(module) or __import__(module)
            return getattr(value, name)

    return lambda data: Careful(io.BytesIO(data)).load()


@target
def pickle(data, load=unpickler()):
    import _pickle
    # a size in the stream may ask for a repetition as large as memory
    value = load(data)
    for protocol in range(6):
        _pickle.dumps(value, protocol)


@target
def struct(data):
    import _struct
    text, _, rest = data.partition(b'\0')
    if any(len(digits) > 4 for digits in text.translate(None, b'xcbBhHiIlLqQnNefdspP?@=<>! ').split()):
        return
    packer = _struct.Struct(text)
    if packer.size > 10000:
        return
    try:
        values = packer.unpack(rest[:packer.size].ljust(packer.size, b'\0'))
    except SystemError:         # of '0p', as in the reference
        return
    packer.pack(*values)


@target
def csv(data):
    import _csv
    options, _, rest = data.partition(b'\n')
    settings = {}
    for name, value in zip(('delimiter', 'quotechar', 'escapechar', 'quoting', 'strict'), options):
        settings[name] = value % 4 if name == 'quoting' else value & 1 if name == 'strict' \
            else chr(value)
    rows = list(_csv.reader(rest.decode('latin-1').splitlines(True), **settings))
    written = []

    class Sink:
        write = written.append
    writer = _csv.writer(Sink(), **settings)
    writer.writerows(rows)


@target
def json(data):
    import json
    value = json.loads(data)
    json.dumps(value)


@target
def zlib(data):
    import zlib
    zlib.decompressobj().decompress(data, 100000)


@target
def xml(data):
    import pyexpat
    parser = pyexpat.ParserCreate()
    parser.StartElementHandler = parser.EndElementHandler = lambda *args: None
    parser.CharacterDataHandler = parser.ProcessingInstructionHandler = lambda *args: None
    parser.Parse(data, True)


# --- patterns, numbers, text ---

@target
def re(data):
    """A pattern, a line end, and a text to search."""
    import re
    pattern, _, text = data.partition(b'\n')
    for these in (pattern, text), (pattern.decode('latin-1'), text.decode('latin-1')):
        compiled = re.compile(these[0])
        if len(pattern) < 30:           # what may take exponential time stays short
            subject = these[1][:12]
            compiled.search(subject), compiled.fullmatch(subject), compiled.findall(subject)
            compiled.split(subject, 3)


@target
def sre(data):
    """Code of the matching engine itself, which checks it."""
    import _sre
    words = [int.from_bytes(data[i:i + 2], 'little') for i in range(0, len(data), 2)]
    try:
        pattern = _sre.compile('', 0, words[1:], words[0] % 8 if words else 0, {}, (None,) * 8)
    except RuntimeError:
        return
    for text in '', 'a', 'ab\n c':
        pattern.match(text)


@target
def numbers(data):
    text = data.decode('utf-8', 'surrogateescape')
    for kind in int, float, complex, float.fromhex:
        try:
            value = kind(text)
        except (ValueError, OverflowError):
            continue
        if kind is not int:
            again = kind(repr(value) if kind in (float, complex) else value.hex())
            assert again == value or value != value, (text, value)
        else:
            assert int(str(value)) == value == int(hex(value), 16), text
    for base in 0, 2, 7, 36:
        try:
            int(text, base)
        except ValueError:
            pass


def large_number(text):
    """Does a format ask for a field as wide as memory?"""
    digits = 0
    for c in text:
        digits = digits + 1 if c.isdecimal() else 0
        if digits > 4:
            return True
    return False


@target
def format_(data):
    """A specification for values of each type; also str.format and %."""
    text = data.decode('utf-8', 'surrogateescape')
    if large_number(text):
        return
    values = 12345, -3.5e10, 'text', 2.5 - 1j, True, float('inf')
    for value in values:
        try:
            format(value, text)
        except (ValueError, TypeError, OverflowError):
            pass
        for form in text, data:
            try:
                form % value
            except (ValueError, TypeError, OverflowError, KeyError):
                pass
    for call in (lambda: text.format(*values, x=values), lambda: text.format_map({'a': 1}),
                 lambda: text % values, lambda: data % (1, b'x', 2.5), lambda: text % {'a': 1}):
        try:
            call()
        except (ValueError, TypeError, OverflowError, KeyError, IndexError, AttributeError):
            pass


CODECS = ('utf-8', 'utf-16', 'utf-16-le', 'utf-16-be', 'utf-32', 'utf-32-le', 'utf-7', 'ascii', 'latin-1',
          'unicode-escape', 'raw-unicode-escape', 'utf-8-sig', 'cp1252', 'punycode', 'idna')


@target
def codecs(data):
    if not data:
        return
    codec, errors = CODECS[data[0] % len(CODECS)], \
        ('strict', 'replace', 'ignore', 'backslashreplace', 'surrogateescape',
         'surrogatepass', 'xmlcharrefreplace', 'namereplace')[data[0] // len(CODECS) % 8]
    for way in bytes.decode, lambda data, *how: data.decode('utf-8', 'surrogateescape').encode(*how):
        try:
            way(data[1:], codec, errors)
        except (UnicodeError, TypeError):
            pass
    import _codecs
    for function in _codecs.escape_decode, _codecs.unicode_escape_decode, _codecs.charmap_decode:
        try:
            function(data)
        except ValueError:
            pass
    if errors == 'strict' and codec.startswith(('utf-8', 'utf-16', 'utf-32')):
        text = data[1:].decode('utf-8', 'surrogatepass')
        assert text.encode(codec, 'surrogatepass').decode(codec, 'surrogatepass') == text


@target
def dates(data):
    import datetime
    text = data.decode('latin-1')
    for kind in datetime.date, datetime.datetime, datetime.time:
        try:
            value = kind.fromisoformat(text)
        except ValueError:
            continue
        assert kind.fromisoformat(value.isoformat()) == value, text
        if not large_number(text):
            value.strftime(text.replace('\0', ''))


@target
def text_methods(data):
    """Find, split, replace, case: str against bytes where they mean the same."""
    needle, _, text = data.partition(b'\n')
    a, b = needle.decode('latin-1'), text.decode('latin-1')
    assert b.find(a) == text.find(needle) and b.rfind(a) == text.rfind(needle)
    assert b.count(a) == text.count(needle)
    assert b.replace(a, '--', 9) == text.replace(needle, b'--', 9).decode('latin-1')
    assert not needle or b.split(a) == [x.decode('latin-1') for x in text.split(needle)]
    for each in b, b.encode('utf-8', 'ignore').decode('utf-16', 'replace'):
        each.upper(), each.lower(), each.title(), each.casefold(), each.swapcase()
        each.splitlines(), each.expandtabs(), each.isidentifier(), each.isprintable(), repr(each)
        each.partition(a or 'x'), each.rsplit(None, 2), each.translate({97: None, 98: 'x' * 9})

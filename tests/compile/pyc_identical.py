# What the compiler makes of the standard library is what its .pyc files hold,
# wherever the reference has left some that belong to the sources as they are.
import marshal
import os
import types

FIELDS = [name for name in dir(types.CodeType) if name.startswith('co_')
          and name not in ('co_consts', 'co_lines', 'co_positions')]


def difference(a, b):
    for name in FIELDS:
        if getattr(a, name) != getattr(b, name):
            return '%s of %s' % (name, a.co_qualname)
    if len(a.co_consts) != len(b.co_consts):
        return 'constants of ' + a.co_qualname
    for x, y in zip(a.co_consts, b.co_consts):
        if type(x) is not type(y):
            return 'a constant of ' + a.co_qualname
        if isinstance(x, types.CodeType):
            inner = difference(x, y)
            if inner:
                return inner
        elif ascii(x) != ascii(y) and not isinstance(x, frozenset) or x != y and x == x:
            return 'a constant of ' + a.co_qualname
    return ''


def stored(path):
    """The code object of a source file's .pyc, or None if that is of another source."""
    folder, name = os.path.split(path)
    try:
        with open('%s/__pycache__/%s.cpython-311.pyc' % (folder, name[:-3]), 'rb') as f:
            data = f.read()
        st = os.stat(path)
    except OSError:
        return None
    number = [int.from_bytes(data[i:i + 4], 'little') for i in (4, 8, 12)]
    if number != [0, int(st.st_mtime) & 0xffffffff, st.st_size & 0xffffffff]:
        return None
    return marshal.loads(data[16:])


library = os.path.dirname(os.__file__)
for folder in (library, library + '/json', library + '/asyncio', library + '/email'):
    for name in sorted(os.listdir(folder)):
        path = os.path.join(folder, name)
        want = stored(path) if name.endswith('.py') else None
        if want is None:
            continue
        with open(path, 'rb') as f:
            have = compile(f.read(), want.co_filename, 'exec', 0, True, 0)
        wrong = difference(want, have)
        assert not wrong, (path, wrong)

"""hob_gdb.py -- gdb commands that see Python: py-bt, py-print EXPR, py-locals.

Use     gdb -x tools/gdb/hob_gdb.py --args build/debug/hob program.py
Reads   only memory of the process; works on a stopped process and on a core file
"""
import gdb


def c_string(value):
    return value.string(errors='replace')


def text_of(op):
    """The contents of a str, or None."""
    head = op.cast(gdb.lookup_type('PyASCIIObject').pointer())
    length, state = int(head['length']), head['state']
    ascii_, compact, kind = int(state['ascii']), int(state['compact']), int(state['kind'])
    if not compact:
        return None
    data = (head + 1) if ascii_ else (op.cast(gdb.lookup_type('PyCompactUnicodeObject').pointer()) + 1)
    raw = bytes(gdb.selected_inferior().read_memory(int(data), length * kind))
    return raw.decode({1: 'latin-1', 2: 'utf-16-le', 4: 'utf-32-le'}[kind], 'replace')


def show(op):
    """A short text for any object."""
    if int(op) == 0:
        return 'NULL'
    op = op.cast(gdb.lookup_type('PyObject').pointer())
    name = c_string(op['ob_type']['tp_name'])
    if name == 'str':
        return repr(text_of(op))
    if name in ('int', 'bool'):
        number = op.cast(gdb.lookup_type('PyLongObject').pointer())
        size = int(number['ob_base']['ob_size'])
        value = sum(int(number['ob_digit'][i]) << (30 * i) for i in range(abs(size)))
        return str(-value if size < 0 else value)
    if name == 'float':
        return repr(float(op.cast(gdb.lookup_type('PyFloatObject').pointer())['ob_fval']))
    if name == 'NoneType':
        return 'None'
    return '<%s at 0x%x>' % (name, int(op))


def frames():
    """Frames of the running thread, innermost first."""
    ts = gdb.parse_and_eval('_PyRuntime.current')
    frame = ts['cframe']['current_frame']
    while int(frame):
        yield frame
        frame = frame['previous']


class Backtrace(gdb.Command):
    """py-bt: the Python stack of the running thread, innermost call last."""
    def __init__(self):
        super().__init__('py-bt', gdb.COMMAND_STACK)

    def invoke(self, argument, from_tty):
        print('Traceback (most recent call last):')
        for frame in reversed(list(frames())):
            code = frame['code']
            print('  File "%s", in %s' % (text_of(code['co_filename']), text_of(code['co_name'])))


class Locals(gdb.Command):
    """py-locals: the local variables of the innermost Python frame."""
    def __init__(self):
        super().__init__('py-locals', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        for frame in frames():
            code = frame['code']
            names = code['co_localsplusnames'].cast(gdb.lookup_type('PyTupleObject').pointer())
            for i in range(int(code['co_nlocalsplus'])):
                value = frame['slots'][i]
                if int(value):
                    print('%s = %s' % (text_of(names['ob_item'][i]), show(value)))
            return


class Print(gdb.Command):
    """py-print EXPR: the Python object that a C expression points to."""
    def __init__(self):
        super().__init__('py-print', gdb.COMMAND_DATA)

    def invoke(self, argument, from_tty):
        print(show(gdb.parse_and_eval(argument)))


Backtrace()
Locals()
Print()

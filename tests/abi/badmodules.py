"""Modules whose initialisation goes wrong: the messages, and what stays behind."""
import os
import re
import sys
import warnings

from data.build import build, load

path = build('badmodules')

def tried(name, where=path):
    """What came of loading a module: its exception, and that one's cause."""
    try:
        module = load(where, name)
    except BaseException as error:
        text = '%s: %s' % (type(error).__name__, error)
        if error.__cause__ or error.__context__:
            text += ' | ' + repr(error.__cause__ or error.__context__)
        return re.sub(r'/\S*/', '', text)
    return type(module).__name__

print(tried('quiet_null'))        #: SystemError: initialization of quiet_null failed without raising an exception
print(tried('raises'))        #: ValueError: on purpose
print(tried('unreported'))        #: SystemError: initialization of unreported raised unreported exception
print(tried('a_number'))        #: SystemError: initialization of a_number did not return an extension module
print(tried('made_by_hand'))        #: SystemError: initialization of made_by_hand did not return an extension module
print(tried('uninitialised'))        #: SystemError: init function of uninitialised returned uninitialized object
with warnings.catch_warnings(record=True) as caught:
    warnings.simplefilter('always')
    version = tried('other_version'), [str(w.message) for w in caught]
print(version)        #: ('module', ['Python C API version mismatch for module other_version: This Python has API version 1013, module other_version has version 1012.'])
warnings.simplefilter('error')
print(tried('other_version'))        #: module
print(tried('slots_in_one_phase'))        #: SystemError: module slots_in_one_phase: PyModule_Create is incompatible with m_slots
print(tried('create_null'))        #: SystemError: creation of module create_null failed without setting an exception
print(tried('create_left'))        #: SystemError: creation of module create_left raised unreported exception
print(tried('create_any'), tried('create_any_state'))        #: AttributeError: 'int' object attribute '__doc__' is read-only SystemError: module create_any_state is not a module object, but requests module state
print(tried('create_any_exec'))        #: SystemError: module create_any_exec specifies execution slots, but did not create a ModuleType instance
print(tried('create_twice'))        #: SystemError: module create_twice has multiple create slots
print(tried('exec_null'))        #: SystemError: execution of module exec_null failed without setting an exception
print(tried('exec_left'))        #: SystemError: execution of module exec_left raised unreported exception
print(tried('exec_error'))        #: KeyError: 'exec'
m = load(path, 'exec_order')
print(m.one, m.state, m.__doc__, m.__name__)        #: 1 0 doc of exec_order exec_order
print(tried('slot_unknown'))        #: SystemError: module slot_unknown uses unknown slot ID 77
print(tried('slot_negative'))        #: SystemError: module slot_negative uses unknown slot ID -3
print(tried('size_negative'))        #: SystemError: module size_negative: m_size may not be negative for multi-phase initialization
print(load(path, 'café').__name__)        #: café
print(tried('no_such_function'))        #: ImportError: dynamic module does not define module export function (PyInit_no_such_function)
print(tried('bad.name.deep'))        #: ImportError: dynamic module does not define module export function (PyInit_deep)
print(tried('cafés'))        #: ImportError: dynamic module does not define module export function (PyInitU_cafs_dpa)

# --- files that are no modules ---
with open('empty.so', 'wb'):
    pass
print(tried('empty', os.path.abspath('empty.so')))        #: ImportError: empty.so: file too short
with open('text.so', 'w') as f:
    f.write('this is not a shared object, however long it may be' * 50) and None
print(tried('text', os.path.abspath('text.so')))        #: ImportError: text.so: invalid ELF header
print(tried('gone', os.path.abspath('gone.so')))        #: ImportError: gone.so: cannot open shared object file: No such file or directory
os.mkdir('a_folder')
print(tried('folder', os.path.abspath('a_folder')))        #: ImportError: a_folder: cannot read file data: Is a directory
with open('undefined.c', 'w') as f:
    f.write('extern void PySoup_Stir(void); void *PyInit_undefined(void) { PySoup_Stir(); return 0; }') and None
os.system('gcc -shared -fPIC undefined.c -o undefined.so') and None
print(tried('undefined', os.path.abspath('undefined.so')))        #: ImportError: undefined.so: undefined symbol: PySoup_Stir

# --- the state of a module, by its definition ---
counter = load(path, 'counter')
print(counter.__name__, counter.state())        #: pkg.counter not found
counted = load(path, 'counted')
print(counted.was_there, counter.state(), counter.state())        #: False 42 43
again = load(path, 'counted')
print(again is counted, again.was_there, counter.state())        #: False True 42
print(counter.forget(), counter.state())        #: 0 not found
counter.add(counted)
print(counter.state())        #: 44
counter.add(counter) if False else None

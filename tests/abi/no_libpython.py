"""Extension modules load, and no library of another Python comes with them."""
import _ctypes, _decimal, _sqlite3, _ssl
with open('/proc/self/maps') as maps:
    print([line for line in maps if 'libpython' in line])        #: []

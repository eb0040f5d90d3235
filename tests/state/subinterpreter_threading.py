# The sentinel of a thread is let go once, though an interpreter's end clears its thread twice.
import _xxsubinterpreters as interpreters

for n in range(3):
    other = interpreters.create()
    interpreters.run_string(other, 'import threading')
    interpreters.destroy(other)
print(interpreters.list_all() == [interpreters.get_main()])     #: True

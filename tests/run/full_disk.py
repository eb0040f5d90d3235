"""Output that cannot be written is told once, at the end, and makes the exit code 120."""
import subprocess
import sys

with open('/dev/full', 'w') as full:
    done = subprocess.run([sys.executable, '-E', '-c', 'print(1)'], stdout=full,
                          stderr=subprocess.PIPE, text=True)
    print(done.returncode, done.stderr.count('No space left'))          #: 120 1
    done = subprocess.run([sys.executable, '-E', '-c', '1/0'], stderr=full)
    print(done.returncode)                                              #: 120

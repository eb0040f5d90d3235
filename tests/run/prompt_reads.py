# The prompt whose input is closed ends; an interrupted one begins a new line.
import signal
import subprocess
import sys
import time


def prompt(text, interrupt=False):
    process = subprocess.Popen([sys.executable, '-E', '-i', '-q'], stdin=-1, stdout=-1, stderr=-2, text=True)
    if interrupt:
        process.stdin.write('print("ready")\n')
        process.stdin.flush()
        seen = ''
        while not seen.endswith('ready\n>>> '):         # the next prompt is there
            seen += process.stdout.read(1)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        time.sleep(0.3)
    output = process.communicate(text, timeout=20)[0]
    return process.returncode, output


print(prompt('import os\nos.close(0)\n')[0])            #: 0
print(prompt('1 + 1\n', True))      #: (0, '\nKeyboardInterrupt\n>>> 2\n>>> \n')

"""compile_commands.py OUT FOLDER COMMAND SOURCE ... -- how each source is compiled, for editors and analysers.

Writes  OUT, the JSON that clangd and clang-tidy read; only when it changes
"""
import json
import os
import sys


def main(out, folder, command, sources):
    text = json.dumps([{'directory': folder, 'file': source, 'command': '%s -c %s' % (command, source)}
                       for source in sources], indent=0)
    if os.path.exists(out):
        with open(out) as f:
            if f.read() == text:
                os.utime(out)
                return
    with open(out, 'w') as f:
        f.write(text)


main(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:])

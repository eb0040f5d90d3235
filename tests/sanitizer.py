"""sanitizer.py -- run a test under a sanitizer build so that no report is missed.

    with Watch(python) as watch:
        subprocess.run(..., env=dict(os.environ, **watch.env), timeout=60 * watch.slower)
        watch.reports(said)     # '' or the text of all reports

A sanitizer of the interpreter, or of any process that it starts, writes its
reports into a folder of the watch's own: it does not matter who captures the
process's stderr or ignores its exit code.  Processes whose environment a test has
emptied are caught by what the first process says.  For other builds a watch does nothing.
The other options of the sanitizers are compiled in: src/memory/sanitize.c.
"""
import mmap
import os
import re
import shutil
import tempfile

# kind: (a symbol that such a build imports, the variable it reads, how much longer tests may take)
KINDS = {
    'address': (b'__asan_init', 'ASAN_OPTIONS', 8),
    'undefined': (b'__ubsan_handle', 'UBSAN_OPTIONS', 4),
    'thread': (b'__tsan_init', 'TSAN_OPTIONS', 16),
}
REPORT = re.compile(r'ERROR: AddressSanitizer|WARNING: ThreadSanitizer|^\S+\.[ch]:\d+:\d+: runtime error: ', re.M)
SUMMARY = re.compile(r'^SUMMARY: .*|^\S+:\d+:\d+: runtime error: ', re.M)
NO_REPORT = re.compile(r'^==\d+==WARNING: AddressSanitizer failed to allocate .*\n', re.M)
DEEP_FRAME = re.compile(r'^    #\d{2,} .*\n', re.M)
cache = {}


def kind_of(python):
    """The kind of sanitizer that the program at this path was built with, or None."""
    if python not in cache:
        with open(python, 'rb') as f, mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ) as image:
            cache[python] = next((k for k, (symbol, *_) in KINDS.items() if image.find(symbol) >= 0), None)
    return cache[python]


class Watch:
    def __init__(self, python):
        self.kind, self.env, self.slower, self.folder = kind_of(python), {}, 1, None

    def __enter__(self):
        if self.kind:
            _, variable, self.slower = KINDS[self.kind]
            self.folder = tempfile.mkdtemp(prefix='reports-')
            os.chmod(self.folder, 0o777)        # a test may change its user
            options = [os.environ.get(variable), 'log_path=' + os.path.join(self.folder, 'report')]
            self.env = {variable: ':'.join(filter(None, options))}
        return self

    def __exit__(self, *exception):
        if self.folder:
            shutil.rmtree(self.folder)

    def reports(self, said=''):
        texts = [said[-4000:]] if self.kind and REPORT.search(said) else []
        for name in sorted(os.listdir(self.folder)) if self.folder else ():
            with open(os.path.join(self.folder, name), encoding='utf-8', errors='replace') as f:
                text = NO_REPORT.sub('', f.read())      # a MemoryError came of it
            if text.strip():
                texts.append(DEEP_FRAME.sub('', text))
        places = {}                             # of many reports of one place, the first will do
        for text in texts:
            place = SUMMARY.search(text)
            places.setdefault(place and place[0], []).append(text)
        return '\n'.join('%d x\n%s' % (len(same), same[0][:3000]) for same in places.values())

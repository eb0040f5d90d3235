"""run.py FUZZER TARGET SECONDS [libFuzzer option ...] -- fuzz one target of targets.py.

Runs under the reference interpreter.  Makes the seeds from the standard library
and the dictionary from tokens.def, both below build/fuzz/, where the corpus and
the findings (crash-*, timeout-* ...) stay too; the next run goes on from there.
Exit status: libFuzzer's, 0 when nothing was found.
"""
import ast
import hashlib
import marshal
import os
import pickle
import random
import re
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
LIBRARY = os.path.dirname(os.__file__)
LARGEST = 1500                                  # bytes of a seed
SOURCE = ('parse', 'compile_', 'tree', 'symtable', 'tokens', 'optimized')


def library(count, folders=('', 'json', 'asyncio', 'importlib', 'collections', 'email', 'test')):
    """Texts of the library's modules, the same ones each time."""
    paths = []
    for folder in folders:
        where = os.path.join(LIBRARY, folder)
        if os.path.isdir(where):
            paths += [os.path.join(where, name) for name in sorted(os.listdir(where))
                      if name.endswith('.py')]
    random.Random(1).shuffle(paths)
    for path in paths[:count]:
        with open(path, encoding='latin-1') as file:
            yield file.read()


def statements(text):
    """The small statements of a module."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    lines = text.split('\n')
    for node in tree.body:
        segment = '\n'.join(lines[node.lineno - 1:node.end_lineno])
        if 20 < len(segment) < LARGEST:
            yield segment


def strings(text):
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, (str, bytes)):
            value = node.value if isinstance(node.value, bytes) \
                else node.value.encode('utf-8', 'surrogatepass')
            if 1 < len(value) < 200:
                yield value


def seeds_of_source():
    for text in library(150):
        for segment in statements(text):
            yield segment.encode('latin-1')
    for folder in 'syntax', 'compile', 'fuzz/regressions':
        where = os.path.join(ROOT, 'tests', folder)
        for name in sorted(os.listdir(where)) if os.path.isdir(where) else ():
            if name.endswith('.py'):
                with open(os.path.join(where, name), 'rb') as file:
                    for part in re.split(rb'\n\n+', file.read()):
                        yield part[:LARGEST]


VALUES = [None, 1.5, 2 ** 70, -3j, 'text', 'é\u20ac\U0001f600', b'bytes', (1, (2, ())), [1, [2]],
          {'a': {1: 2}}, {1, 2}, frozenset('ab'), ..., range(3), bytearray(b'x'), slice(1, 2)]


def seeds_of_marshal():
    for value in VALUES[:13]:
        for version in range(5):
            yield marshal.dumps(value, version)
    for text in library(60):
        for segment in statements(text):
            yield marshal.dumps(compile(segment, 'x', 'exec', dont_inherit=True))


def seeds_of_pickle():
    import array
    import collections
    import datetime
    import itertools
    shared = [1]
    more = [collections.OrderedDict(a=1), collections.deque([1], 5), array.array('i', [1, 2]),
            datetime.datetime(2020, 1, 2, 3, 4, 5, 6), itertools.count(3), [shared, shared],
            datetime.timedelta(1), list(range(2000)), {str(i): i for i in range(50)}]
    for value in VALUES + more:
        for protocol in range(6):
            yield pickle.dumps(value, protocol)


def seeds_of_lines(lines):
    return [line if isinstance(line, bytes) else line.encode() for line in lines]


def seeds_of_re():
    for text in library(400, ('', 'email', 'test')):
        for value in re.findall(r're\.compile\(\s*r?[\'"](.+?)[\'"]\s*[,)]', text):
            yield value.encode('utf-8', 'ignore') + b'\nsome text 12'
    yield from seeds_of_lines([
        r'(?P<a>x)(?P=a)', r'(?<=ab)c', r'(?<!a)\b\w+?', '(?i:A)(?s:.)', r'(a)?(?(1)b|c)', 'a{2,5}?',
        '(?>a+)b', 'a++b', '[^a-z\\d]', r'\N{DIGIT ONE}', '(?x) a # b', '((((a)*)*)*)*', '(?aL)',
        r'\Z\A\B\x41\u1234\U00012345\07'])


MANY = {
    'struct': ['<ihq\0abc', '10s3xP\0', '@nN?e', '!4p', '=fd2H'],
    'csv': [',"\\\0\0\na,b,"c ""d""",\n1,2', ';\'|\3\1\na;b\n\n"'],
    'json': ['{"a": [1, -2.5e3, true, null, "\\u00e9\\n"]}', '[NaN, Infinity, {}]'],
    'zlib': [b'x\x9cKL\x04\x00\x01\x85\x00\xc5'],
    'xml': ['<?xml version="1.0"?><a b="c">d<!--e--><![CDATA[f]]>&amp;</a>', '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'],
    'sre': [b'\0\0\x0e\0\x04\0\0\0\x01\0\x01\0\x11\0a\0\x01\0'],
    'numbers': ['0x1f', '1_000', '-1.5e-300', 'inf', 'nan', '0x1.8p3', '1+2j', '\u0661\u0662', '9' * 60,
                '2.2250738585072011e-308', '179769313486231580793e289', '0b101', ' 12 '],
    'format_': ['{0:>10}', '{x[0].real!r:{1}}', '%(a)5.2f', '%-+ #08x', '>+#010,.3f', '_b', '=^20_x',
                '{{}}', '%s %b %a %%', '*<20', 'n', '.5%', '{a}'],
    'codecs': ['\0abc', '\1\ud83d'.encode('utf-16', 'surrogatepass'), '\6+AGE-b', '\x09\\x41\\N{BEL}\\u12',
               '\x0ebücher', b'\x03\xff\xfea\0', b'\0\xf0\x9f\x98\x80\xed\xa0\x80'],
    'dates': ['2020-02-29T12:30:45.123456+05:30', '2020-W53-7', '20200101T000000Z', '%Y-%j %z', '2021-060'],
    'text_methods': ['ab\nabcabab\r\n\tx', '\xdf\nSTRASSE \u0130\u01c5', ' \n a b '],
}


def seeds(target):
    if target in SOURCE:
        return seeds_of_source()
    made = globals().get('seeds_of_' + target)
    return made() if made else seeds_of_lines(MANY.get(target, ['']))


def quoted(text):
    return '"%s"\n' % ''.join(c if c.isalnum() or c in ' _(){}[]<>=+-*/.,:;!@%^&|~' else
                              ''.join('\\x%02x' % b for b in c.encode()) for c in text)


def dictionary(target):
    """Lines of a libFuzzer dictionary."""
    if target not in SOURCE:
        text = {'re': r'(?: (?P< (?P= (?= (?! (?<= (?<! (?> (?( (?i) (?s) *? +? ?? {1,2} ++ \b \B \w \d \s [^ ]',
                'format_': r'{ } {{ }} !r !s : %( )s %d %x %% .2f ,d _x >10 ^ = # 0',
                'json': r'{ } [ ] " : , true false null \u0000 e+1'}.get(target, '')
        return [quoted(word) for word in text.split()]
    with open(os.path.join(ROOT, 'src/syntax/tokens.def')) as file:
        text = file.read()
    words = re.findall(r'OPERATOR\(\w+, "(.+?)"\)', text) + re.findall(r'KEYWORD\(\w+, "(\w+)"\)', text)
    words += ['match', 'case', '_', 'print', 'exec', "f'", "b'", '"""', "'''", '# type: ', '\\N{',
              'async def', 'yield from', '# -*- coding: latin-1 -*-', '__future__', '\n', '\t', '\f']
    return [quoted(word) for word in sorted(set(words))]


def main():
    fuzzer, target, seconds, *options = sys.argv[1:]
    home = os.path.join(os.path.dirname(os.path.abspath(fuzzer)), 'found', target)
    corpus, start = os.path.join(home, 'corpus'), os.path.join(home, 'seeds')
    for folder in corpus, start:
        os.makedirs(folder, exist_ok=True)
    if not os.listdir(start):
        for seed in seeds(target):
            with open(os.path.join(start, hashlib.sha1(seed).hexdigest()), 'wb') as file:
                file.write(seed)
    words = dictionary(target)
    if words:
        with open(os.path.join(home, 'dictionary'), 'w') as file:
            file.writelines(words)
        options.append('-dict=dictionary')
    environment = dict(os.environ, HOB_FUZZ=target,
                       HOB_FUZZ_TARGETS=os.path.join(HERE, 'targets.py'),
                       ASAN_OPTIONS='allocator_may_return_null=1:max_allocation_size_mb=1000:'
                                    'detect_leaks=0:detect_stack_use_after_return=0',
                       UBSAN_OPTIONS='print_stacktrace=1')
    command = [os.path.abspath(fuzzer), corpus, start, '-max_total_time=' + seconds,
               '-artifact_prefix=' + home + '/', '-max_len=2048',
               '-timeout=20', '-rss_limit_mb=4096', '-print_final_stats=1', *options]
    sys.exit(subprocess.run(command, env=environment, cwd=home).returncode)


if __name__ == '__main__':
    main()

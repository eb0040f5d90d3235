# HOB_TRACE tells what happens inside, a line each; an interpreter without it says nothing.
import os
import re
import subprocess
import sys

PROGRAM = '''
import bisect, gc, signal, threading
def work():
    for i in range(200): len(str(i))
thread = threading.Thread(target=work)
thread.start()
thread.join()
gc.collect()
signal.signal(signal.SIGUSR1, lambda *args: None)
signal.raise_signal(signal.SIGUSR1)
'''
LINE = re.compile(r'\[(\w+)\] \d+\.\d{6} #\d+ [a-z_]+')
EVENTS = {
    'breaker': 'signal_handlers', 'compile': 'done file=<string>', 'gc': 'end generation=2',
    'import': 'begin name=bisect', 'memory': 'arena_from_system', 'run': 'start step=site',
    'specialize': 'to=PRECALL_NO_KW_LEN in=work line=4', 'thread': 'end id=2',
}
is_hob = hasattr(sys.implementation, 'hob')
if 'ASAN_OPTIONS' in os.environ:        # every block is malloc's own then: there is no arena
    del EVENTS['memory']


def run(**variables):
    env = dict(os.environ, **variables)
    return subprocess.run([sys.executable, '-c', PROGRAM], env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True)


for channel, event in EVENTS.items():
    if not is_hob:
        continue
    lines = run(HOB_TRACE=channel).stderr.splitlines()
    strange = [line for line in lines if not LINE.match(line) or LINE.match(line)[1] != channel]
    if strange or not any(event in line for line in lines):
        print('without %s:' % event, strange or lines)
print('each channel tells its event and nothing else')     #: each channel tells its event and nothing else

# a word that is no channel, with what there is; a file that cannot be; lines into a file
if is_hob:
    wrong = run(HOB_TRACE='gc,smoke')
    nowhere = run(HOB_TRACE='gc', HOB_TRACE_FILE='/nowhere/lines')
    done = run(HOB_TRACE='gc,run', HOB_TRACE_FILE='lines')
    with open('lines') as f:
        said = (wrong.returncode, wrong.stderr.splitlines()[0], 'collection' in wrong.stderr,
                nowhere.returncode, done.stderr, {LINE.match(line)[1] for line in f} == {'gc', 'run'})
else:
    said = (2, "hob: HOB_TRACE: no 'smoke'; there are", True, 2, '', True)
print(said[:3])     #: (2, "hob: HOB_TRACE: no 'smoke'; there are", True)
print(said[3:])     #: (2, '', True)

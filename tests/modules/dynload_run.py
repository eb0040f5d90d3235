# modules: _lsprof _asyncio _contextvars _curses _curses_panel _zoneinfo
import cProfile
import pstats
import io

def leaf():
    return sum(range(10))
def tree():
    return [leaf() for _ in range(5)]
profile = cProfile.Profile()
profile.runcall(tree)
stats = {entry.code.co_name if hasattr(entry.code, 'co_name') else entry.code: entry.callcount for entry in profile.getstats()}
print(stats['leaf'], stats['tree'], stats['<built-in method builtins.sum>'])  #: 5 1 5
print(pstats.Stats(profile).total_calls)  #: 13
import asyncio
async def double(x):
    await asyncio.sleep(0)
    return x * 2
async def main():
    task = asyncio.create_task(double(1), name='one')
    print(await asyncio.gather(task, double(2), double(3)), task.done(), type(task).__module__)
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.01)
    except asyncio.TimeoutError as error:
        return repr(error)
print(asyncio.run(double(21)))  #: 42
import _asyncio
print(_asyncio.Future.__mro__[-1], _asyncio.Task.__name__)  #: <class 'object'> Task
import _curses
print(_curses.version, _curses.error.__name__)  #: b'2.2' error
_curses.tigetstr('cup')  #! error: must call (at least) setupterm() first
import _curses_panel
print(_curses_panel.version)  #: 2.1
import zoneinfo
import datetime
zone = zoneinfo.ZoneInfo('Europe/Berlin')
print(datetime.datetime(2023, 7, 1, 12, tzinfo=zone).isoformat(), zone.utcoffset(datetime.datetime(2023, 1, 1)))  #: 2023-07-01T12:00:00+02:00 1:00:00

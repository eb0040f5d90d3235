"""long_run.py -- run by the interpreter it judges: does a long run keep its size?

Each function below is one turn of work that ends where it began: errors raised
and handled, generators abandoned, threads, interpreters and classes made and
dropped.  After a warm-up it is done TURNS times; the blocks of the allocator, the
references to None and the resident memory must not have grown with the turns.
The last line is `N passed, N failed`.  Any build, and the reference too.
"""
import _pickle
import asyncio
import contextvars
import gc
import io
import marshal
import os
import sys
import threading
import warnings
import weakref

WARM, TURNS, ROUNDS = 10, 40, 3
RESIDENT_PAGES = 512                    # what the C library may hold on to in between


def quietly(function, *args):
    try:
        return function(*args)
    except Exception:
        return None


def threads():
    local = threading.local()

    def body():
        local.value = [1] * 10

    started = [threading.Thread(target=body) for _ in range(4)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()


def interpreters():
    import _xxsubinterpreters
    for program in ('import sys, json, collections; x = []; x.append(x)', 'raise ValueError'):
        one = _xxsubinterpreters.create()
        quietly(_xxsubinterpreters.run_string, one, program)
        _xxsubinterpreters.destroy(one)


def weak_references():
    class Target:
        pass

    seen, target = [], Target()
    keep = [weakref.ref(target, seen.append), weakref.proxy(target), weakref.finalize(target, seen.clear)]
    del target
    keep.clear()


def coroutines():
    async def counted():
        try:
            for i in range(3):
                yield i
        finally:
            pass

    async def main():
        async for _ in counted():
            break
        try:
            async with asyncio.timeout(0):
                await asyncio.sleep(1)
        except TimeoutError:
            pass
        await asyncio.gather(*[asyncio.sleep(0) for _ in range(5)])

    asyncio.run(main())


def generators():
    def stubborn():
        try:
            for i in [1, 2]:
                yield i
        except GeneratorExit:
            raise ValueError

    def outer():
        yield from stubborn()

    one, two = stubborn(), outer()
    next(one), next(two)
    quietly(one.close)
    quietly(two.throw, KeyError)
    any(i for i in (1, 2, 3))


def classes():
    bad = [((int, str), {}), ((), {'__slots__': ['1']}), ((1,), {}), ((bool,), {}), ((), {'__slots__': ('a',), 'a': 1})]
    for bases, body in bad:
        quietly(type, 'A', bases, body)

    class Base:
        pass

    class Other:
        pass

    class Slotted(Base):
        __slots__ = ('a',)

    one = Slotted()
    one.a = one
    Slotted.__bases__ = (Other,)
    quietly(setattr, Slotted, '__bases__', (Slotted,))


def contexts():
    variable, context = contextvars.ContextVar('variable'), contextvars.copy_context()
    context.run(lambda: variable.reset(variable.set(context)))
    context.run(variable.set, context)


def exceptions():
    def deep():
        deep()

    quietly(deep)
    try:
        try:
            raise ValueError
        except ValueError as error:
            raise KeyError from error
    except KeyError as error:
        error.__cause__.__context__ = error
    try:
        raise ExceptionGroup('a', [ValueError(1), ExceptionGroup('b', [TypeError(2)])])
    except* TypeError:
        pass
    except* ValueError:
        pass


def imports():
    for statement in ('import no_such_module', 'from os import no_such_name', 'import os.no_such', '1 +', 'def f(:', "f'{a b}'"):
        quietly(exec, statement, {})


def truncated():
    for value, dumps, loads in (([1, (2, 3), {4: 'x'}, {5}, b'x', 1.5, None, gc.collect], _pickle.dumps, _pickle.loads),
                                (compile('def f(a, *b, c=1): return [x for x in a]', 'x', 'exec'), marshal.dumps, marshal.loads)):
        data = dumps(value)
        for n in range(0, len(data), 3):
            quietly(loads, data[:n])
            quietly(loads, data[:n] + bytes([data[n] ^ 0x5f]) + data[n + 1:])


def files():
    quietly(io.TextIOWrapper(io.BytesIO(b'a\xff\n')).read)
    quietly(open, '/no/such/file')
    quietly(open, '/')
    quietly(io.TextIOWrapper, io.BytesIO(), 'no such encoding')
    text = io.StringIO('a\nb')
    text.__setstate__(text.__getstate__())
    list(text)
    next(os.scandir('/'))


WORK = [threads, interpreters, weak_references, coroutines, generators, classes, contexts, exceptions, imports, truncated, files]


def numbers():
    sys._clear_type_cache()
    gc.collect()
    gc.collect()
    with open('/proc/self/statm') as f:
        pages = int(f.read().split()[1])
    return sys.getallocatedblocks(), sys.getrefcount(None), pages


def growth(work):
    """By how much each number has grown after TURNS turns: the least of some rounds."""
    for _ in range(WARM):
        work()
    best = None
    for _ in range(ROUNDS):
        before = numbers()
        for _ in range(TURNS):
            work()
        steps = [b - a for a, b in zip(before, numbers())]
        best = steps if best is None else list(map(min, best, steps))
    return best


def main():
    warnings.simplefilter('ignore')
    failed = 0
    for work in WORK:
        blocks, references, pages = growth(work)
        if blocks >= TURNS or references >= TURNS or pages >= RESIDENT_PAGES:
            failed += 1
            print('FAILED %s: in %d turns %d blocks, %d references to None, %d pages more'
                  % (work.__name__, TURNS, blocks, references, pages), flush=True)
    print('%d passed, %d failed' % (len(WORK) - failed, failed))
    return failed != 0


if __name__ == '__main__':
    sys.exit(main())

# f_lineno and f_lasti of a frame that has returned are those of its return.
import sys

frame = None


def keep():
    global frame
    frame = sys._getframe(1)


def implicit(x):
    keep()
    if x:
        pass


def explicit():
    keep()
    value = 1
    return value


def generate():
    keep()
    yield 1
    x = 2


def line():
    return frame.f_lineno - frame.f_code.co_firstlineno


implicit(True)
print(line())               #: 3
implicit(False)
print(line())               #: 2
explicit()
print(line(), frame.f_lasti == max(offset for offset, _, _ in frame.f_code.co_lines()))     #: 3 True
list(generate())
print(line())               #: 3
generator = generate()
next(generator)
print(line())               #: 2
del generator
print(line())               #: 2

# Errors of the symbol table and the compiler: text and place.
def error(source, mode='exec'):
    try:
        compile(source, '<s>', mode)
    except SyntaxError as e:
        print(e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset)
    else:
        print('fine')


error('def f(a, a): pass')                               #: duplicate argument 'a' in function definition 1 10 1 11
error('lambda a, *, a: 0')                               #: duplicate argument 'a' in function definition 1 14 1 15
error('def f(__debug__): pass')                          #: cannot assign to __debug__ 1 1 1 23
error('__debug__ = 1')                                   #: cannot assign to __debug__ 1 1 1 10
error('del __debug__')                                   #: cannot delete __debug__ 1 5 1 14
error('x.__debug__ = 1')                                 #: cannot assign to __debug__ 1 1 1 12
error('x.__debug__ += 1')                                #: fine
error('f(__debug__=1)')                                  #: cannot assign to __debug__ 1 1 1 15
error('def __debug__(): pass')                           #: cannot assign to __debug__ 1 1 1 22
error('import __debug__')                                #: cannot assign to __debug__ 1 1 1 17
error('return')                                          #: 'return' outside function 1 1 1 7
error('yield')                                           #: 'yield' outside function 1 1 1 6
error('await x')                                         #: 'await' outside function 1 1 1 8
error('x = (yield)')                                     #: 'yield' outside function 1 6 1 11
error('class C: return 1')                               #: 'return' outside function 1 10 1 18
error('class C: yield')                                  #: 'yield' outside function 1 10 1 15
error('break')                                           #: 'break' outside loop 1 1 1 6
error('continue')                                        #: 'continue' not properly in loop 1 1 1 9
error('for x in y: pass\nelse: break')                   #: 'break' outside loop 2 7 2 12
error('def f():\n  try: pass\n  finally: continue')      #: 'continue' not properly in loop 3 12 3 20
error('with a: break')                                   #: 'break' outside loop 1 9 1 14
error('async def f(): yield from x')                     #: 'yield from' inside async function 1 16 1 28
error('async def f():\n  yield\n  return 1')             #: 'return' with value in async generator 3 3 3 11
error('async with a: pass')                              #: 'async with' outside async function 1 1 1 19
error('async for a in b: pass')                          #: 'async for' outside async function 1 1 1 23
error('def f():\n  async with a: pass')                  #: 'async with' outside async function 2 3 2 21
error('def f(): [x async for x in y]')                   #: asynchronous comprehension outside of an asynchronous function 1 10 1 30
error('def f(): await x')                                #: 'await' outside async function 1 10 1 17
error('def f():\n  x = 1\n  global x')                   #: name 'x' is assigned to before global declaration 3 3 3 11
error('def f():\n  print(x)\n  global x')                #: name 'x' is used prior to global declaration 3 3 3 11
error('def f(x):\n  global x')                           #: name 'x' is parameter and global 2 3 2 11
error('def f(x):\n  nonlocal x')                         #: name 'x' is parameter and nonlocal 2 3 2 13
error('def f():\n  nonlocal x')                          #: no binding for nonlocal 'x' found 2 3 2 13
error('nonlocal x')                                      #: nonlocal declaration not allowed at module level 1 1 1 11
error('def f():\n  global x\n  nonlocal x')              #: name 'x' is nonlocal and global 2 3 2 11
error('def f():\n  x: int\n  global x')                  #: annotated name 'x' can't be global 3 3 3 11
error('def f():\n  global x\n  x: int')                  #: annotated name 'x' can't be global 3 3 3 9
error('def g():\n  x = 1\n  def f():\n    nonlocal x\n    x: int') #: annotated name 'x' can't be nonlocal 5 5 5 11
error('class C:\n  from a import *')                     #: import * only allowed at module level 2 17 2 18
error('def f():\n  from a import *')                     #: import * only allowed at module level 2 17 2 18
error('from __future__ import nothing')                  #: future feature nothing is not defined 1 1 1 None
error('from __future__ import braces')                   #: not a chance 1 1 1 None
error('x = 1\nfrom __future__ import annotations')       #: from __future__ imports must occur at the beginning of the file 2 1 2 35
error("'doc'\nfrom __future__ import annotations")       #: fine
error("'doc'\n'doc'\nfrom __future__ import annotations") #: from __future__ imports must occur at the beginning of the file 3 1 3 35
error('[x := 1 for y in z]')                             #: fine
error('class C: [x := 1 for y in z]')                    #: assignment expression within a comprehension cannot be used in a class body 1 11 1 12
error('[x := 1 for x in z]')                             #: assignment expression cannot rebind comprehension iteration variable 'x' 1 2 1 3
error('[y for y in (x := z)]')                           #: assignment expression cannot be used in a comprehension iterable expression 1 14 1 20
error('[[(x := 1) for x in a] for b in c]')              #: assignment expression cannot rebind comprehension iteration variable 'x' 1 4 1 5
error('[(x := 1) for y in a for x in b]')                #: assignment expression cannot rebind comprehension iteration variable 'x' 1 3 1 4
error('[(yield) for x in y]')                            #: 'yield' inside list comprehension 1 3 1 8
error('((yield) for x in y)')                            #: 'yield' inside generator expression 1 3 1 8
error('{(yield) for x in y}')                            #: 'yield' inside set comprehension 1 3 1 8
error('{(yield): 1 for x in y}')                         #: 'yield' inside dict comprehension 1 3 1 8
error('from __future__ import annotations\nx: (yield)')  #: 'yield expression' can not be used within an annotation 2 5 2 10
error('from __future__ import annotations\nx: (y := 1)') #: 'named expression' can not be used within an annotation 2 5 2 11
error('from __future__ import annotations\nasync def f():\n  x: (await y)') #: 'await expression' can not be used within an annotation 3 7 3 14
error('*a = b')                                          #: starred assignment target must be in a list or tuple 1 1 1 3
error('*a, *b = c')                                      #: multiple starred expressions in assignment 1 1 1 7
error('a, *b, c, *d = e')                                #: multiple starred expressions in assignment 1 1 1 13
error('x = *a')                                          #: can't use starred expression here 1 5 1 7
error('del *a')                                          #: cannot delete starred 1 5 1 7
error('f(a=1, a=2)')                                     #: keyword argument repeated: a 1 8 1 11
error('f(**a, b=1, **c, b=2)')                           #: keyword argument repeated: b 1 18 1 21
error('try: pass\nexcept: pass\nexcept A: pass')         #: default 'except:' must be last 2 1 2 13
error('try: pass\nexcept* A: return')                    #: 'return' outside function 2 12 2 18
error('def f():\n  try: pass\n  except* A: return')      #: 'break', 'continue' and 'return' cannot appear in an except* block 3 14 3 20
error('for x in y:\n  try: pass\n  except* A: break')    #: 'break', 'continue' and 'return' cannot appear in an except* block 3 14 3 19
error('for x in y:\n  try: pass\n  except* A: continue') #: 'break', 'continue' and 'return' cannot appear in an except* block 3 14 3 22
error('match x:\n  case [a, a]: pass')                   #: multiple assignments to name 'a' in pattern 2 12 2 13
error('match x:\n  case a: pass\n  case b: pass')        #: name capture 'a' makes remaining patterns unreachable 2 8 2 9
error('match x:\n  case _: pass\n  case b: pass')        #: wildcard makes remaining patterns unreachable 2 8 2 9
error('match x:\n  case a | b: pass')                    #: name capture 'a' makes remaining patterns unreachable 2 8 2 9
error('match x:\n  case [a] | [b]: pass')                #: alternative patterns bind different names 2 15 2 16
error('match x:\n  case [a] | [a, b]: pass')             #: alternative patterns bind different names 2 18 2 19
error('match x:\n  case [*a, *b]: pass')                 #: multiple starred names in sequence pattern 2 8 2 16
error('match x:\n  case {1: a, 1: b}: pass')             #: mapping pattern checks duplicate key (1) 2 8 2 20
error("match x:\n  case {'k': a, **a}: pass")            #: multiple assignments to name 'a' in pattern 2 14 2 15
error('match x:\n  case C(a=1, a=2): pass')              #: attribute name repeated in class pattern: a 2 17 2 18
error('match x:\n  case C(a=b, c=b): pass')              #: multiple assignments to name 'b' in pattern 2 17 2 18
error('match x:\n  case C(__debug__=1): pass')           #: cannot assign to __debug__ 2 20 2 21
error('match x:\n  case __debug__: pass')                #: cannot assign to __debug__ 2 8 2 17
error('match x:\n  case (a as b) | c: pass')             #: name capture 'a' makes remaining patterns unreachable 2 9 2 10
error('def f(*, a=1, a): pass')                          #: duplicate argument 'a' in function definition 1 15 1 16
error('class __debug__: pass')                           #: cannot assign to __debug__ 1 1 1 22
error('async def f(): {x: await y async for z in w}')    #: fine
error('with a as __debug__: pass')                       #: cannot assign to __debug__ 1 11 1 20
error('for __debug__ in x: pass')                        #: cannot assign to __debug__ 1 5 1 14
error('try: pass\nexcept E as __debug__: pass')          #: cannot assign to __debug__ 2 1 2 28

nested = ''.join('  ' * i + 'while x:\n' for i in range(21)) + '  ' * 21 + 'pass\n'
error(nested)                                            #: too many statically nested blocks 21 41 22 47

# an annotation that opens a scope of its own, while annotations are strings
error('from __future__ import annotations\nx: lambda: 0\ndef f(): pass')   #: fine
error('from __future__ import annotations\nx: [y for y in z] = 1')        #: fine

# SyntaxWarnings of the compiler.
import warnings


def warned(source):
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter('always')
        compile(source, '<s>', 'exec')
    print([(w.category.__name__, str(w.message), w.lineno) for w in caught])


warned('x is 1')                             #: [('SyntaxWarning', '"is" with a literal. Did you mean "=="?', 1)]
warned("x is not 'a'")                       #: [('SyntaxWarning', '"is not" with a literal. Did you mean "!="?', 1)]
warned('1 is x is y')                        #: [('SyntaxWarning', '"is" with a literal. Did you mean "=="?', 1)]
warned('x is ()')                            #: [('SyntaxWarning', '"is" with a literal. Did you mean "=="?', 1)]
warned('x is None is True is ...')           #: []
warned('if x is 1 < 2: pass')                #: [('SyntaxWarning', '"is" with a literal. Did you mean "=="?', 1)]
warned("assert (x, 'no')")                   #: [('SyntaxWarning', 'assertion is always true, perhaps remove parentheses?', 1)]
warned('assert (1, 2)')                      #: [('SyntaxWarning', 'assertion is always true, perhaps remove parentheses?', 1)]
warned('assert ()')                          #: []
warned("assert x, 'fine'")                   #: []
warned('[(1, 2) (3, 4)]')                    #: [('SyntaxWarning', "'tuple' object is not callable; perhaps you missed a comma?", 1)]
warned("'a'('b')")                           #: [('SyntaxWarning', "'str' object is not callable; perhaps you missed a comma?", 1)]
warned('[1](2)')                             #: [('SyntaxWarning', "'list' object is not callable; perhaps you missed a comma?", 1)]
warned('{}()')                               #: [('SyntaxWarning', "'dict' object is not callable; perhaps you missed a comma?", 1)]
warned('{1}()')                              #: [('SyntaxWarning', "'set' object is not callable; perhaps you missed a comma?", 1)]
warned('(lambda: 0)()')                      #: []
warned('(x for x in y)()')                   #: [('SyntaxWarning', "'generator' object is not callable; perhaps you missed a comma?", 1)]
warned("f'{x}'()")                           #: [('SyntaxWarning', "'str' object is not callable; perhaps you missed a comma?", 1)]
warned('[x for x in y]()')                   #: [('SyntaxWarning', "'list' object is not callable; perhaps you missed a comma?", 1)]
warned('None()')                             #: [('SyntaxWarning', "'NoneType' object is not callable; perhaps you missed a comma?", 1)]
warned('...()')                              #: [('SyntaxWarning', "'ellipsis' object is not callable; perhaps you missed a comma?", 1)]
warned('1[2]')                               #: [('SyntaxWarning', "'int' object is not subscriptable; perhaps you missed a comma?", 1)]
warned('None[0]')                            #: [('SyntaxWarning', "'NoneType' object is not subscriptable; perhaps you missed a comma?", 1)]
warned('{1}[2]')                             #: [('SyntaxWarning', "'set' object is not subscriptable; perhaps you missed a comma?", 1)]
warned('(lambda: 0)[1]')                     #: [('SyntaxWarning', "'function' object is not subscriptable; perhaps you missed a comma?", 1)]
warned('(x for x in y)[0]')                  #: [('SyntaxWarning', "'generator' object is not subscriptable; perhaps you missed a comma?", 1)]
warned("'a'['b']")                           #: [('SyntaxWarning', 'str indices must be integers or slices, not str; perhaps you missed a comma?', 1)]
warned("[1, 2]['x']")                        #: [('SyntaxWarning', 'list indices must be integers or slices, not str; perhaps you missed a comma?', 1)]
warned('(1, 2)[1.5]')                        #: [('SyntaxWarning', 'tuple indices must be integers or slices, not float; perhaps you missed a comma?', 1)]
warned("'abc'[0:1]")                         #: []
warned('[1][x]')                             #: []
warned("[1]['a':]")                          #: []
warned("f'{x}'['y']")                        #: [('SyntaxWarning', 'str indices must be integers or slices, not str; perhaps you missed a comma?', 1)]
warned('[1, 2][3, 4]')                       #: [('SyntaxWarning', 'list indices must be integers or slices, not tuple; perhaps you missed a comma?', 1)]
warned("'a'[None]")                          #: [('SyntaxWarning', 'str indices must be integers or slices, not NoneType; perhaps you missed a comma?', 1)]
warned("b'a'[[1]]")                          #: [('SyntaxWarning', 'bytes indices must be integers or slices, not list; perhaps you missed a comma?', 1)]
warned("x = 1\nx = x is 'abc'")              #: [('SyntaxWarning', '"is" with a literal. Did you mean "=="?', 2)]

with warnings.catch_warnings():
    warnings.simplefilter('error', SyntaxWarning)
    try:
        compile('\n x[0]\n1 is y'.replace(' ', '', 1), '<s>', 'exec')
    except SyntaxError as e:
        print(e.msg, e.lineno, e.offset, e.end_lineno, e.end_offset)    #: "is" with a literal. Did you mean "=="? 3 1 3 7

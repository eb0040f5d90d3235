# Node types, their constructors, and what compile() says about trees by hand.
import ast
import pickle


def build(*body):
    compile(ast.Module(list(body), []), '<t>', 'exec')


AT = dict(lineno=1, col_offset=0)
name = ast.Name('a', ast.Load(), **AT)

print(ast.Name.__doc__, ast.Name._fields, ast.Name.__match_args__)  #: Name(identifier id, expr_context ctx) ('id', 'ctx') ('id', 'ctx')
print(ast.stmt._attributes, ast.Return.value)   #: ('lineno', 'col_offset', 'end_lineno', 'end_col_offset') None
print(ast.parse('a+b').body[0].value.op is ast.parse('c+d').body[0].value.op)  #: True
print(ast.dump(pickle.loads(pickle.dumps(name))))  #: Name(id='a', ctx=Load())

ast.Name(1, 2, 3)                       #! TypeError: Name constructor takes at most 2 positional arguments
ast.Name('a', id='b')                   #! TypeError: Name got multiple values for argument 'id'
name.nothing                            #! AttributeError: 'Name' object has no attribute 'nothing'

build(1)                                #! TypeError: required field "lineno" missing from stmt
build(None)                             #! ValueError: None disallowed in statement list
build(ast.Expr(ast.BinOp(None, ast.Add(), name, **AT), **AT))   #! ValueError: field 'left' is required for BinOp
build(ast.Expr(ast.BinOp(name, None, name, **AT), **AT))        #! TypeError: expected some sort of operator, but got None
build(ast.Expr(ast.Constant([], **AT), **AT))                   #! TypeError: got an invalid type in Constant: list
build(ast.Assign([name], name, **AT))   #! ValueError: expression must have Store context but has Load instead
build(ast.If(name, [], [], **AT))       #! ValueError: empty body on If
build(ast.Pass(lineno=5, col_offset=0, end_lineno=3, end_col_offset=0))  #! ValueError: AST node line range (5, 3) is not valid
compile(ast.Module([], []), '<t>', 'eval')  #! TypeError: expected Expression node, got Module

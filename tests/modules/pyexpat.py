# pyexpat: what handlers get, what text buffering does, what an exception leaves.
from pyexpat import ParserCreate

heard = []
p = ParserCreate(namespace_separator='!')
p.StartElementHandler = lambda *a: heard.append(a)
p.CharacterDataHandler = heard.append
p.buffer_text = True
p.Parse(b'<a xmlns="u:d" k="1">x\ny<b/></a>', True)
print(heard)            #: [('u:d!a', {'k': '1'}), 'x\ny', ('u:d!b', {})]
print(list(p.intern))   #: ['k', 'u:d!a', 'u:d!b']

p = ParserCreate()
p.buffer_size = 100     # a size of one's own turns buffering on
print(p.buffer_text)    #: True
p.buffer_size = 0       #! ValueError: buffer_size must be greater than zero
p.Parse('<a>\n</b>')    #! ExpatError: mismatched tag: line 2, column 2

# the model of an element: type, quantifier, name, children
p = ParserCreate()
p.ElementDeclHandler = lambda name, model: print(name, model)
p.Parse('<!DOCTYPE r [<!ELEMENT r (a,(b|c)*)+>]><r/>', True)    #: r (6, 3, None, ((4, 0, 'a', ()), (5, 2, None, ((4, 0, 'b', ()), (4, 0, 'c', ())))))

# a model too deep for the stack is an exception, which ends all handlers
deep = '<!DOCTYPE r [<!ELEMENT r ' + '(' * 5000 + 'b' + ')' * 5000 + '>]><r/>'
p = ParserCreate()
p.ElementDeclHandler = print
p.Parse(deep, True)     #! RecursionError: maximum recursion depth exceeded in conv_content_model
print(p.ElementDeclHandler)     #: None


def context():
    outer = ParserCreate()

    def entity(context, base, system, public):
        global inner
        inner = outer.ExternalEntityParserCreate(context)
        return inner.Parse('<i/>', True)
    outer.ExternalEntityRefHandler = entity
    outer.Parse('<!DOCTYPE d [<!ENTITY e SYSTEM "s">]><d>&e;</d>', True)


# a parser of an entity outlives the one it comes from
context()
print(inner.GetBase(), inner.CurrentByteIndex)      #: None 4

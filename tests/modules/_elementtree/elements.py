"""_elementtree: elements, the builder and the parser, at their edges."""
import copy
import gc
import io
import pickle
import sys
import weakref
import xml.etree.ElementTree as ET
from _elementtree import Element, SubElement, TreeBuilder, XMLParser

# --- Element: construction ---
e = Element('a', {'x': '1'}, y='2')
print(e.attrib, e.items(), e.keys(), len(e), e.text, e.tail)        #: {'x': '1', 'y': '2'} [('x', '1'), ('y', '2')] ['x', 'y'] 0 None None
Element()        #! TypeError: Element() takes at least 1 argument (0 given)
Element('a', 1)        #! TypeError: Element() argument 2 must be dict, not int
Element('a', {}, 3)        #! TypeError: Element() takes at most 2 arguments (3 given)
Element('a', attrib=3)        #! TypeError: attrib must be dict, not int
Element(tag='a')        #! TypeError: Element() takes at least 1 argument (0 given)
print(Element('a', attrib={'a': 1}, b=2).attrib, Element('a', {1: 2}).attrib)        #: {'a': 1, 'b': 2} {1: 2}
given = {'attrib': {'q': 1}, 'r': 2}
Element('a', **given)
print(given, Element.__new__(Element, 1, 2).tag)        #: {'attrib': {'q': 1}, 'r': 2} None
SubElement(e)        #! TypeError: SubElement() takes at least 2 arguments (1 given)
SubElement(1, 'a')        #! TypeError: SubElement() argument 1 must be xml.etree.ElementTree.Element, not int
print(SubElement(e, 'b', {}, c='d').attrib, SubElement(e, 'b', attrib={'1': 2}).attrib)        #: {'c': 'd'} {'1': 2}

# --- children ---
e.append(1)        #! TypeError: append() argument must be xml.etree.ElementTree.Element, not int
e.extend(1)        #! TypeError: expected sequence, not "int"
e.extend([1])        #! TypeError: expected an Element, not "int"
e.insert('a', e)        #! TypeError: 'str' object cannot be interpreted as an integer
e.insert(1, 2)        #! TypeError: insert() argument 2 must be xml.etree.ElementTree.Element, not int
e.remove(Element('z'))        #! ValueError: list.remove(x): x not in list
e[9]        #! IndexError: child index out of range
e['a']        #! TypeError: element indices must be integers
e[9] = Element('q')        #! IndexError: child assignment index out of range
e[0] = None        #! TypeError: expected an Element, not "NoneType"
e[0:1] = 1        #! TypeError: expected sequence, not "int"
e[0:1] = [Element('q'), Element('r')]
e[::2] = [Element('q')] * 5        #! ValueError: attempt to assign sequence of size 5 to extended slice of size 2
print([c.tag for c in e], [c.tag for c in e[::-1]])        #: ['q', 'r', 'b'] ['b', 'r', 'q']
del e[::2]
e.insert(-5, Element('i'))
e.insert(100, Element('j'))
print([c.tag for c in e])        #: ['i', 'r', 'j']
del e[:]
print(len(e), bool(e), e[5:])        #: 0 False []
class Same(Element):
    def __eq__(self, other): return True
    __hash__ = None
e.append(Same('s'))
e.remove(Element('t'))
print(len(e))        #: 0
print([sys.getsizeof(Element('x')), Element('x', a='b').__sizeof__()], Element('x').__sizeof__())        #: [72, 120] 56

# --- attributes of the object ---
del e.tag        #! AttributeError: can't delete element attribute
e.attrib = []        #! TypeError: attrib must be dict, not list
e.foo = 1        #! AttributeError: 'xml.etree.ElementTree.Element' object has no attribute 'foo'
e.text = ['any', 'thing']
print(e.text, e.get('x'), e.get('nothing', 7))        #: ['any', 'thing'] 1 7
e.get()        #! TypeError: get() missing required argument 'key' (pos 1)

# --- finding ---
tree = ET.fromstring('<a>1<b>2<c k="v"/>3</b>4<c/><p:b xmlns:p="u"/></a>')
print(tree.find('b').tag, tree.find('nothing'), tree.find('.//c').get('k'), tree.find('{u}b').tag)        #: b None v {u}b
print(tree.findtext('b'), repr(tree.findtext('c')), tree.findtext('d', 'other'), tree.find('p:b', {'p': 'u'}).tag)        #: 2 '' other {u}b
print([c.tag for c in tree.findall('c')], [c.tag for c in tree.findall('*')], [c.tag for c in tree.iterfind('{*}b')])        #: ['c'] ['b', 'c', '{u}b'] ['b', '{u}b']
tree.find(1)        #! TypeError: 'int' object is not subscriptable
print([c.tag for c in tree.iter()], [c.tag for c in tree.iter('c')], list(tree.itertext()))        #: ['a', 'b', 'c', 'c', '{u}b'] ['c', 'c'] ['1', '2', '3', '4']
walk = tree.iter()
next(walk)
del tree[0]
print([c.tag for c in walk], next(walk, 'over'))        #: ['c', '{u}b'] over
type(walk)()        #! TypeError: cannot create '_elementtree._element_iterator' instances

# --- copies and pickles ---
tree = ET.fromstring('<a b="c">x<d/>y</a>')
twin = copy.copy(tree)
print(twin.attrib is tree.attrib, twin[0] is tree[0])        #: True True
twin = copy.deepcopy(tree)
print(ET.tostring(twin), twin.attrib is tree.attrib, twin[0] is tree[0])        #: b'<a b="c">x<d />y</a>' False False
for protocol in range(2, 6):
    assert ET.tostring(pickle.loads(pickle.dumps(tree, protocol))) == ET.tostring(tree)
print(tree.__getstate__()['text'], list(tree.__getstate__()))        #: x ['tag', '_children', 'attrib', 'text', 'tail']
tree.__setstate__(1)        #! TypeError: Don't know how to unpickle "1" as an Element
tree.__setstate__({})        #! TypeError: tag may not be NULL
tree.__setstate__({'tag': 'b', 'zz': 3})        #! TypeError: 'zz' is an invalid keyword argument for this function
tree.__setstate__({'tag': 'b', '_children': 1})        #! TypeError: '_children' is not a list
tree.__setstate__({'tag': 'b', '_children': [1]})        #! TypeError: expected an Element, not "int"
class Bad(Element):
    def __deepcopy__(self, memo): return 5
holder = Element('h')
holder.append(Bad('b'))
copy.deepcopy(holder)        #! TypeError: expected an Element, not "int"

# --- life ---
loop = Element('loop')
loop.append(loop)
seen = weakref.ref(loop)
del loop
gc.collect()
print(seen())        #: None
deep = root = Element('root')
for i in range(100000):
    deep = SubElement(deep, 'x')
del deep, root
e = Element('a')
e.tag = e
repr(e)        #! RuntimeError: reentrant call inside xml.etree.ElementTree.Element.__repr__

# --- TreeBuilder ---
b = TreeBuilder()
b.data('ignored')
b.end('a')        #! IndexError: pop from empty stack
b.start('a', 1)        #! TypeError: start() argument 2 must be dict, not int
b.start('a', {}) and None
b.data('x')
b.data('y')
b.start('b', {'q': 'r'}) and None
b.end('b') and None
b.data('1')
b.end('a') and None
b.start('c', {})        #! ParseError: multiple elements on top level
print(ET.tostring(b.close()))        #: b'<a>xy<b q="r" />1</a>'
TreeBuilder(1, 2)        #! TypeError: TreeBuilder() takes at most 1 positional argument (2 given)
TreeBuilder(zz=1)        #! TypeError: 'zz' is an invalid keyword argument for TreeBuilder()
class Node:
    text = tail = None
    def __init__(self, tag, attrib): self.tag, self.children = tag, []
    def append(self, child): self.children.append(child.tag)
b = TreeBuilder(Node, comment_factory=lambda text: Node('!', {}), insert_comments=True)
b.start('a', {}) and None
b.data('x')
b.data('y')
b.comment('c') and None
b.data('z')
b.start('b', {}) and None
b.end('b') and None
b.data('t')
b.end('a') and None
print(b.close().text, b.close().children, b.close().tail)        #: xy ['!', 'b'] None

# --- XMLParser ---
class Target:
    def __init__(self): self.log = []
    def start(self, tag, attrib): self.log.append((tag, attrib))
    def end(self, tag): self.log.append(tag)
    def data(self, text): self.log.append(repr(text))
    def comment(self, text): self.log.append('!' + text)
    def pi(self, target, text): self.log.append('?' + target + '=' + text)
    def start_ns(self, prefix, uri): self.log.append('+' + prefix + '=' + uri)
    def end_ns(self, prefix): self.log.append('-' + prefix)
    def doctype(self, *ids): self.log.append(ids)
    def close(self): return self.log
p = XMLParser(target=Target())
p.feed('<!DOCTYPE a PUBLIC "p" "s"><?i?><a xmlns="u" xmlns:z="v"><!--c-->x<z:b k="1">&amp;</z:b></a>')
print(p.close())        #: [('a', 'p', 's'), '?i=', '+=u', '+z=v', ('{u}a', {}), '!c', "'x'", ('{v}b', {'k': '1'}), "'&'", '{v}b', '{u}a', '-z', '-']
q = []
p = XMLParser()
p._setevents(q, ('start', 'end', 'comment', 'pi', 'start-ns', 'end-ns'))
p.feed('<?i j?><a xmlns="u"><!--c--><b/></a>')
p.close() and None
print([(event, getattr(node, 'tag', node)) for event, node in q])        #: [('pi', ('i', 'j')), ('start-ns', ('', 'u')), ('start', '{u}a'), ('comment', 'c'), ('start', '{u}b'), ('end', '{u}b'), ('end', '{u}a'), ('end-ns', None)]
p._setevents([], ['foo'])        #! ValueError: unknown event 'foo'
p._setevents([], 1)        #! TypeError: events must be a sequence
p._setevents(1)        #! AttributeError: 'int' object has no attribute 'append'
XMLParser(target=Target())._setevents([], ['start'])        #! TypeError: event handling only supported for ElementTree.TreeBuilder targets
XMLParser(1)        #! TypeError: XMLParser() takes no positional arguments
XMLParser(encoding=1)        #! TypeError: XMLParser() argument 'encoding' must be str or None, not int
p = XMLParser()
p.feed('<a>')
p.feed('</b>')        #! ParseError: mismatched tag: line 1, column 5
p.feed(1)        #! TypeError: a bytes-like object is required, not 'int'
XMLParser().close()        #! ParseError: no element found: line 1, column 0
XMLParser.__new__(XMLParser).feed('x')        #! ValueError: XMLParser.__init__() wasn't called
ET.fromstring('<!DOCTYPE a SYSTEM "x"><a>&foo;</a>')        #! ParseError: undefined entity &foo;: line 1, column 26
p = XMLParser()
p.entity['foo'] = 'bar'
p.feed('<!DOCTYPE a SYSTEM "x"><a>1&foo;2</a>')
print(p.close().text)        #: 1bar2
print(ET.fromstring(b'<?xml version="1.0" encoding="cp437"?><a>\x81</a>').text == '\xfc')        #: True
ET.fromstring(b'<?xml version="1.0" encoding="shift_jis"?><a>\x81</a>')        #! ValueError: multi-byte encodings are not supported
print(XMLParser()._parse_whole(io.StringIO('<a>\xe9</a>')).text == '\xe9')        #: True
class Raises:
    def data(self, text): raise KeyError(text)
p = XMLParser(target=Raises())
p.feed('<a>x<b/>y</a>')        #! KeyError: 'x'

# a large tree pickles in the time its size asks for (the memo's slots are well spread)
tree = ET.fromstring('<r>' + '<i k="1"><a>t</a></i>' * 30000 + '</r>')
print(len(pickle.loads(pickle.dumps(tree))))        #: 30000

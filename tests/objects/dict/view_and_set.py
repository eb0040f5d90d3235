d = {1: 2, 3: 4}
print({1, 5} & d.keys())        #: {1}
print(d.keys() & {3, 5})        #: {3}
print([1, 3] & d.keys())        #: {1, 3}
print({(1, 2)} & d.items())     #: {(1, 2)}

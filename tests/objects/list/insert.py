a = [1, 2, 3]
a.insert(-99, 0)
print(a)                #: [0, 1, 2, 3]
a.insert("x", 1)        #! TypeError: 'str' object cannot be interpreted as an integer
a.insert(99, 4)
print(a)                #: [0, 1, 2, 3, 4]

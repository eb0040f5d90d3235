# How Python counts who is looking at an object.
import sys

my_list = [1, 2, 3]
print("Initial references:", sys.getrefcount(my_list))

another_ref = my_list
print("After adding another reference:", sys.getrefcount(my_list))

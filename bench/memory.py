"""Objects made and dropped, trees, cycles for the collector, copies."""
import copy
import gc


class Node:
    def __init__(self, left, right):
        self.left, self.right, self.owner = left, right, None


def grow(depth):
    if not depth:
        return Node(None, None)
    left, right = grow(depth - 1), grow(depth - 1)
    node = Node(left, right)
    left.owner = right.owner = node             # a cycle
    return node


def size(node):
    return 1 + size(node.left) + size(node.right) if node.left else 1


def run():
    total = 0
    for _ in range(4):
        total += size(grow(13))
    gc.collect()
    value = {'list': [[i, str(i)] for i in range(800)], 'tuple': (1, 2, {'x': {1, 2}})}
    for _ in range(3):
        value = copy.deepcopy(value)
    return total, len(value['list'])

"""Lists, dicts, sets, tuples: made, filled, searched, sorted, taken apart."""
import heapq
from collections import Counter, OrderedDict, defaultdict, deque


def run():
    words = ['w%d' % (i * 7919 % 1009) for i in range(12000)]
    counts, places = {}, defaultdict(list)
    for i, word in enumerate(words):
        counts[word] = counts.get(word, 0) + 1
        places[word].append(i)
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    total = sum(len(p) for p in places.values()) + len({w for w in words if w.endswith('7')})
    squares = [[i * j for j in range(60)] for i in range(60)]
    total += sum(map(sum, zip(*squares)))
    queue = deque(range(500))
    for _ in range(8000):
        queue.append(queue.popleft() + 1)
    heap = []
    for i in range(5000):
        heapq.heappush(heap, i * 37 % 5003)
    recent = OrderedDict()
    for word in words[:6000]:
        recent[word] = recent.pop(word, 0) + 1
        if len(recent) > 100:
            recent.popitem(last=False)
    (first, n), *rest = ranked
    return first, n, len(rest), total, sum(queue), [heapq.heappop(heap) for _ in range(5)], Counter(words).most_common(1), len(recent)

# A dict that loses a key and gets another while a loop runs over it: told in a quickened loop, too.
def over(view):
    d = {0: 0}
    for key in view(d):
        del d[0]
        d[0] = 0


def over_pairs():
    d = {0: 0}
    for key, value in d.items():
        del d[0]
        d[0] = 0


for loop in (over, dict), (over, dict.keys), (over, dict.values), (over, dict.items), (over_pairs,):
    said = set()
    for _ in range(50):
        try:
            loop[0](*loop[1:]) if loop[1:] != (dict,) else loop[0](lambda d: d)
        except RuntimeError as e:
            said.add(str(e))
        else:
            said.add('nothing')
    print(said)
#: {'dictionary keys changed during iteration'}
#: {'dictionary keys changed during iteration'}
#: {'dictionary keys changed during iteration'}
#: {'dictionary keys changed during iteration'}
#: {'dictionary keys changed during iteration'}

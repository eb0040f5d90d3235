"""A small inventory: classes, generators, exceptions, formatting, the standard library."""
import argparse
import dataclasses
import functools
import json
import re
from collections import Counter, defaultdict


class OutOfStock(Exception):
    pass


@dataclasses.dataclass(order=True)
class Item:
    name: str
    price: float
    count: int = 0

    @property
    def value(self):
        return self.price * self.count


class Inventory:
    def __init__(self):
        self.items = {}
        self.log = defaultdict(list)

    def add(self, name, price, count):
        item = self.items.setdefault(name, Item(name, price))
        item.count += count
        self.log[name].append(count)
        return item

    def take(self, name, count):
        match self.items.get(name):
            case None:
                raise KeyError(name)
            case Item(count=have) if have < count:
                raise OutOfStock(f"{name}: {have} left, {count} wanted")
            case item:
                item.count -= count
        self.log[name].append(-count)

    def __iter__(self):
        yield from sorted(self.items.values())


@functools.lru_cache(maxsize=None)
def ways(amount, coins=(200, 100, 50, 20, 10)):
    if amount == 0:
        return 1
    if amount < 0 or not coins:
        return 0
    return ways(amount - coins[0], coins) + ways(amount, coins[1:])


ORDERS = """\
add apples 0.50 120
add pears 0.75 80
add quinces 2.25 4
take apples 20
take quinces 9
take medlars 1
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args()
    stock = Inventory()
    for line in ORDERS.splitlines():
        try:
            match re.split(r"\s+", line):
                case ["add", name, price, count]:
                    stock.add(name, float(price), int(count))
                case ["take", name, count]:
                    stock.take(name, int(count))
        except (OutOfStock, KeyError) as error:
            print(f"  refused: {type(error).__name__}: {error}")
    if args.json:
        print(json.dumps([dataclasses.asdict(item) for item in stock], indent=2))
        return
    for item in stock:
        print(f"  {item.name:<10}{item.count:>5} at {item.price:>6.2f} = {item.value:>8.2f}")
    letters = Counter("".join(stock.items))
    print("  letters:", letters.most_common(3))
    print("  ways to pay 10.00:", ways(1000))


if __name__ == "__main__":
    main()

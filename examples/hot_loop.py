# A loop that is run often enough for the machine to adapt to what it meets.
class Line:
    def __init__(self, price, count):
        self.price = price
        self.count = count


def total(lines):
    cents = 0
    for line in lines:
        cents += line.price * line.count
    return cents


print("Total:", total([Line(250, n) for n in range(20)]))

# modules: _decimal (arithmetic, contexts, formatting, conversion)
import decimal
from decimal import Decimal, getcontext, localcontext

print(decimal.__libmpdec_version__, decimal.HAVE_THREADS, decimal.HAVE_CONTEXTVAR)  #: 2.5.1 True True
print(Decimal('1.10') + Decimal(2), Decimal(1) / 3, Decimal(2) ** Decimal('0.5'))  #: 3.10 0.3333333333333333333333333333 1.414213562373095048801688724
print(repr(Decimal(1.1)), Decimal('-0').is_signed(), Decimal('NaN'))  #: Decimal('1.100000000000000088817841970012523233890533447265625') True NaN
print(hash(Decimal('1.5')) == hash(1.5), Decimal('1.5') == 1.5, Decimal(3) < 4)  #: True True True
print(Decimal('1234567.891').quantize(Decimal('.01')), f"{Decimal('1234567.891'):,.1f}")  #: 1234567.89 1,234,567.9
print(Decimal('123.45').as_tuple(), Decimal('0.25').as_integer_ratio())  #: DecimalTuple(sign=0, digits=(1, 2, 3, 4, 5), exponent=-2) (1, 4)
print(sorted([Decimal(3), Decimal('1.5'), 2]), sum([Decimal('0.1')] * 10))  #: [Decimal('1.5'), 2, Decimal('3')] 1.0
with localcontext() as context:
    context.prec = 50
    print(Decimal(2).sqrt())  #: 1.4142135623730950488016887242096980785696718753769
print(getcontext())  #: Context(prec=28, rounding=ROUND_HALF_EVEN, Emin=-999999, Emax=999999, capitals=1, clamp=0, flags=[Inexact, FloatOperation, Rounded], traps=[InvalidOperation, DivisionByZero, Overflow])
print(int(Decimal('1e20')), float(Decimal('0.1')), round(Decimal('2.5')), divmod(Decimal(7), 3))  #: 100000000000000000000 0.1 2 (Decimal('2'), Decimal('1'))
Decimal(1) / 0  #! DivisionByZero: [<class 'decimal.DivisionByZero'>]
Decimal('abc')  #! InvalidOperation: [<class 'decimal.ConversionSyntax'>]
Decimal(1) + 1.5  #! TypeError: unsupported operand type(s) for +: 'decimal.Decimal' and 'float'
import pickle
print(Decimal('1.5').__reduce__())  #: (<class 'decimal.Decimal'>, ('1.5',))
import numbers
print(isinstance(Decimal(1), numbers.Number))  #: True

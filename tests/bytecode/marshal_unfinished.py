# A tuple that refers to itself and then breaks off: the error; in a debug build also
# that nothing is left of it.
import marshal

for _ in range(5):
    try:
        marshal.loads(b'\xa9\x03r\x00\x00\x00\x00i\x00\x01\x02\x03_')
    except ValueError as error:
        print(error)
#: bad marshal data (unknown type code)
#: bad marshal data (unknown type code)
#: bad marshal data (unknown type code)
#: bad marshal data (unknown type code)
#: bad marshal data (unknown type code)

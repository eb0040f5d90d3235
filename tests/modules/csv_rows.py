# tests/modules/csv_rows.py -- where a row of separated fields begins and ends.
import csv
import io

print(list(csv.reader(['a,"b\n', 'c""d",e\r\n', '\n', 'x'])))   #: [['a', 'b\nc"d', 'e'], [], ['x']]
print(list(csv.reader(['1,"2"'], quoting=csv.QUOTE_NONNUMERIC)))        #: [[1.0, '2']]
print(list(csv.reader(['a!\n', 'b,c'], escapechar='!')))        #: [['a\nb', 'c']]

# The end of a line after an escaped newline does not end the row.
print(list(csv.reader(['a!\n', 'b', 'c'], escapechar='!')))     #: [['a\nbc']]


def write(*row, **settings):
    out = io.StringIO(newline='')
    csv.writer(out, **settings).writerow(row)
    print(ascii(out.getvalue()))


write('a,b', 'c"d', None, 1.5)          #: '"a,b","c""d",,1.5\r\n'
write('\u1234', '\xe9;', delimiter=';')         #: '\u1234;"\xe9;"\r\n'
write('')                               #: '""\r\n'
write('a"b', doublequote=False, escapechar='\\')        #: 'a\\"b\r\n'
write('a,b', quoting=csv.QUOTE_NONE)    #! Error: need to escape, but no escapechar set

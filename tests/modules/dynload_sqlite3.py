# modules: _sqlite3 (tables, functions, rows, errors)
import sqlite3

db = sqlite3.connect(':memory:')
db.execute('create table t (a integer primary key, b text, c real, d blob)').close()
rows = [(None, f'row {i}', i / 2, bytes([i])) for i in range(3)]
print(db.executemany('insert into t values (?, ?, ?, ?)', rows).rowcount)  #: 3
print(db.execute('select * from t').fetchall())  #: [(1, 'row 0', 0.0, b'\x00'), (2, 'row 1', 0.5, b'\x01'), (3, 'row 2', 1.0, b'\x02')]
print([column[0] for column in db.execute('select a, b as name from t').description])  #: ['a', 'name']
db.create_function('twice', 1, lambda x: x * 2)
print(db.execute('select twice(?), twice(:v)' .replace(':v', '?'), (4, 'ab')).fetchone())  #: (8, 'abab')
class Longest:
    def __init__(self):
        self.best = ''
    def step(self, text):
        self.best = max(self.best, text, key=len)
    def finalize(self):
        return self.best
db.create_aggregate('longest', 1, Longest)
print(db.execute("select longest(b) from (select 'a' b union select 'abc' union select 'ab')").fetchone())  #: ('abc',)
db.row_factory = sqlite3.Row
row = db.execute('select a, b from t where a = :a', {'a': 2}).fetchone()
print(row['b'], row.keys(), tuple(row), row[-1])  #: row 1 ['a', 'b'] (2, 'row 1') row 1
db.create_collation('backwards', lambda x, y: (x < y) - (x > y))
print([r[0] for r in db.execute('select b from t order by b collate backwards')])  #: ['row 2', 'row 1', 'row 0']
db.set_trace_callback(None)
with db:
    print(db.execute('delete from t where a > 1').rowcount, db.in_transaction)  #: 2 True
print(db.total_changes, len(list(db.iterdump())))  #: 5 4
db.execute('select * from missing')  #! OperationalError: no such table: missing
db.execute('insert into t values (1, 2, 3, 4)')  #! IntegrityError: UNIQUE constraint failed: t.a
db.execute('select ?', ())  #! ProgrammingError: Incorrect number of bindings supplied. The current statement uses 1, and there are 0 supplied.
db.close()
db.execute('select 1')  #! ProgrammingError: Cannot operate on a closed database.
import datetime

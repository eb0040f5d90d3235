from datetime import (UTC, date, datetime, time, timedelta, timezone, tzinfo)
import pickle

print(timedelta(1.5, 1.5, 1.5, 1.5, 1.5, 1.5, 1.5)) #: 12 days, 1:31:31.501502
print(repr(timedelta(microseconds=2.5)))            #: datetime.timedelta(microseconds=2)
print(timedelta(days=10**30, hours=-24 * 10**30))   #: 0:00:00
print(timedelta(microseconds=1) * 10**19)           #: 115740740 days, 17:46:40
print(divmod(timedelta(-1), timedelta(0, 7)))       #: (-12343, datetime.timedelta(seconds=1))
timedelta(10**9)                #! OverflowError: days=1000000000; must have magnitude <= 999999999
timedelta(1) / 0                #! ZeroDivisionError: integer division or modulo by zero
print(date(2020, 1, 11).isocalendar())  #: datetime.IsoCalendarDate(year=2020, week=2, weekday=6)
date(2020, 2, 30)               #! ValueError: day is out of range for month
date(9999, 12, 31) + timedelta(1)       #! OverflowError: date value out of range
print(date.fromisoformat("2020-W01"), date.fromisoformat("20200131"))   #: 2019-12-30 2020-01-31
print(time.fromisoformat("T010203,1234567+0530"))   #: 01:02:03.123456+05:30
datetime.fromisoformat("2020-01-01T1")  #! ValueError: Invalid isoformat string: '2020-01-01T1'
print(datetime.fromisoformat("2020W011T01Z"))       #: 2019-12-30 01:00:00+00:00
a = datetime(2020, 1, 1, 2, 3, 4, 5, timezone(timedelta(hours=1)), fold=1)
print(repr(pickle.loads(pickle.dumps(a))) == repr(a))   #: True
print(a.astimezone(UTC), a.timestamp())     #: 2020-01-01 01:03:04.000005+00:00 1577840584.000005
print(a.strftime("%H %f %z %Z %%z"))        #: 02 000005 +0100 UTC+01:00 %z
a < datetime(2020, 1, 1)        #! TypeError: can't compare offset-naive and offset-aware datetimes
print(a == datetime(2020, 1, 1, 1, 3, 4, 5, UTC), hash(a) == hash(a.astimezone(UTC)))   #: True True
tzinfo().dst(None)              #! NotImplementedError: a tzinfo subclass must implement dst()

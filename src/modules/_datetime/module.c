/* module.c -- module _datetime: its types, their limits, and the C interface.
 *
 * The types are static, so one set serves every copy of the module; their class
 * attributes and the UTC singleton are made once.
 */
#include "modules/_datetime/datetime_int.h"

name_table hob_datetime_names;

bool
hob_datetime_plain_ints(PyObject *args, PyObject *kwargs, int low, int high, int *out)
{
    Py_ssize_t n = PyTuple_GET_SIZE(args);
    if (kwargs || n < low || n > high) { return false; }
    for (Py_ssize_t i = 0; i < n; i++) {
        PyObject *arg = PyTuple_GET_ITEM(args, i);
        if (!PyLong_CheckExact(arg)) { return false; }
        int overflow;
        long value = PyLong_AsLongAndOverflow(arg, &overflow);
        if (overflow || value != (int)value) { return false; }
        out[i] = (int)value;
    }
    return true;
}

PyObject *
hob_datetime_module(PyObject *name)
{
    PyObject *module = PyImport_GetModule(name);
    if (module || PyErr_Occurred()) { return module; }
    return PyImport_Import(name);
}

/* --- the C interface of <datetime.h> --- */

static PyObject *
capi_date(int year, int month, int day, PyTypeObject *type)
{
    return hob_date_new((civil){year, month, day}, type);
}

static PyObject *
capi_datetime_fold(int year, int month, int day, int hour, int minute, int second, int us,
                   PyObject *tzinfo, int fold, PyTypeObject *type)
{
    return hob_datetime_new((civil){year, month, day}, (clock_time){hour, minute, second, us},
                            tzinfo, fold, type);
}

static PyObject *
capi_datetime(int year, int month, int day, int hour, int minute, int second, int us,
              PyObject *tzinfo, PyTypeObject *type)
{
    return capi_datetime_fold(year, month, day, hour, minute, second, us, tzinfo, 0, type);
}

static PyObject *
capi_time_fold(int hour, int minute, int second, int us, PyObject *tzinfo, int fold,
               PyTypeObject *type)
{
    return hob_time_new((clock_time){hour, minute, second, us}, tzinfo, fold, type);
}

static PyObject *
capi_time(int hour, int minute, int second, int us, PyObject *tzinfo, PyTypeObject *type)
{
    return capi_time_fold(hour, minute, second, us, tzinfo, 0, type);
}

static PyObject *
capi_delta(int days, int seconds, int us, int normalize, PyTypeObject *type)
{
    return hob_delta_new(days, seconds, us, normalize != 0, type);
}

static PyObject *
capi_date_timestamp(PyObject *type, PyObject *args)
{
    PyObject *timestamp;
    if (!PyArg_UnpackTuple(args, "fromtimestamp", 1, 1, &timestamp)) { return NULL; }
    own PyObject *method = PyObject_GetAttrString((PyObject *)&hob_date_type, "fromtimestamp");
    if (!method) { return NULL; }
    if (type == (PyObject *)&hob_date_type) { return PyObject_CallOneArg(method, timestamp); }
    return PyObject_CallMethodOneArg(type, NAME(fromtimestamp), timestamp);
}

static PyDateTime_CAPI capi = {
    .DateType = &hob_date_type,
    .DateTimeType = &hob_datetime_type,
    .TimeType = &hob_time_type,
    .DeltaType = &hob_delta_type,
    .TZInfoType = &hob_tzinfo_type,
    .Date_FromDate = capi_date,
    .DateTime_FromDateAndTime = capi_datetime,
    .Time_FromTime = capi_time,
    .Delta_FromDelta = capi_delta,
    .TimeZone_FromTimeZone = hob_timezone_new,
    .DateTime_FromTimestamp = hob_datetime_fromtimestamp,
    .Date_FromTimestamp = capi_date_timestamp,
    .DateTime_FromDateAndTimeAndFold = capi_datetime_fold,
    .Time_FromTimeAndFold = capi_time_fold,
};

/* --- class attributes --- */

static status
set_attribute(PyTypeObject *type, const char *name, STOLEN PyObject *value)
{
    own PyObject *held = value;
    return held ? PyDict_SetItemString(type->tp_dict, name, held) : -1;
}

/* min, max and resolution of a type. */
static status
set_limits(PyTypeObject *type, STOLEN PyObject *min, STOLEN PyObject *max, int days, int us)
{
    PyObject *step = us || days ? hob_delta_new(days, 0, us, false, &hob_delta_type) : NULL;
    status s = set_attribute(type, "min", min);
    if (set_attribute(type, "max", max) < 0) { s = -1; }
    if ((us || days) && set_attribute(type, "resolution", step) < 0) { s = -1; }
    return s;
}

static PyObject *
zone_at(int minutes)
{
    own PyObject *offset = hob_delta_new(0, minutes * 60, 0, true, &hob_delta_type);
    return offset ? hob_timezone_make(offset, NULL) : NULL;
}

static status
set_all_limits(void)
{
    civil first = {MIN_YEAR, 1, 1}, last = {MAX_YEAR, 12, 31};
    clock_time start = {0}, end = {23, 59, 59, SECOND_US - 1};
    if (set_limits(&hob_delta_type,
                   hob_delta_new(-MAX_DELTA_DAYS, 0, 0, false, &hob_delta_type),
                   hob_delta_new(MAX_DELTA_DAYS, DAY_SECONDS - 1, SECOND_US - 1, false,
                                 &hob_delta_type), 0, 1) < 0) {
        return -1;
    }
    if (set_limits(&hob_date_type, hob_date_new(first, &hob_date_type),
                   hob_date_new(last, &hob_date_type), 1, 0) < 0) {
        return -1;
    }
    if (set_limits(&hob_time_type, hob_time_new(start, Py_None, 0, &hob_time_type),
                   hob_time_new(end, Py_None, 0, &hob_time_type), 0, 1) < 0) {
        return -1;
    }
    if (set_limits(&hob_datetime_type,
                   hob_datetime_new(first, start, Py_None, 0, &hob_datetime_type),
                   hob_datetime_new(last, end, Py_None, 0, &hob_datetime_type), 0, 1) < 0) {
        return -1;
    }
    hob_timezone_utc = zone_at(0);
    capi.TimeZone_UTC = hob_timezone_utc;
    if (set_attribute(&hob_timezone_type, "utc", Py_XNewRef(hob_timezone_utc)) < 0) {
        return -1;
    }
    return set_limits(&hob_timezone_type, zone_at(-(24 * 60 - 1)), zone_at(24 * 60 - 1), 0, 0);
}

static status
prepare(void)
{
#define X(name)                                                                 \
    if (!NAME(name) && !(NAME(name) = PyUnicode_InternFromString(#name))) { return -1; }
    DATETIME_NAMES(X)
#undef X
    PyTypeObject *types[] = {&hob_delta_type, &hob_date_type, &hob_time_type,
                             &hob_datetime_type,
                             &hob_tzinfo_type, &hob_timezone_type, &hob_iso_date_type};
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (PyType_Ready(types[i]) < 0) { return -1; }
    }
    if (hob_timezone_utc) { return 0; }
    if (set_all_limits() < 0) { return -1; }
    for (size_t i = 0; i < ARRAY_LEN(types); i++) { PyType_Modified(types[i]); }
    return 0;
}

static int
datetime_exec(PyObject *module)
{
    if (prepare() < 0) { return -1; }
    static const struct {
        const char *name;
        PyTypeObject *type;
    } shown[] = {
        {"date", &hob_date_type}, {"datetime", &hob_datetime_type}, {"time", &hob_time_type},
        {"timedelta", &hob_delta_type}, {"tzinfo", &hob_tzinfo_type},
        {"timezone", &hob_timezone_type},
    };
    for (size_t i = 0; i < ARRAY_LEN(shown); i++) {
        if (PyModule_AddObjectRef(module, shown[i].name, (PyObject *)shown[i].type) < 0) {
            return -1;
        }
    }
    if (PyModule_AddIntConstant(module, "MINYEAR", MIN_YEAR) < 0
        || PyModule_AddIntConstant(module, "MAXYEAR", MAX_YEAR) < 0
        || PyModule_AddObjectRef(module, "UTC", hob_timezone_utc) < 0) {
        return -1;
    }
    own PyObject *capsule = PyCapsule_New(&capi, PyDateTime_CAPSULE_NAME, NULL);
    return capsule ? PyModule_AddObjectRef(module, "datetime_CAPI", capsule) : -1;
}

static PyModuleDef_Slot datetime_slots[] = {
    {Py_mod_exec, datetime_exec},
    {0, NULL},
};

static struct PyModuleDef datetime_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "_datetime",
    .m_doc = "Dates and times in C, for module datetime.",
    .m_slots = datetime_slots,
};

PyMODINIT_FUNC
PyInit__datetime(void)
{
    return PyModuleDef_Init(&datetime_module);
}

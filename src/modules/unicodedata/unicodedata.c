/* unicodedata.c -- the unicodedata module: the Unicode Character Database.
 *
 * Every function is also a method of UCD objects, of which there is one,
 * ucd_3_2_0, that answers as Unicode 3.2 did.  The functions' self is the
 * module or such an object; `is_old` tells.
 * Next      normalize.c; the tables are text/ucd*.c
 */
#include <Python.h>
#include <structmember.h>

#include "base/c.h"
#include "memory/own.h"
#include "modules/unicodedata/normalize.h"
#include "objects/bind.h"
#include "objects/str/str.h"
#include "text/ucd.h"

static const char new_version[] = "14.0.0", old_version[] = "3.2.0";

typedef struct {
    PyObject_HEAD
    const char *version;
    void *spare[2];
} ucd_object;

static inline bool
is_old(PyObject *self)
{
    return !PyModule_Check(self) && ((ucd_object *)self)->version == old_version;
}

static inline bool
was_unassigned(PyObject *self, Py_UCS4 ch)
{
    return is_old(self) && hob_ucd_old_of(ch)->category == 0;
}

/* A field of the data, as it was in 3.2 if that is asked. */
#define FIELD(self, ch, field)                                                      \
    ({                                                                              \
        int value_ = hob_ucd_data_of(ch)->field;                                    \
        if (is_old(self)) {                                                         \
            const ucd_old *old_ = hob_ucd_old_of(ch);                               \
            if (old_->category == 0) { value_ = 0; }                                \
            else if (old_->field != 255) { value_ = old_->field; }                  \
        }                                                                           \
        value_;                                                                     \
    })

/* What is returned when a character has no value. */
static PyObject *
no_value(PyObject *default_, const char *complaint)
{
    if (default_) { return Py_NewRef(default_); }
    PyErr_SetString(PyExc_ValueError, complaint);
    return NULL;
}

/* --- numbers --- */

/** UCD.decimal($self, chr, default=NULL, /)
 *
 *  The decimal digit that chr is; without one default, or ValueError.
 */
static PyObject *
ucd_decimal(PyObject *self, Py_UCS4 chr, PyObject *default_)
{
    int digit = hob_ucd_type_of(chr)->decimal;
    if (is_old(self)) {
        const ucd_old *old = hob_ucd_old_of(chr);
        if (old->category == 0) { digit = 255; }
        else if (old->decimal != 255) { digit = old->decimal; }
    }
    return digit == 255 ? no_value(default_, "not a decimal") : PyLong_FromLong(digit);
}

/** UCD.digit($self, chr, default=NULL, /)
 *
 *  The digit that chr is; without one default, or ValueError.
 */
static PyObject *
ucd_digit(PyObject *self, Py_UCS4 chr, PyObject *default_)
{
    int digit = hob_ucd_type_of(chr)->digit;
    return digit == 255 ? no_value(default_, "not a digit") : PyLong_FromLong(digit);
}

/** UCD.numeric($self, chr, default=NULL, /)
 *
 *  The number that chr means; without one default, or ValueError.
 */
static PyObject *
ucd_numeric(PyObject *self, Py_UCS4 chr, PyObject *default_)
{
    double value = was_unassigned(self, chr) ? -1.0 : hob_ucd_numeric(chr);
    return value == -1.0 ? no_value(default_, "not a numeric character")
                         : PyFloat_FromDouble(value);
}

/* --- classes --- */

/** UCD.category($self, chr, /)
 *
 *  The general category of chr, two letters.
 */
static PyObject *
ucd_category(PyObject *self, Py_UCS4 chr)
{
    return PyUnicode_InternFromString(hob_ucd_category_name(FIELD(self, chr, category)));
}

/** UCD.bidirectional($self, chr, /)
 *
 *  The bidirectional class of chr, or an empty string.
 */
static PyObject *
ucd_bidirectional(PyObject *self, Py_UCS4 chr)
{
    return PyUnicode_InternFromString(hob_ucd_bidi_name(FIELD(self, chr, bidi)));
}

/** UCD.combining($self, chr, /)
 *
 *  The canonical combining class of chr; 0 for what does not combine.
 */
static int
ucd_combining(PyObject *self, Py_UCS4 chr)
{
    return was_unassigned(self, chr) ? 0 : hob_ucd_data_of(chr)->combining;
}

/** UCD.mirrored($self, chr, /)
 *
 *  1 if chr is mirrored in text from right to left, else 0.
 */
static int
ucd_mirrored(PyObject *self, Py_UCS4 chr)
{
    return FIELD(self, chr, mirrored);
}

/** UCD.east_asian_width($self, chr, /)
 *
 *  The East Asian width of chr.
 */
static PyObject *
ucd_east_asian_width(PyObject *self, Py_UCS4 chr)
{
    return PyUnicode_InternFromString(hob_ucd_width_name(FIELD(self, chr, width)));
}

/* --- decomposition --- */

/** UCD.decomposition($self, chr, /)
 *
 *  The decomposition of chr in the database, or an empty string.
 */
static PyObject *
ucd_decomposition_(PyObject *self, Py_UCS4 chr)
{
    enum { LONGEST = 18, WIDTH = 7 };
    ucd_decomposition found = hob_ucd_decomposition(chr);
    if (found.n == 0 || was_unassigned(self, chr)) { return Py_NewRef(hob_str_empty()); }
    char text[16 + LONGEST * WIDTH];
    int at = PyOS_snprintf(text, sizeof text, "%s", found.kind);
    for (int i = 0; i < found.n && i < LONGEST; i++) {
        at += PyOS_snprintf(text + at, sizeof text - (size_t)at, "%s%04X", at ? " " : "",
                            (unsigned)found.chars[i]);
    }
    return PyUnicode_FromStringAndSize(text, at);
}

static bool
parse_form(PyUnicodeObject *form, normal_form *out)
{
    static const struct { const char *name; normal_form form; } forms[] = {
        {"NFC", FORM_NFC}, {"NFD", FORM_NFD}, {"NFKC", FORM_NFKC}, {"NFKD", FORM_NFKD}};
    for (size_t i = 0; i < ARRAY_LEN(forms); i++) {
        if (PyUnicode_CompareWithASCIIString((PyObject *)form, forms[i].name) == 0) {
            *out = forms[i].form;
            return true;
        }
    }
    PyErr_SetString(PyExc_ValueError, "invalid normalization form");
    return false;
}

/** UCD.is_normalized($self, form, unistr, /)
 *
 *  Is unistr in the normal form: 'NFC', 'NFKC', 'NFD' or 'NFKD'?
 */
static PyObject *
ucd_is_normalized(PyObject *self, PyUnicodeObject *form, PyUnicodeObject *unistr)
{
    PyObject *text = (PyObject *)unistr;
    normal_form wanted;
    if (PyUnicode_READY(text) < 0) { return NULL; }
    if (PyUnicode_GET_LENGTH(text) == 0) { Py_RETURN_TRUE; }
    if (!parse_form(form, &wanted)) { return NULL; }
    normal_verdict verdict = hob_normal_check(text, wanted, is_old(self), true);
    if (verdict != NORMAL_MAYBE) { return PyBool_FromLong(verdict == NORMAL_YES); }
    own PyObject *normal = hob_normalize(text, wanted, is_old(self));
    return normal ? PyBool_FromLong(PyUnicode_Compare(normal, text) == 0) : NULL;
}

/** UCD.normalize($self, form, unistr, /)
 *
 *  unistr in the normal form: 'NFC', 'NFKC', 'NFD' or 'NFKD'.
 */
static PyObject *
ucd_normalize(PyObject *self, PyUnicodeObject *form, PyUnicodeObject *unistr)
{
    PyObject *text = (PyObject *)unistr;
    normal_form wanted;
    if (PyUnicode_READY(text) < 0) { return NULL; }
    if (PyUnicode_GET_LENGTH(text) == 0) { return Py_NewRef(text); }
    if (!parse_form(form, &wanted)) { return NULL; }
    if (hob_normal_check(text, wanted, is_old(self), false) == NORMAL_YES) {
        return Py_NewRef(text);
    }
    return hob_normalize(text, wanted, is_old(self));
}

/* --- names --- */

/** UCD.name($self, chr, default=NULL, /)
 *
 *  The name of chr; without one default, or ValueError.
 */
static PyObject *
ucd_name(PyObject *self, Py_UCS4 chr, PyObject *default_)
{
    char name[UCD_NAME_SIZE];
    int n = was_unassigned(self, chr) ? 0 : hob_ucd_name(chr, name);
    return n ? PyUnicode_FromStringAndSize(name, n) : no_value(default_, "no such name");
}

/* A name: a str, or bytes that spell one. */
typedef struct {
    const char *text;
    Py_ssize_t n;
    Py_buffer view;
} name_arg;

static inline bool
arg_name(PyObject *value, name_arg *out, const char *func, const char *what)
{
    if (PyUnicode_Check(value)) {
        out->text = PyUnicode_AsUTF8AndSize(value, &out->n);
        return out->text;
    }
    PyBufferProcs *buffer = Py_TYPE(value)->tp_as_buffer;
    if (buffer && buffer->bf_releasebuffer) {
        _PyArg_BadArgument(func, what, "read-only bytes-like object", value);
        return false;
    }
    if (!arg_buffer(value, &out->view, PyBUF_SIMPLE, func, what)) { return false; }
    out->text = out->view.buf;
    out->n = out->view.len;
    return true;
}

static inline void
done_name(name_arg *it)
{
    if (it->view.obj) { PyBuffer_Release(&it->view); }
}

/** UCD.lookup($self, name, /)
 *
 *  The character of that name, or the characters of a named sequence; KeyError
 *  if there is none.
 */
static PyObject *
ucd_lookup(PyObject *self, name_arg *name)
{
    enum { LONGEST_NAME = 256 };
    if (name->n > LONGEST_NAME) {
        PyErr_SetString(PyExc_KeyError, "name too long");
        return NULL;
    }
    Py_UCS4 chars[UCD_LONGEST_SEQUENCE];
    unsigned with = is_old(self) ? 0 : UCD_WITH_ALIASES | UCD_WITH_SEQUENCES;
    int n = hob_ucd_lookup(name->text, name->n, with, chars);
    static const char ideograph[] = "CJK UNIFIED IDEOGRAPH-";     /* not checked for age */
    bool made_up = name->n >= (Py_ssize_t)sizeof ideograph
        && memcmp(name->text, ideograph, sizeof ideograph - 1) == 0;
    if (n == 0 || (n == 1 && !made_up && was_unassigned(self, chars[0]))) {
        own PyObject *shown = PyBytes_FromStringAndSize(name->text, name->n);
        if (shown) {
            PyErr_Format(PyExc_KeyError, "undefined character name '%s'",
                         PyBytes_AS_STRING(shown));
        }
        return NULL;
    }
    return PyUnicode_FromKindAndData(PyUnicode_4BYTE_KIND, chars, n);
}

#include "gen/modules/unicodedata/unicodedata.bind.h"

/* --- the UCD type --- */

static int
ucd_traverse(PyObject *self, visitproc visit, void *arg)
{
    Py_VISIT(Py_TYPE(self));
    return 0;
}

static void
ucd_dealloc(PyObject *self)
{
    PyTypeObject *type = Py_TYPE(self);
    PyObject_GC_UnTrack(self);
    PyObject_GC_Del(self);
    Py_DECREF(type);
}

static PyMemberDef ucd_members[] = {
    {"unidata_version", T_STRING, offsetof(ucd_object, version), READONLY, NULL},
    {NULL},
};

static PyType_Slot ucd_slots[] = {
    {Py_tp_dealloc, ucd_dealloc},
    {Py_tp_traverse, ucd_traverse},
    {Py_tp_getattro, PyObject_GenericGetAttr},
    {Py_tp_methods, UCD_methods},
    {Py_tp_members, ucd_members},
    {0, NULL},
};

static PyType_Spec ucd_spec = {
    .name = "unicodedata.UCD",
    .basicsize = sizeof(ucd_object),
    .flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_DISALLOW_INSTANTIATION | Py_TPFLAGS_HAVE_GC
        | Py_TPFLAGS_IMMUTABLETYPE,
    .slots = ucd_slots,
};

static PyObject *
new_ucd(PyTypeObject *type, const char *version)
{
    ucd_object *self = PyObject_GC_New(ucd_object, type);
    if (!self) { return NULL; }
    self->version = version;
    memset(self->spare, 0, sizeof self->spare);
    PyObject_GC_Track(self);
    return (PyObject *)self;
}

/* --- names for other modules: the capsule unicodedata._ucnhash_CAPI --- */

static int
capi_name(Py_UCS4 code, char *buffer, int buflen, int with_alias_and_seq)
{
    char name[UCD_NAME_SIZE];
    int n = hob_ucd_name(code, name);
    if (n == 0 || n >= buflen) { return 0; }
    memcpy(buffer, name, (size_t)n + 1);
    return 1;
}

static int
capi_code(const char *name, int namelen, Py_UCS4 *code, int with_named_seq)
{
    Py_UCS4 chars[UCD_LONGEST_SEQUENCE];
    if (hob_ucd_lookup(name, namelen, UCD_WITH_ALIASES, chars) != 1) { return 0; }
    *code = chars[0];
    return 1;
}

static struct {
    int (*name)(Py_UCS4 code, char *buffer, int buflen, int with_alias_and_seq);
    int (*code)(const char *name, int namelen, Py_UCS4 *code, int with_named_seq);
} capi = {capi_name, capi_code};

/* --- module --- */

/* Add value under name, consuming it. */
static status
add(PyObject *module, const char *name, STOLEN PyObject *value)
{
    own PyObject *owned = value;
    return owned ? PyModule_AddObjectRef(module, name, owned) : -1;
}

static int
unicodedata_exec(PyObject *module)
{
    own PyObject *type = PyType_FromSpec(&ucd_spec);
    if (!type || PyModule_AddType(module, (PyTypeObject *)type) < 0) { return -1; }
    if (add(module, "unidata_version", PyUnicode_FromString(new_version)) < 0
        || add(module, "ucd_3_2_0", new_ucd((PyTypeObject *)type, old_version)) < 0) {
        return -1;
    }
    return add(module, "_ucnhash_CAPI",
               PyCapsule_New(&capi, "unicodedata._ucnhash_CAPI", NULL));
}

static PyModuleDef_Slot unicodedata_slots[] = {
    {Py_mod_exec, unicodedata_exec},
    {0, NULL},
};

static struct PyModuleDef unicodedata_module = {
    PyModuleDef_HEAD_INIT,
    .m_name = "unicodedata",
    .m_doc = "The Unicode Character Database, version 14.0.0: properties, names and\n"
             "normal forms of all characters.",
    .m_methods = UCD_methods,
    .m_slots = unicodedata_slots,
};

PyMODINIT_FUNC
PyInit_unicodedata(void)
{
    return PyModuleDef_Init(&unicodedata_module);
}

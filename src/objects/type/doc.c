/* doc.c -- doc strings that begin with a signature:
 *
 *     name(arguments)
 *     --
 *
 *     What it does.
 *
 * The first part becomes __text_signature__, the rest __doc__.
 */
#include "objects/type/type_int.h"

#define SIGNATURE_END ")\n--\n\n"

/* Where "(" of the signature is, when doc starts with the bare name of `name`. */
static const char *
signature_start(const char *name, const char *doc)
{
    if (!doc) { return NULL; }
    const char *dot = strrchr(name, '.');
    if (dot) { name = dot + 1; }
    size_t n = strlen(name);
    return strncmp(doc, name, n) == 0 && doc[n] == '(' ? doc + n : NULL;
}

/* Behind the end marker; NULL when there is none before the first empty line. */
static const char *
signature_skip(const char *doc)
{
    for (; *doc; doc++) {
        if (strncmp(doc, SIGNATURE_END, strlen(SIGNATURE_END)) == 0) {
            return doc + strlen(SIGNATURE_END);
        }
        if (doc[0] == '\n' && doc[1] == '\n') { return NULL; }
    }
    return NULL;
}

/* The text after the signature, if there is one. */
static const char *
doc_body(const char *name, const char *doc)
{
    const char *start = signature_start(name, doc);
    const char *body = start ? signature_skip(start) : NULL;
    return body ? body : doc;
}

PyObject *
_PyType_GetDocFromInternalDoc(const char *name, const char *internal_doc)
{
    const char *body = doc_body(name, internal_doc);
    if (!body || !*body) { return Py_NewRef(Py_None); }
    return PyUnicode_FromString(body);
}

PyObject *
_PyType_GetTextSignatureFromInternalDoc(const char *name, const char *internal_doc)
{
    const char *start = signature_start(name, internal_doc);
    const char *body = start ? signature_skip(start) : NULL;
    if (!body) { return Py_NewRef(Py_None); }
    size_t n = (size_t)(body - start) - strlen(SIGNATURE_END) + 1;     /* up to ")" */
    return PyUnicode_FromStringAndSize(start, (Py_ssize_t)n);
}

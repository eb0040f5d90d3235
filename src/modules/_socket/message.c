/* message.c -- messages with ancillary data: recvmsg, sendmsg and the shape of a cmsg.
 *
 * Layout     control -> [ cmsghdr | data | pad | cmsghdr | data | pad | .. ]
 * Hazard     what the kernel wrote may be cut short (MSG_CTRUNC): the length of an
 *            item is checked against the room there was before its data is read.
 */
#include "modules/_socket/socket.h"

/* --- sizes --- */

#define SOCKLEN_LIMIT ((size_t)INT_MAX)

/* CMSG_LEN(size), false if that is beyond what a socklen_t holds. */
static bool
cmsg_len(size_t size, size_t *out)
{
    if (size > SOCKLEN_LIMIT - CMSG_LEN(0)) { return false; }
    *out = CMSG_LEN(size);
    return true;
}

static bool
cmsg_space(size_t size, size_t *out)
{
    /* CMSG_SPACE(1) - 1 is more than header and padding ever take */
    if (size > SOCKLEN_LIMIT - CMSG_SPACE(1)) { return false; }
    *out = CMSG_SPACE(size);
    return true;
}

static PyObject *
show_size(PyObject *args, const char *format, bool (*count)(size_t, size_t *), const char *name)
{
    Py_ssize_t given;
    size_t size;
    if (!PyArg_ParseTuple(args, format, &given)) { return NULL; }
    if (given < 0 || !count((size_t)given, &size)) {
        PyErr_Format(PyExc_OverflowError, "%s() argument out of range", name);
        return NULL;
    }
    return PyLong_FromSize_t(size);
}

PyObject *
hob_message_cmsg_len(PyObject *module, PyObject *args)
{
    return show_size(args, "n:CMSG_LEN", cmsg_len, "CMSG_LEN");
}

PyObject *
hob_message_cmsg_space(PyObject *module, PyObject *args)
{
    return show_size(args, "n:CMSG_SPACE", cmsg_space, "CMSG_SPACE");
}

/* --- buffers of an iterable --- */

typedef struct {
    struct iovec *parts;
    Py_buffer *views;
    Py_ssize_t n;                       /* views taken */
} gather;

static void
gather_free(gather *self)
{
    for (Py_ssize_t i = 0; i < self->n; i++) { PyBuffer_Release(&self->views[i]); }
    PyMem_Free(self->parts);
    PyMem_Free(self->views);
}

#define own_gather __attribute__((cleanup(gather_free))) gather

/* Take a buffer of every item; format parses one. */
static status
gather_fill(gather *self, PyObject *given, const char *method, const char *format)
{
    char text[64];
    snprintf(text, sizeof text, "%s() argument 1 must be an iterable", method);
    own PyObject *items = PySequence_Fast(given, text);
    if (!items) { return -1; }
    Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    if (n > INT_MAX) {
        PyErr_Format(PyExc_OSError, "%s() argument 1 is too long", method);
        return -1;
    }
    self->parts = PyMem_New(struct iovec, n);
    self->views = PyMem_New(Py_buffer, n);
    if (!self->parts || !self->views) {
        PyErr_NoMemory();
        return -1;
    }
    /* taking a buffer may run Python code, which may shorten a list */
    for (; self->n < n && self->n < PySequence_Fast_GET_SIZE(items); self->n++) {
        Py_buffer *view = &self->views[self->n];
        own PyObject *item = Py_NewRef(PySequence_Fast_GET_ITEM(items, self->n));
        if (!PyArg_Parse(item, format, view)) { return -1; }
        self->parts[self->n] = (struct iovec){view->buf, view->len};
    }
    return 0;
}

/* --- receiving --- */

typedef struct {
    struct msghdr *message;
    int flags;
    ssize_t result;
} message_arg;

static bool
try_recvmsg(socket_object *self, void *arg)
{
    message_arg *it = arg;
    it->result = recvmsg(self->fd, it->message, it->flags);
    return it->result >= 0;
}

/* Bytes of an item that were really received, -1 if not even its header was. */
static Py_ssize_t
received_size(struct msghdr *message, struct cmsghdr *item)
{
    size_t from = (char *)CMSG_DATA(item) - (char *)message->msg_control;
    if (item->cmsg_len < CMSG_LEN(0) || from > message->msg_controllen) { return -1; }
    return Py_MIN(item->cmsg_len - CMSG_LEN(0), message->msg_controllen - from);
}

/* [(level, type, data), ...] */
static PyObject *
show_ancillary(struct msghdr *message)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    struct cmsghdr *item = message->msg_controllen > 0 ? CMSG_FIRSTHDR(message) : NULL;
    for (; item; item = CMSG_NXTHDR(message, item)) {
        Py_ssize_t size = received_size(message, item);
        bool is_cut = size < 0 || (size_t)size + CMSG_LEN(0) < item->cmsg_len;
        if (is_cut && PyErr_WarnEx(PyExc_RuntimeWarning, "received malformed or "
                                   "improperly-truncated ancillary data", 1) < 0) {
            return NULL;
        }
        if (size < 0) { break; }
        own PyObject *entry = Py_BuildValue("iiy#", item->cmsg_level, item->cmsg_type,
                                            CMSG_DATA(item), size);
        if (!entry || PyList_Append(list, entry) < 0) { return NULL; }
        if (is_cut) { break; }
    }
    return take(list);
}

/* Descriptors nobody will hear of must not stay open. */
static void
close_passed(struct msghdr *message)
{
    struct cmsghdr *item = message->msg_controllen > 0 ? CMSG_FIRSTHDR(message) : NULL;
    for (; item; item = CMSG_NXTHDR(message, item)) {
        if (item->cmsg_level != SOL_SOCKET || item->cmsg_type != SCM_RIGHTS) { continue; }
        Py_ssize_t size = received_size(message, item);
        for (Py_ssize_t at = 0; at + (Py_ssize_t)sizeof(int) <= size; at += sizeof(int)) {
            int fd;
            memcpy(&fd, CMSG_DATA(item) + at, sizeof fd);
            close(fd);
        }
    }
}

/* Receive into parts; *rest is (ancdata, msg_flags, address).  Bytes received, or -1. */
static Py_ssize_t
receive_message(socket_object *self, struct iovec *parts, size_t n_parts, int flags,
                Py_ssize_t room, PyObject **ancillary, int *got_flags, PyObject **from)
{
    address name;
    socklen_t name_room;
    if (hob_address_room(self, &name_room) < 0) { return -1; }
    memset(&name, 0, sizeof name);
    name.any.sa_family = AF_UNSPEC;
    if (room < 0 || (size_t)room > SOCKLEN_LIMIT) {
        PyErr_SetString(PyExc_ValueError, "invalid ancillary data buffer length");
        return -1;
    }
    void *control = room ? PyMem_Malloc(room) : NULL;
    if (room && !control) {
        PyErr_NoMemory();
        return -1;
    }
    struct msghdr message = {
        .msg_name = &name, .msg_namelen = name_room,
        .msg_iov = parts, .msg_iovlen = n_parts,
        .msg_control = control, .msg_controllen = room,
    };
    message_arg it = {&message, flags, -1};
    if (hob_socket_call(self, false, try_recvmsg, &it) < 0) {
        PyMem_Free(control);
        return -1;
    }
    *ancillary = show_ancillary(&message);
    *got_flags = message.msg_flags;
    *from = *ancillary ? hob_address_show(self->fd, &name, Py_MIN(message.msg_namelen, name_room),
                                          self->proto)
                       : NULL;
    if (!*from) { close_passed(&message); }
    PyMem_Free(control);
    return *from ? it.result : -1;
}

PyObject *
hob_message_recvmsg(socket_object *self, PyObject *args)
{
    Py_ssize_t size, room = 0;
    int flags = 0, got_flags;
    if (!PyArg_ParseTuple(args, "n|ni:recvmsg", &size, &room, &flags)) { return NULL; }
    if (size < 0) {
        PyErr_SetString(PyExc_ValueError, "negative buffer size in recvmsg()");
        return NULL;
    }
    own PyObject *data = PyBytes_FromStringAndSize(NULL, size);
    if (!data) { return NULL; }
    own PyObject *ancillary = NULL;
    own PyObject *from = NULL;
    struct iovec part = {PyBytes_AS_STRING(data), size};
    Py_ssize_t got = receive_message(self, &part, 1, flags, room, &ancillary, &got_flags, &from);
    if (got < 0 || (got != size && _PyBytes_Resize(&data, got) < 0)) { return NULL; }
    return Py_BuildValue("OOiO", data, ancillary, got_flags, from);
}

PyObject *
hob_message_recvmsg_into(socket_object *self, PyObject *args)
{
    PyObject *buffers;
    Py_ssize_t room = 0;
    int flags = 0, got_flags;
    if (!PyArg_ParseTuple(args, "O|ni:recvmsg_into", &buffers, &room, &flags)) { return NULL; }
    own_gather parts = {NULL};
    if (gather_fill(&parts, buffers, "recvmsg_into",
                    "w*;recvmsg_into() argument 1 must be an iterable of single-segment "
                    "read-write buffers") < 0) {
        return NULL;
    }
    own PyObject *ancillary = NULL;
    own PyObject *from = NULL;
    Py_ssize_t got = receive_message(self, parts.parts, parts.n, flags, room, &ancillary,
                                     &got_flags, &from);
    return got < 0 ? NULL : Py_BuildValue("nOiO", got, ancillary, got_flags, from);
}

/* --- sending --- */

static bool
try_sendmsg(socket_object *self, void *arg)
{
    message_arg *it = arg;
    it->result = sendmsg(self->fd, it->message, it->flags);
    return it->result >= 0;
}

typedef struct {
    int level, type;
    Py_buffer data;
} ancillary_item;

typedef struct {
    ancillary_item *items;
    Py_ssize_t n;
    char *control;
    size_t size;
} ancillary_list;

static void
ancillary_free(ancillary_list *self)
{
    for (Py_ssize_t i = 0; i < self->n; i++) { PyBuffer_Release(&self->items[i].data); }
    PyMem_Free(self->items);
    PyMem_Free(self->control);
}

#define own_ancillary __attribute__((cleanup(ancillary_free))) ancillary_list

/* Read the items, and count the room that all take. */
static status
ancillary_read(ancillary_list *self, PyObject *given)
{
    own PyObject *items = PySequence_Fast(given, "sendmsg() argument 2 must be an iterable");
    if (!items) { return -1; }
    Py_ssize_t n = PySequence_Fast_GET_SIZE(items);
    self->items = PyMem_New(ancillary_item, n);
    if (!self->items) {
        PyErr_NoMemory();
        return -1;
    }
    for (; self->n < n && self->n < PySequence_Fast_GET_SIZE(items); self->n++) {
        ancillary_item *it = &self->items[self->n];
        own PyObject *entry = Py_NewRef(PySequence_Fast_GET_ITEM(items, self->n));
        if (!PyArg_Parse(entry, "(iiy*):[sendmsg() ancillary data items]", &it->level, &it->type,
                         &it->data)) {
            return -1;
        }
        size_t space;
        if (!cmsg_space(it->data.len, &space)) {
            PyErr_SetString(PyExc_OSError, "ancillary data item too large");
            PyBuffer_Release(&it->data);
            return -1;
        }
        self->size += space;
        if (self->size > SOCKLEN_LIMIT) {
            PyErr_SetString(PyExc_OSError, "too much ancillary data");
            PyBuffer_Release(&it->data);
            return -1;
        }
    }
    return 0;
}

/* One item written at the start of `at`; where the next one starts. */
static char *
put_item(char *at, int level, int type, const void *data, size_t size)
{
    struct cmsghdr *item = (struct cmsghdr *)at;
    item->cmsg_level = level;
    item->cmsg_type = type;
    item->cmsg_len = CMSG_LEN(size);
    if (size) { memcpy(CMSG_DATA(item), data, size); }
    return at + CMSG_SPACE(size);
}

static status
ancillary_write(ancillary_list *self)
{
    if (self->n == 0) { return 0; }
    self->control = PyMem_Calloc(1, self->size);
    if (!self->control) {
        PyErr_NoMemory();
        return -1;
    }
    char *at = self->control;
    for (Py_ssize_t i = 0; i < self->n; i++) {
        ancillary_item *it = &self->items[i];
        at = put_item(at, it->level, it->type, it->data.buf, it->data.len);
    }
    return 0;
}

PyObject *
hob_message_sendmsg(socket_object *self, PyObject *args)
{
    PyObject *data, *items = NULL, *to = NULL;
    int flags = 0;
    address name;
    struct msghdr message = {NULL};
    if (!PyArg_ParseTuple(args, "O|OiO:sendmsg", &data, &items, &flags, &to)) { return NULL; }
    if (to && to != Py_None) {
        socklen_t size;
        if (hob_address_read(self, to, &name, &size, "sendmsg") < 0) { return NULL; }
        if (PySys_Audit("socket.sendmsg", "OO", self, to) < 0) { return NULL; }
        message.msg_name = &name;
        message.msg_namelen = size;
    }
    else if (PySys_Audit("socket.sendmsg", "OO", self, Py_None) < 0) {
        return NULL;
    }
    own_gather parts = {NULL};
    if (gather_fill(&parts, data, "sendmsg", "y*;sendmsg() argument 1 must be an iterable of "
                    "bytes-like objects") < 0) {
        return NULL;
    }
    own_ancillary ancillary = {NULL};
    if (items && (ancillary_read(&ancillary, items) < 0 || ancillary_write(&ancillary) < 0)) {
        return NULL;
    }
    message.msg_iov = parts.parts;
    message.msg_iovlen = parts.n;
    message.msg_control = ancillary.control;
    message.msg_controllen = ancillary.control ? ancillary.size : 0;
    message_arg it = {&message, flags, -1};
    if (hob_socket_call(self, true, try_sendmsg, &it) < 0) { return NULL; }
    return PyLong_FromSsize_t(it.result);
}

/* Send one message whose parts and control are ready. */
static PyObject *
send_afalg(socket_object *self, PyObject *data, void *control, size_t size, int flags)
{
    own_gather parts = {NULL};
    if (data && gather_fill(&parts, data, "sendmsg", "y*;sendmsg() argument 1 must be an "
                            "iterable of bytes-like objects") < 0) {
        return NULL;
    }
    struct msghdr message = {
        .msg_iov = parts.parts, .msg_iovlen = parts.n,
        .msg_control = control, .msg_controllen = size,
    };
    message_arg it = {&message, flags, -1};
    if (hob_socket_call(self, true, try_sendmsg, &it) < 0) { return NULL; }
    return PyLong_FromSsize_t(it.result);
}

PyObject *
hob_message_sendmsg_afalg(socket_object *self, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"msg", "op", "iv", "assoclen", "flags", NULL};
    PyObject *data = NULL, *assoclen_object = NULL;
    int op = -1, flags = 0, assoclen = -1;
    Py_buffer iv = {NULL};
    if (self->family != AF_ALG) {
        PyErr_SetString(PyExc_OSError, "algset is only supported for AF_ALG");
        return NULL;
    }
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|O$iy*O!i:sendmsg_afalg", names, &data, &op,
                                     &iv, &PyLong_Type, &assoclen_object, &flags)) {
        return NULL;
    }
    PyObject *result = NULL;
    char *control = NULL;
    if (op < 0) {
        PyErr_SetString(PyExc_TypeError, "Invalid or missing argument 'op'");
        goto done;
    }
    if (assoclen_object) {
        assoclen = _PyLong_AsInt(assoclen_object);
        if (assoclen == -1 && PyErr_Occurred()) { goto done; }
        if (assoclen < 0) {
            PyErr_SetString(PyExc_TypeError, "assoclen must be positive");
            goto done;
        }
    }
    size_t iv_size = sizeof(struct af_alg_iv) + iv.len;
    size_t size = CMSG_SPACE(sizeof op) + (iv.buf ? CMSG_SPACE(iv_size) : 0)
                  + (assoclen >= 0 ? CMSG_SPACE(sizeof assoclen) : 0);
    control = PyMem_Calloc(1, size);
    if (!control) {
        PyErr_NoMemory();
        goto done;
    }
    char *at = put_item(control, SOL_ALG, ALG_SET_OP, &op, sizeof op);
    if (iv.buf) {
        struct af_alg_iv *it = (void *)CMSG_DATA((struct cmsghdr *)at);
        it->ivlen = (uint32_t)iv.len;
        memcpy(it->iv, iv.buf, iv.len);
        ((struct cmsghdr *)at)->cmsg_level = SOL_ALG;
        ((struct cmsghdr *)at)->cmsg_type = ALG_SET_IV;
        ((struct cmsghdr *)at)->cmsg_len = CMSG_LEN(iv_size);
        at += CMSG_SPACE(iv_size);
    }
    if (assoclen >= 0) {
        put_item(at, SOL_ALG, ALG_SET_AEAD_ASSOCLEN, &assoclen, sizeof assoclen);
    }
    result = send_afalg(self, data, control, size, flags);
done:
    PyMem_Free(control);
    if (iv.obj) { PyBuffer_Release(&iv); }
    return result;
}

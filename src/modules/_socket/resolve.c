/* resolve.c -- names and numbers of hosts, services, protocols and interfaces.
 *
 * Holds      the resolver is only entered without the GIL; its answers are copied
 *            into objects before anything else can ask it (the _r functions, or
 *            static data read at once under the GIL).
 */
#include "modules/_socket/socket.h"

PyObject *hob_socket_gaierror, *hob_socket_herror;

static void
raise_gai(int error)
{
    if (error == EAI_SYSTEM) {
        PyErr_SetFromErrno(PyExc_OSError);
        return;
    }
    own PyObject *args = Py_BuildValue("(is)", error, gai_strerror(error));
    if (args) { PyErr_SetObject(hob_socket_gaierror, args); }
}

static void
raise_host(int error)
{
    own PyObject *args = Py_BuildValue("(is)", error, hstrerror(error));
    if (args) { PyErr_SetObject(hob_socket_herror, args); }
}

/* getaddrinfo() without the GIL; true, or an exception. */
static bool
look_up(const char *host, const char *service, const struct addrinfo *hints,
        struct addrinfo **found)
{
    int error, why;
    Py_BEGIN_ALLOW_THREADS
    error = getaddrinfo(host, service, hints, found);
    why = errno;
    Py_END_ALLOW_THREADS
    if (error == 0) { return true; }
    *found = NULL;
    errno = why;
    raise_gai(error);
    return false;
}

/* --- one host --- */

static status
resolve_any(address *out, size_t size, int family)
{
    struct addrinfo *found;
    struct addrinfo hints = {.ai_family = family, .ai_socktype = SOCK_DGRAM,
                             .ai_flags = AI_PASSIVE};
    if (!look_up(NULL, "0", &hints, &found)) { return -1; }
    status done = 0;
    if (found->ai_next) {
        PyErr_SetString(PyExc_OSError, "wildcard resolved to multiple address");
        done = -1;
    }
    else {
        memcpy(out, found->ai_addr, Py_MIN(found->ai_addrlen, size));
    }
    freeaddrinfo(found);
    return done;
}

/* Fill *out, of which size bytes may be used, with the address of a host; its port is not
 * set.  "" is any of ours, "<broadcast>" every one in the net. */
status
hob_resolve_host(const char *name, address *out, size_t size, int family)
{
    memset(out, 0, size);
    if (!*name) { return resolve_any(out, size, family); }
    if (strcmp(name, "<broadcast>") == 0 || strcmp(name, "255.255.255.255") == 0) {
        if (family != AF_INET && family != AF_UNSPEC) {
            PyErr_SetString(PyExc_OSError, "address family mismatched");
            return -1;
        }
        out->in.sin_family = AF_INET;
        out->in.sin_addr.s_addr = htonl(INADDR_BROADCAST);
        return 0;
    }
    /* a number needs no resolver */
    if ((family == AF_INET || family == AF_UNSPEC)
        && inet_pton(AF_INET, name, &out->in.sin_addr) > 0) {
        out->in.sin_family = AF_INET;
        return 0;
    }
    if ((family == AF_INET6 || family == AF_UNSPEC) && !strchr(name, '%')
        && size >= sizeof(out->in6)
        && inet_pton(AF_INET6, name, &out->in6.sin6_addr) > 0) {
        out->in6.sin6_family = AF_INET6;
        return 0;
    }
    memset(out, 0, size);
    struct addrinfo *found;
    struct addrinfo hints = {.ai_family = family};
    if (!look_up(name, NULL, &hints, &found)) { return -1; }
    memcpy(out, found->ai_addr, Py_MIN(found->ai_addrlen, size));
    freeaddrinfo(found);
    return 0;
}

PyObject *
hob_resolve_show_in(const struct sockaddr_in *from)
{
    char text[INET_ADDRSTRLEN];
    if (!inet_ntop(AF_INET, &from->sin_addr, text, sizeof text)) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyUnicode_FromString(text);
}

PyObject *
hob_resolve_show_in6(const struct sockaddr_in6 *from)
{
    char text[INET6_ADDRSTRLEN];
    if (!inet_ntop(AF_INET6, &from->sin6_addr, text, sizeof text)) {
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    return PyUnicode_FromString(text);
}

PyDoc_STRVAR(gethostname_doc, "gethostname() -> string\n\nReturn the name of this host.");

static PyObject *
resolve_gethostname(PyObject *module, PyObject *unused)
{
    char name[1024];
    if (PySys_Audit("socket.gethostname", NULL) < 0) { return NULL; }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = gethostname(name, sizeof name - 1);
    Py_END_ALLOW_THREADS
    if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    name[sizeof name - 1] = 0;
    return PyUnicode_DecodeFSDefault(name);
}

PyDoc_STRVAR(sethostname_doc, "sethostname(name)\n\nRename this host.");

static PyObject *
resolve_sethostname(PyObject *module, PyObject *args)
{
    PyObject *name = NULL;
    if (!PyArg_ParseTuple(args, "S:sethostname", &name)) {
        PyErr_Clear();
        if (!PyArg_ParseTuple(args, "O&:sethostname", PyUnicode_FSConverter, &name)) {
            return NULL;
        }
    }
    else {
        Py_INCREF(name);
    }
    own PyObject *bytes = name;
    if (PySys_Audit("socket.sethostname", "(O)", bytes) < 0) { return NULL; }
    int result;
    Py_BEGIN_ALLOW_THREADS
    result = sethostname(PyBytes_AS_STRING(bytes), PyBytes_GET_SIZE(bytes));
    Py_END_ALLOW_THREADS
    if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    Py_RETURN_NONE;
}

/* --- gethostby... --- */

PyDoc_STRVAR(gethostbyname_doc,
    "gethostbyname(host) -> address\n\n"
    "Return the IPv4 address of a host, like '127.0.0.1'.");

static PyObject *
resolve_gethostbyname(PyObject *module, PyObject *args)
{
    char *name;
    address found;
    if (!PyArg_ParseTuple(args, "et:gethostbyname", "idna", &name)) { return NULL; }
    PyObject *result = NULL;
    if (PySys_Audit("socket.gethostbyname", "O", args) == 0
        && hob_resolve_host(name, &found, sizeof(found.in), AF_INET) == 0) {
        result = hob_resolve_show_in(&found.in);
    }
    PyMem_Free(name);
    return result;
}

static PyObject *
show_host_address(int family, const char *raw)
{
    char text[INET6_ADDRSTRLEN];
    if (!inet_ntop(family, raw, text, sizeof text)) { return PyErr_SetFromErrno(PyExc_OSError); }
    return PyUnicode_FromString(text);
}

static status
append_new(PyObject *list, STOLEN PyObject *item)
{
    own PyObject *it = item;
    return it ? PyList_Append(list, it) : -1;
}

/* (name, aliases, addresses) */
static PyObject *
show_host(const struct hostent *host, int error, int family)
{
    if (!host) {
        raise_host(error);
        return NULL;
    }
    if (host->h_addrtype != family) {
        errno = EAFNOSUPPORT;
        return PyErr_SetFromErrno(PyExc_OSError);
    }
    own PyObject *aliases = PyList_New(0);
    own PyObject *numbers = PyList_New(0);
    if (!aliases || !numbers) { return NULL; }
    for (char **at = host->h_aliases; at && *at; at++) {
        if (append_new(aliases, PyUnicode_DecodeFSDefault(*at)) < 0) { return NULL; }
    }
    for (char **at = host->h_addr_list; *at; at++) {
        if (append_new(numbers, show_host_address(family, *at)) < 0) { return NULL; }
    }
    own PyObject *name = PyUnicode_DecodeFSDefault(host->h_name);
    return name ? PyTuple_Pack(3, name, aliases, numbers) : NULL;
}

#define HOST_BUFFER 16384

PyDoc_STRVAR(gethostbyname_ex_doc,
    "gethostbyname_ex(host) -> (name, aliaslist, addresslist)\n\n"
    "Return the true name of a host, its other names, and its IPv4 addresses.");

static PyObject *
resolve_gethostbyname_ex(PyObject *module, PyObject *args)
{
    char *name;
    address found;
    if (!PyArg_ParseTuple(args, "et:gethostbyname_ex", "idna", &name)) { return NULL; }
    PyObject *result = NULL;
    if (PySys_Audit("socket.gethostbyname", "O", args) == 0
        && hob_resolve_host(name, &found, sizeof(found.in), AF_INET) == 0) {
        struct hostent storage, *host = NULL;
        char buffer[HOST_BUFFER];
        int error = 0;
        Py_BEGIN_ALLOW_THREADS
        gethostbyname_r(name, &storage, buffer, sizeof buffer, &host, &error);
        Py_END_ALLOW_THREADS
        result = show_host(host, error, found.any.sa_family);
    }
    PyMem_Free(name);
    return result;
}

PyDoc_STRVAR(gethostbyaddr_doc,
    "gethostbyaddr(host) -> (name, aliaslist, addresslist)\n\n"
    "Return the true name, other names and addresses of a host known by its address.");

static PyObject *
resolve_gethostbyaddr(PyObject *module, PyObject *args)
{
    char *name;
    address found;
    if (!PyArg_ParseTuple(args, "et:gethostbyaddr", "idna", &name)) { return NULL; }
    PyObject *result = NULL;
    if (PySys_Audit("socket.gethostbyaddr", "O", args) == 0
        && hob_resolve_host(name, &found, sizeof found, AF_UNSPEC) == 0) {
        int family = found.any.sa_family, error = 0;
        bool is_in = family == AF_INET;
        const void *raw = is_in ? (void *)&found.in.sin_addr : (void *)&found.in6.sin6_addr;
        struct hostent storage, *host = NULL;
        char buffer[HOST_BUFFER];
        Py_BEGIN_ALLOW_THREADS
        gethostbyaddr_r(raw, is_in ? 4 : 16, family, &storage, buffer, sizeof buffer, &host,
                        &error);
        Py_END_ALLOW_THREADS
        result = show_host(host, error, family);
    }
    PyMem_Free(name);
    return result;
}

/* --- services and protocols --- */

PyDoc_STRVAR(getservbyname_doc,
    "getservbyname(servicename[, protocolname]) -> integer\n\n"
    "Return the port of a service; the protocol is 'tcp', 'udp' or any.");

static PyObject *
resolve_getservbyname(PyObject *module, PyObject *args)
{
    const char *name, *protocol = NULL;
    if (!PyArg_ParseTuple(args, "s|s:getservbyname", &name, &protocol)) { return NULL; }
    if (PySys_Audit("socket.getservbyname", "ss", name, protocol) < 0) { return NULL; }
    struct servent storage, *found = NULL;
    char buffer[HOST_BUFFER];
    Py_BEGIN_ALLOW_THREADS
    getservbyname_r(name, protocol, &storage, buffer, sizeof buffer, &found);
    Py_END_ALLOW_THREADS
    if (!found) {
        PyErr_SetString(PyExc_OSError, "service/proto not found");
        return NULL;
    }
    return PyLong_FromLong(ntohs((uint16_t)found->s_port));
}

PyDoc_STRVAR(getservbyport_doc,
    "getservbyport(port[, protocolname]) -> string\n\n"
    "Return the service at a port; the protocol is 'tcp', 'udp' or any.");

static PyObject *
resolve_getservbyport(PyObject *module, PyObject *args)
{
    int port;
    const char *protocol = NULL;
    if (!PyArg_ParseTuple(args, "i|s:getservbyport", &port, &protocol)) { return NULL; }
    if (port < 0 || port > 0xffff) {
        PyErr_SetString(PyExc_OverflowError, "getservbyport: port must be 0-65535.");
        return NULL;
    }
    if (PySys_Audit("socket.getservbyport", "is", port, protocol) < 0) { return NULL; }
    struct servent storage, *found = NULL;
    char buffer[HOST_BUFFER];
    Py_BEGIN_ALLOW_THREADS
    getservbyport_r(htons((uint16_t)port), protocol, &storage, buffer, sizeof buffer, &found);
    Py_END_ALLOW_THREADS
    if (!found) {
        PyErr_SetString(PyExc_OSError, "port/proto not found");
        return NULL;
    }
    return PyUnicode_FromString(found->s_name);
}

PyDoc_STRVAR(getprotobyname_doc,
    "getprotobyname(name) -> integer\n\nReturn the number of a protocol.");

static PyObject *
resolve_getprotobyname(PyObject *module, PyObject *args)
{
    const char *name;
    if (!PyArg_ParseTuple(args, "s:getprotobyname", &name)) { return NULL; }
    struct protoent storage, *found = NULL;
    char buffer[HOST_BUFFER];
    Py_BEGIN_ALLOW_THREADS
    getprotobyname_r(name, &storage, buffer, sizeof buffer, &found);
    Py_END_ALLOW_THREADS
    if (!found) {
        PyErr_SetString(PyExc_OSError, "protocol not found");
        return NULL;
    }
    return PyLong_FromLong(found->p_proto);
}

/* --- getaddrinfo, getnameinfo --- */

/* The service as text: its owner is *owner; NULL for None. */
static status
read_service(PyObject *given, PyObject **owner, const char **text)
{
    *text = NULL;
    if (given == Py_None) { return 0; }
    if (PyLong_CheckExact(given)) {
        long port = PyLong_AsLong(given);
        if (port == -1 && PyErr_Occurred()) { return -1; }
        *owner = PyBytes_FromFormat("%ld", port);
        if (!*owner) { return -1; }
        *text = PyBytes_AS_STRING(*owner);
        return 0;
    }
    if (PyUnicode_Check(given)) {
        *text = PyUnicode_AsUTF8(given);
        return *text ? 0 : -1;
    }
    if (PyBytes_Check(given)) {
        *text = PyBytes_AS_STRING(given);
        return 0;
    }
    PyErr_SetString(PyExc_OSError, "Int or String expected");
    return -1;
}

static status
read_host_name(PyObject *given, PyObject **owner, const char **text)
{
    *text = NULL;
    if (given == Py_None) { return 0; }
    if (PyUnicode_Check(given)) {
        *owner = PyUnicode_AsEncodedString(given, "idna", NULL);
    }
    else if (PyBytes_Check(given)) {
        *owner = Py_NewRef(given);
    }
    else {
        PyErr_SetString(PyExc_TypeError, "getaddrinfo() argument 1 must be string or None");
    }
    if (!*owner) { return -1; }
    *text = PyBytes_AS_STRING(*owner);
    return 0;
}

static PyObject *
show_found(const struct addrinfo *found)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    for (; found; found = found->ai_next) {
        own PyObject *to = hob_address_show(-1, (const address *)found->ai_addr,
                                            found->ai_addrlen, found->ai_protocol);
        if (!to) { return NULL; }
        if (append_new(list, Py_BuildValue("iiisO", found->ai_family, found->ai_socktype,
                                           found->ai_protocol,
                                           found->ai_canonname ? found->ai_canonname : "",
                                           to)) < 0) {
            return NULL;
        }
    }
    return take(list);
}

PyDoc_STRVAR(getaddrinfo_doc,
    "getaddrinfo(host, port [, family, type, proto, flags])\n"
    "    -> list of (family, type, proto, canonname, sockaddr)\n\n"
    "Return what to make sockets from to reach a host and port.");

static PyObject *
resolve_getaddrinfo(PyObject *module, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"host", "port", "family", "type", "proto", "flags", NULL};
    PyObject *host, *port;
    int family = AF_UNSPEC, type = 0, proto = 0, flags = 0;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO|iiii:getaddrinfo", names, &host, &port,
                                     &family, &type, &proto, &flags)) {
        return NULL;
    }
    own PyObject *host_owner = NULL;
    own PyObject *port_owner = NULL;
    const char *host_text, *port_text;
    if (read_host_name(host, &host_owner, &host_text) < 0) { return NULL; }
    if (read_service(port, &port_owner, &port_text) < 0) { return NULL; }
    if (PySys_Audit("socket.getaddrinfo", "OOiii", host, port, family, type, proto) < 0) {
        return NULL;
    }
    struct addrinfo *found;
    struct addrinfo hints = {.ai_flags = flags, .ai_family = family, .ai_socktype = type,
                             .ai_protocol = proto};
    if (!look_up(host_text, port_text, &hints, &found)) { return NULL; }
    PyObject *result = show_found(found);
    freeaddrinfo(found);
    return result;
}

PyDoc_STRVAR(getnameinfo_doc,
    "getnameinfo(sockaddr, flags) --> (host, port)\n\n"
    "Return the names of host and service of an address.");

/* (host, service) of the one address that is found. */
static PyObject *
name_found(struct addrinfo *found, PyObject *given, unsigned flow, unsigned scope, int flags)
{
    if (found->ai_next) {
        PyErr_SetString(PyExc_OSError, "sockaddr resolved to multiple addresses");
        return NULL;
    }
    if (found->ai_family == AF_INET && PyTuple_GET_SIZE(given) != 2) {
        PyErr_SetString(PyExc_OSError, "IPv4 sockaddr must be 2 tuple");
        return NULL;
    }
    if (found->ai_family == AF_INET6) {
        struct sockaddr_in6 *it = (struct sockaddr_in6 *)found->ai_addr;
        it->sin6_flowinfo = htonl(flow);
        it->sin6_scope_id = scope;
    }
    char host[NI_MAXHOST], service[NI_MAXSERV];
    int error;
    Py_BEGIN_ALLOW_THREADS
    error = getnameinfo(found->ai_addr, found->ai_addrlen, host, sizeof host, service,
                        sizeof service, flags);
    Py_END_ALLOW_THREADS
    if (error) {
        raise_gai(error);
        return NULL;
    }
    own PyObject *name = PyUnicode_DecodeFSDefault(host);
    return name ? Py_BuildValue("Os", name, service) : NULL;
}

static PyObject *
resolve_getnameinfo(PyObject *module, PyObject *args)
{
    PyObject *given;
    const char *host;
    int flags, port;
    unsigned flow = 0, scope = 0;
    if (!PyArg_ParseTuple(args, "Oi:getnameinfo", &given, &flags)) { return NULL; }
    if (!PyTuple_Check(given)) {
        PyErr_SetString(PyExc_TypeError, "getnameinfo() argument 1 must be a tuple");
        return NULL;
    }
    if (!PyArg_ParseTuple(given, "si|II;getnameinfo(): illegal sockaddr argument", &host, &port,
                          &flow, &scope)) {
        return NULL;
    }
    if (flow > 0xfffff) {
        PyErr_SetString(PyExc_OverflowError, "getnameinfo(): flowinfo must be 0-1048575.");
        return NULL;
    }
    if (PySys_Audit("socket.getnameinfo", "(O)", given) < 0) { return NULL; }
    char service[16];
    snprintf(service, sizeof service, "%d", port);
    struct addrinfo *found;
    struct addrinfo hints = {.ai_socktype = SOCK_DGRAM, .ai_flags = AI_NUMERICHOST};
    if (!look_up(host, service, &hints, &found)) { return NULL; }
    PyObject *result = name_found(found, given, flow, scope, flags);
    freeaddrinfo(found);
    return result;
}

/* --- addresses as bytes --- */

PyDoc_STRVAR(inet_aton_doc,
    "inet_aton(string) -> bytes giving packed 32-bit IP representation\n\n"
    "Return the four bytes of an IPv4 address in text.");

static PyObject *
resolve_inet_aton(PyObject *module, PyObject *args)
{
    const char *text;
    struct in_addr packed;
    if (!PyArg_ParseTuple(args, "s:inet_aton", &text)) { return NULL; }
    if (!inet_aton(text, &packed)) {
        PyErr_SetString(PyExc_OSError, "illegal IP address string passed to inet_aton");
        return NULL;
    }
    return PyBytes_FromStringAndSize((const char *)&packed, sizeof packed);
}

static PyObject *
show_packed(int family, Py_buffer *packed)
{
    char text[INET6_ADDRSTRLEN];
    const char *done = inet_ntop(family, packed->buf, text, sizeof text);
    PyBuffer_Release(packed);
    return done ? PyUnicode_FromString(text) : PyErr_SetFromErrno(PyExc_OSError);
}

PyDoc_STRVAR(inet_ntoa_doc,
    "inet_ntoa(packed_ip) -> ip_address_string\n\n"
    "Return the text for the four bytes of an IPv4 address.");

static PyObject *
resolve_inet_ntoa(PyObject *module, PyObject *args)
{
    Py_buffer packed;
    if (!PyArg_ParseTuple(args, "y*:inet_ntoa", &packed)) { return NULL; }
    if (packed.len != sizeof(struct in_addr)) {
        PyErr_SetString(PyExc_OSError, "packed IP wrong length for inet_ntoa");
        PyBuffer_Release(&packed);
        return NULL;
    }
    return show_packed(AF_INET, &packed);
}

PyDoc_STRVAR(inet_pton_doc,
    "inet_pton(af, ip) -> packed IP address string\n\n"
    "Return the bytes of an address in text, of family AF_INET or AF_INET6.");

static PyObject *
resolve_inet_pton(PyObject *module, PyObject *args)
{
    int family;
    const char *text;
    char packed[sizeof(struct in6_addr)];
    if (!PyArg_ParseTuple(args, "is:inet_pton", &family, &text)) { return NULL; }
    int result = inet_pton(family, text, packed);
    if (result < 0) { return PyErr_SetFromErrno(PyExc_OSError); }
    if (result == 0) {
        PyErr_SetString(PyExc_OSError, "illegal IP address string passed to inet_pton");
        return NULL;
    }
    return PyBytes_FromStringAndSize(packed, family == AF_INET ? 4 : 16);
}

PyDoc_STRVAR(inet_ntop_doc,
    "inet_ntop(af, packed_ip) -> string formatted IP address\n\n"
    "Return the text for the bytes of an address of family AF_INET or AF_INET6.");

static PyObject *
resolve_inet_ntop(PyObject *module, PyObject *args)
{
    int family;
    Py_buffer packed;
    if (!PyArg_ParseTuple(args, "iy*:inet_ntop", &family, &packed)) { return NULL; }
    if (family != AF_INET && family != AF_INET6) {
        PyErr_Format(PyExc_ValueError, "unknown address family %d", family);
        PyBuffer_Release(&packed);
        return NULL;
    }
    if (packed.len != (family == AF_INET ? 4 : 16)) {
        PyErr_SetString(PyExc_ValueError, "invalid length of packed IP address string");
        PyBuffer_Release(&packed);
        return NULL;
    }
    return show_packed(family, &packed);
}

/* --- byte order --- */

static PyObject *
swap_16(PyObject *args, const char *format, const char *name)
{
    int x;
    if (!PyArg_ParseTuple(args, format, &x)) { return NULL; }
    if (x < 0 || x > 0xffff) {
        PyErr_Format(PyExc_OverflowError, x < 0
                     ? "%s: can't convert negative Python int to C 16-bit unsigned integer"
                     : "%s: Python int too large to convert to C 16-bit unsigned integer", name);
        return NULL;
    }
    return PyLong_FromLong(ntohs((uint16_t)x));
}

static PyObject *
swap_32(PyObject *number)
{
    if (!PyLong_Check(number)) {
        return PyErr_Format(PyExc_TypeError, "expected int, %s found", Py_TYPE(number)->tp_name);
    }
    unsigned long x = PyLong_AsUnsignedLong(number);
    if (x == (unsigned long)-1 && PyErr_Occurred()) { return NULL; }
    if (x > 0xffffffff) {
        return PyErr_Format(PyExc_OverflowError, "int larger than 32 bits");
    }
    return PyLong_FromUnsignedLong(ntohl((uint32_t)x));
}

PyDoc_STRVAR(ntohs_doc, "ntohs(integer) -> integer\n\n16 bits, from the net's order to ours.");
PyDoc_STRVAR(htons_doc, "htons(integer) -> integer\n\n16 bits, from our order to the net's.");
PyDoc_STRVAR(ntohl_doc, "ntohl(integer) -> integer\n\n32 bits, from the net's order to ours.");
PyDoc_STRVAR(htonl_doc, "htonl(integer) -> integer\n\n32 bits, from our order to the net's.");

static PyObject *
resolve_ntohs(PyObject *module, PyObject *args)
{
    return swap_16(args, "i:ntohs", "ntohs");
}

static PyObject *
resolve_htons(PyObject *module, PyObject *args)
{
    return swap_16(args, "i:htons", "htons");
}

static PyObject *
resolve_swap_32(PyObject *module, PyObject *number)
{
    return swap_32(number);
}

/* --- interfaces --- */

PyDoc_STRVAR(if_nameindex_doc,
    "if_nameindex()\n\nReturn a list of (index, name), one of each network interface.");

static PyObject *
resolve_if_nameindex(PyObject *module, PyObject *unused)
{
    own PyObject *list = PyList_New(0);
    if (!list) { return NULL; }
    struct if_nameindex *found = if_nameindex();
    if (!found) { return PyErr_SetFromErrno(PyExc_OSError); }
    status done = 0;
    for (struct if_nameindex *at = found; done == 0 && at->if_index != 0 && at->if_name; at++) {
        done = append_new(list, Py_BuildValue("IO&", at->if_index, PyUnicode_DecodeFSDefault,
                                              at->if_name));
    }
    if_freenameindex(found);
    return done < 0 ? NULL : take(list);
}

PyDoc_STRVAR(if_nametoindex_doc,
    "if_nametoindex(if_name)\n\nReturn the index of a network interface.");

static PyObject *
resolve_if_nametoindex(PyObject *module, PyObject *args)
{
    PyObject *name = NULL;
    if (!PyArg_ParseTuple(args, "O&:if_nametoindex", PyUnicode_FSConverter, &name)) {
        return NULL;
    }
    own PyObject *bytes = name;
    unsigned long index = if_nametoindex(PyBytes_AS_STRING(bytes));
    if (index == 0) {
        PyErr_SetString(PyExc_OSError, "no interface with this name");
        return NULL;
    }
    return PyLong_FromUnsignedLong(index);
}

PyDoc_STRVAR(if_indextoname_doc,
    "if_indextoname(if_index)\n\nReturn the name of a network interface.");

static PyObject *
resolve_if_indextoname(PyObject *module, PyObject *number)
{
    unsigned long index = PyLong_AsUnsignedLong(number);
    if (index == (unsigned long)-1 && PyErr_Occurred()) { return NULL; }
    char name[IF_NAMESIZE + 1];
    if (!if_indextoname((unsigned)index, name)) { return PyErr_SetFromErrno(PyExc_OSError); }
    return PyUnicode_DecodeFSDefault(name);
}

#define FUNCTION(name, function, flags) \
    {#name, (PyCFunction)(void (*)(void))function, flags, name##_doc}
PyMethodDef hob_resolve_functions[] = {
    FUNCTION(gethostbyname, resolve_gethostbyname, METH_VARARGS),
    FUNCTION(gethostbyname_ex, resolve_gethostbyname_ex, METH_VARARGS),
    FUNCTION(gethostbyaddr, resolve_gethostbyaddr, METH_VARARGS),
    FUNCTION(gethostname, resolve_gethostname, METH_NOARGS),
    FUNCTION(sethostname, resolve_sethostname, METH_VARARGS),
    FUNCTION(getservbyname, resolve_getservbyname, METH_VARARGS),
    FUNCTION(getservbyport, resolve_getservbyport, METH_VARARGS),
    FUNCTION(getprotobyname, resolve_getprotobyname, METH_VARARGS),
    FUNCTION(ntohs, resolve_ntohs, METH_VARARGS),
    FUNCTION(ntohl, resolve_swap_32, METH_O),
    FUNCTION(htons, resolve_htons, METH_VARARGS),
    FUNCTION(htonl, resolve_swap_32, METH_O),
    FUNCTION(inet_aton, resolve_inet_aton, METH_VARARGS),
    FUNCTION(inet_ntoa, resolve_inet_ntoa, METH_VARARGS),
    FUNCTION(inet_pton, resolve_inet_pton, METH_VARARGS),
    FUNCTION(inet_ntop, resolve_inet_ntop, METH_VARARGS),
    FUNCTION(getaddrinfo, resolve_getaddrinfo, METH_VARARGS | METH_KEYWORDS),
    FUNCTION(getnameinfo, resolve_getnameinfo, METH_VARARGS),
    FUNCTION(if_nameindex, resolve_if_nameindex, METH_NOARGS),
    FUNCTION(if_nametoindex, resolve_if_nametoindex, METH_VARARGS),
    FUNCTION(if_indextoname, resolve_if_indextoname, METH_O),
    {NULL},
};

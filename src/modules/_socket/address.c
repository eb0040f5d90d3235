/* address.c -- socket addresses: from Python's tuples to the kernel's structs and back.
 *
 * Holds      What hob_address_read fills, hob_address_show gives back equal.
 * Next       a family has one reader and one shower; two switches choose.
 */
#include "modules/_socket/socket.h"

/* A host name as bytes without a NUL, for "O&"; releases on a NULL object. */
typedef struct {
    const char *text;
    PyObject *owner;
} host_name;

static int
read_host(PyObject *value, host_name *out)
{
    if (!value) {
        Py_CLEAR(out->owner);
        return 1;
    }
    Py_ssize_t size;
    if (PyUnicode_Check(value)) {
        if (PyUnicode_READY(value) < 0) { return 0; }
        out->owner = PyUnicode_AsEncodedString(
            value, PyUnicode_IS_COMPACT_ASCII(value) ? "ascii" : "idna", NULL);
        if (!out->owner) {
            PyErr_SetString(PyExc_TypeError, "encoding of hostname failed");
            return 0;
        }
    }
    else if (PyBytes_Check(value) || PyByteArray_Check(value)) {
        out->owner = Py_NewRef(value);
    }
    else {
        PyErr_Format(PyExc_TypeError, "str, bytes or bytearray expected, not %s",
                     Py_TYPE(value)->tp_name);
        return 0;
    }
    if (PyByteArray_Check(out->owner)) {
        out->text = PyByteArray_AS_STRING(out->owner);
        size = PyByteArray_GET_SIZE(out->owner);
    }
    else {
        out->text = PyBytes_AS_STRING(out->owner);
        size = PyBytes_GET_SIZE(out->owner);
    }
    if ((Py_ssize_t)strlen(out->text) != size) {
        Py_CLEAR(out->owner);
        PyErr_SetString(PyExc_TypeError, "host name must not contain null character");
        return 0;
    }
    return Py_CLEANUP_SUPPORTED;
}

static status
check_tuple(PyObject *given, const char *caller, const char *family)
{
    if (PyTuple_Check(given)) { return 0; }
    PyErr_Format(PyExc_TypeError, "%s(): %s address must be tuple, not %.500s", caller, family,
                 Py_TYPE(given)->tp_name);
    return -1;
}

static status
range_error(const char *caller, const char *what)
{
    PyErr_Format(PyExc_OverflowError, "%s(): %s.", caller, what);
    return -1;
}

static status
check_port(int port, const char *caller)
{
    return port < 0 || port > 0xffff ? range_error(caller, "port must be 0-65535") : 0;
}

/* A port beyond int is out of range just as well. */
static status
parse_failed(const char *caller)
{
    if (PyErr_ExceptionMatches(PyExc_OverflowError)) {
        PyErr_Clear();
        return range_error(caller, "port must be 0-65535");
    }
    return -1;
}

/* --- reading, one function a family --- */

static status
read_in(PyObject *given, address *out, socklen_t *size, const char *caller)
{
    host_name host = {NULL, NULL};
    int port;
    if (check_tuple(given, caller, "AF_INET") < 0) { return -1; }
    if (!PyArg_ParseTuple(given, "O&i;AF_INET address must be a pair (host, port)", read_host,
                          &host, &port)) {
        return parse_failed(caller);
    }
    own PyObject *owner = host.owner;
    (void)owner;
    if (hob_resolve_host(host.text, out, sizeof(out->in), AF_INET) < 0) { return -1; }
    if (check_port(port, caller) < 0) { return -1; }
    out->in.sin_family = AF_INET;
    out->in.sin_port = htons((uint16_t)port);
    *size = sizeof(out->in);
    return 0;
}

static status
read_in6(PyObject *given, address *out, socklen_t *size, const char *caller)
{
    host_name host = {NULL, NULL};
    int port;
    unsigned flow = 0, scope = 0;
    if (check_tuple(given, caller, "AF_INET6") < 0) { return -1; }
    if (!PyArg_ParseTuple(given, "O&i|II;AF_INET6 address must be a tuple "
                          "(host, port[, flowinfo[, scopeid]])",
                          read_host, &host, &port, &flow, &scope)) {
        return parse_failed(caller);
    }
    own PyObject *owner = host.owner;
    (void)owner;
    if (hob_resolve_host(host.text, out, sizeof(out->in6), AF_INET6) < 0) { return -1; }
    if (check_port(port, caller) < 0) { return -1; }
    if (flow > 0xfffff) { return range_error(caller, "flowinfo must be 0-1048575"); }
    out->in6.sin6_family = AF_INET6;
    out->in6.sin6_port = htons((uint16_t)port);
    out->in6.sin6_flowinfo = htonl(flow);
    out->in6.sin6_scope_id = scope;
    *size = sizeof(out->in6);
    return 0;
}

static status
read_un(PyObject *given, address *out, socklen_t *size)
{
    own PyObject *encoded = PyUnicode_Check(given) ? PyUnicode_EncodeFSDefault(given)
                                                   : Py_NewRef(given);
    if (!encoded) { return -1; }
    Py_buffer path;
    if (PyObject_GetBuffer(encoded, &path, PyBUF_SIMPLE) < 0) { return -1; }
    /* a leading NUL: a name that is not in the file system, and needs no NUL at its end */
    bool is_abstract = path.len == 0 || *(const char *)path.buf == 0;
    bool fits = path.len + !is_abstract <= (Py_ssize_t)sizeof(out->un.sun_path);
    if (fits) {
        memcpy(out->un.sun_path, path.buf, path.len);
        if (!is_abstract) { out->un.sun_path[path.len] = 0; }
        out->un.sun_family = AF_UNIX;
        *size = offsetof(struct sockaddr_un, sun_path) + path.len + !is_abstract;
    }
    else {
        PyErr_SetString(PyExc_OSError, "AF_UNIX path too long");
    }
    PyBuffer_Release(&path);
    return fits ? 0 : -1;
}

static status
read_netlink(PyObject *given, address *out, socklen_t *size, const char *caller)
{
    unsigned pid, groups;
    if (check_tuple(given, caller, "AF_NETLINK") < 0) { return -1; }
    if (!PyArg_ParseTuple(given, "II;AF_NETLINK address must be a pair (pid, groups)", &pid,
                          &groups)) {
        return -1;
    }
    out->nl.nl_family = AF_NETLINK;
    out->nl.nl_pid = pid;
    out->nl.nl_groups = groups;
    *size = sizeof(out->nl);
    return 0;
}

/* The index of the interface; "" is 0, any. */
static status
interface_index(socket_object *self, const char *name, int *index)
{
    struct ifreq request = {0};
    *index = 0;
    if (!*name) { return 0; }
    strncpy(request.ifr_name, name, sizeof request.ifr_name - 1);
    if (ioctl(self->fd, SIOCGIFINDEX, &request) < 0) {
        self->on_error();
        return -1;
    }
    *index = request.ifr_ifindex;
    return 0;
}

static status
read_packet(socket_object *self, PyObject *given, address *out, socklen_t *size,
            const char *caller)
{
    const char *interface;
    int protocol, packet_type = 0, hardware_type = 0, index;
    Py_buffer hardware = {NULL};
    if (check_tuple(given, caller, "AF_PACKET") < 0) { return -1; }
    if (!PyArg_ParseTuple(given, "si|iiy*;AF_PACKET address must be a tuple of two to five "
                          "elements", &interface, &protocol, &packet_type, &hardware_type,
                          &hardware)) {
        return -1;
    }
    struct ifreq request = {0};
    strncpy(request.ifr_name, interface, sizeof request.ifr_name - 1);
    status done = -1;
    if (ioctl(self->fd, SIOCGIFINDEX, &request) < 0) {
        self->on_error();
    }
    else if (hardware.buf && hardware.len > 8) {
        PyErr_SetString(PyExc_ValueError, "Hardware address must be 8 bytes or less");
    }
    else if (protocol < 0 || protocol > 0xffff) {
        range_error(caller, "proto must be 0-65535");
    }
    else {
        index = request.ifr_ifindex;
        out->ll.sll_family = AF_PACKET;
        out->ll.sll_protocol = htons((uint16_t)protocol);
        out->ll.sll_ifindex = index;
        out->ll.sll_pkttype = (unsigned char)packet_type;
        out->ll.sll_hatype = (unsigned short)hardware_type;
        out->ll.sll_halen = (unsigned char)hardware.len;
        if (hardware.buf) { memcpy(out->ll.sll_addr, hardware.buf, hardware.len); }
        *size = sizeof(out->ll);
        done = 0;
    }
    PyBuffer_Release(&hardware);
    return done;
}

static status
read_can(socket_object *self, PyObject *given, address *out, socklen_t *size)
{
    PyObject *name = NULL;
    unsigned long receive = 0, transmit = 0;
    unsigned long long j1939_name = 0;
    unsigned pgn = 0;
    unsigned char place = 0;
    if (self->proto == CAN_ISOTP) {
        if (!PyArg_ParseTuple(given, "O&kk", PyUnicode_FSConverter, &name, &receive,
                              &transmit)) {
            return -1;
        }
    }
    else if (self->proto == CAN_J1939) {
        if (!PyArg_ParseTuple(given, "O&KIB", PyUnicode_FSConverter, &name, &j1939_name, &pgn,
                              &place)) {
            return -1;
        }
    }
    else if (self->proto == CAN_RAW || self->proto == CAN_BCM) {
        if (!PyTuple_Check(given)) {
            PyErr_Format(PyExc_TypeError, "getsockaddrarg: AF_CAN address must be tuple, not "
                         "%.500s", Py_TYPE(given)->tp_name);
            return -1;
        }
        if (!PyArg_ParseTuple(given, "O&;AF_CAN address must be a tuple (interface, )",
                              PyUnicode_FSConverter, &name)) {
            return -1;
        }
    }
    else {
        PyErr_SetString(PyExc_OSError, "getsockaddrarg: unsupported CAN protocol");
        return -1;
    }
    own PyObject *interface = name;
    if (PyBytes_GET_SIZE(interface) >= IFNAMSIZ) {
        PyErr_SetString(PyExc_OSError, "AF_CAN interface name too long");
        return -1;
    }
    int index;
    if (interface_index(self, PyBytes_AS_STRING(interface), &index) < 0) { return -1; }
    out->can.can_family = AF_CAN;
    out->can.can_ifindex = index;
    if (self->proto == CAN_ISOTP) {
        out->can.can_addr.tp.rx_id = (canid_t)receive;
        out->can.can_addr.tp.tx_id = (canid_t)transmit;
    }
    else if (self->proto == CAN_J1939) {
        out->can.can_addr.j1939.name = j1939_name;
        out->can.can_addr.j1939.pgn = pgn;
        out->can.can_addr.j1939.addr = place;
    }
    *size = sizeof(out->can);
    return 0;
}

static status
read_tipc(PyObject *given, address *out, socklen_t *size, const char *caller)
{
    unsigned kind, v1, v2, v3, scope = TIPC_CLUSTER_SCOPE;
    if (check_tuple(given, caller, "AF_TIPC") < 0) { return -1; }
    if (!PyArg_ParseTuple(given, "IIII|I;AF_TIPC address must be a tuple "
                          "(addr_type, v1, v2, v3[, scope])", &kind, &v1, &v2, &v3, &scope)) {
        return -1;
    }
    out->tipc.family = AF_TIPC;
    out->tipc.addrtype = (unsigned char)kind;
    out->tipc.scope = (signed char)scope;
    switch (kind) {
    case TIPC_ADDR_NAMESEQ:
        out->tipc.addr.nameseq = (struct tipc_service_range){v1, v2, v3};
        break;
    case TIPC_ADDR_NAME:
        out->tipc.addr.name.name.type = v1;
        out->tipc.addr.name.name.instance = v2;
        break;
    case TIPC_ADDR_ID:
        out->tipc.addr.id.node = v1;
        out->tipc.addr.id.ref = v2;
        break;
    default:
        PyErr_SetString(PyExc_TypeError, "Invalid address type.");
        return -1;
    }
    *size = sizeof(out->tipc);
    return 0;
}

static status
read_alg(PyObject *given, address *out, socklen_t *size, const char *caller)
{
    const char *kind, *name;
    unsigned short features = 0, mask = 0;
    if (check_tuple(given, caller, "AF_ALG") < 0) { return -1; }
    if (!PyArg_ParseTuple(given, "ss|HH;AF_ALG address must be a tuple "
                          "(type, name[, feat[, mask]])", &kind, &name, &features, &mask)) {
        return -1;
    }
    /* the kernel wants a NUL at the end of the type; a name may fill its field */
    if (strlen(kind) >= sizeof out->alg.salg_type) {
        PyErr_SetString(PyExc_ValueError, "AF_ALG type too long.");
        return -1;
    }
    if (strlen(name) >= sizeof out->alg.salg_name) {
        PyErr_SetString(PyExc_ValueError, "AF_ALG name too long.");
        return -1;
    }
    out->alg.salg_family = AF_ALG;
    strcpy((char *)out->alg.salg_type, kind);
    strcpy((char *)out->alg.salg_name, name);
    out->alg.salg_feat = features;
    out->alg.salg_mask = mask;
    *size = sizeof(out->alg);
    return 0;
}

static status
read_vsock(PyObject *given, address *out, socklen_t *size)
{
    int cid, port;
    if (!PyTuple_Check(given)) {
        PyErr_Format(PyExc_TypeError, "getsockaddrarg: AF_VSOCK address must be tuple, not "
                     "%.500s", Py_TYPE(given)->tp_name);
        return -1;
    }
    if (!PyArg_ParseTuple(given, "II:getsockaddrarg", &cid, &port)) { return -1; }
    out->vm.svm_family = AF_VSOCK;
    out->vm.svm_port = port;
    out->vm.svm_cid = cid;
    *size = sizeof(out->vm);
    return 0;
}

static status
read_qipcrtr(PyObject *given, address *out, socklen_t *size)
{
    unsigned node, port;
    if (!PyTuple_Check(given)) {
        PyErr_Format(PyExc_TypeError, "getsockaddrarg: AF_QIPCRTR address must be tuple, not "
                     "%.500s", Py_TYPE(given)->tp_name);
        return -1;
    }
    if (!PyArg_ParseTuple(given, "II:getsockaddrarg", &node, &port)) { return -1; }
    out->qrtr.sq_family = AF_QIPCRTR;
    out->qrtr.sq_node = node;
    out->qrtr.sq_port = port;
    *size = sizeof(out->qrtr);
    return 0;
}

/* --- bluetooth --- */

/* "00:11:22:33:44:55", first byte highest. */
static status
read_bdaddr(const char *text, uint8_t out[6])
{
    unsigned b[6];
    char rest;
    if (sscanf(text, "%X:%X:%X:%X:%X:%X%c", &b[5], &b[4], &b[3], &b[2], &b[1], &b[0],
               &rest) != 6
        || (b[0] | b[1] | b[2] | b[3] | b[4] | b[5]) > 0xff) {
        PyErr_SetString(PyExc_OSError, "bad bluetooth address");
        return -1;
    }
    for (int i = 0; i < 6; i++) { out[i] = (uint8_t)b[i]; }
    return 0;
}

static PyObject *
show_bdaddr(const uint8_t b[6])
{
    char text[18];
    snprintf(text, sizeof text, "%02X:%02X:%02X:%02X:%02X:%02X", b[5], b[4], b[3], b[2], b[1],
             b[0]);
    return PyUnicode_FromString(text);
}

static status
wrong_format(const char *caller)
{
    PyErr_Format(PyExc_OSError, "%s(): wrong format", caller);
    return -1;
}

static status
read_bluetooth(socket_object *self, PyObject *given, address *out, socklen_t *size,
               const char *caller)
{
    const char *text;
    int number = 0;
    out->any.sa_family = AF_BLUETOOTH;
    switch (self->proto) {
    case BT_L2CAP:
        *size = sizeof(out->l2cap);
        if (!PyArg_ParseTuple(given, "si", &text, &number)) { return wrong_format(caller); }
        out->l2cap.psm = (uint16_t)number;
        return read_bdaddr(text, out->l2cap.bdaddr);
    case BT_RFCOMM:
        *size = sizeof(out->rfcomm);
        if (!PyArg_ParseTuple(given, "si", &text, &number)) { return wrong_format(caller); }
        out->rfcomm.channel = (uint8_t)number;
        return read_bdaddr(text, out->rfcomm.bdaddr);
    case BT_HCI:
        *size = sizeof(out->hci);
        if (!PyArg_ParseTuple(given, "i", &number)) { return wrong_format(caller); }
        out->hci.device = (uint16_t)number;
        return 0;
    case BT_SCO:
        *size = sizeof(out->sco);
        if (!PyBytes_Check(given)) { return wrong_format(caller); }
        return read_bdaddr(PyBytes_AS_STRING(given), out->sco.bdaddr);
    }
    PyErr_Format(PyExc_OSError, "%s(): unknown Bluetooth protocol", caller);
    return -1;
}

static PyObject *
show_bluetooth(const address *from, int proto)
{
    own PyObject *text = NULL;
    switch (proto) {
    case BT_L2CAP:
        text = show_bdaddr(from->l2cap.bdaddr);
        return text ? Py_BuildValue("Oi", text, from->l2cap.psm) : NULL;
    case BT_RFCOMM:
        text = show_bdaddr(from->rfcomm.bdaddr);
        return text ? Py_BuildValue("Oi", text, from->rfcomm.channel) : NULL;
    case BT_HCI:
        return Py_BuildValue("i", from->hci.device);
    case BT_SCO:
        return show_bdaddr(from->sco.bdaddr);
    }
    PyErr_SetString(PyExc_ValueError, "Unknown Bluetooth protocol");
    return NULL;
}

/* --- the two ways --- */

/* Fill *out from the Python form of an address of self's family. */
status
hob_address_read(socket_object *self, PyObject *given, address *out, socklen_t *size,
                 const char *caller)
{
    memset(out, 0, sizeof *out);
    switch (self->family) {
    case AF_RDS:
    case AF_INET:      return read_in(given, out, size, caller);
    case AF_INET6:     return read_in6(given, out, size, caller);
    case AF_UNIX:      return read_un(given, out, size);
    case AF_NETLINK:   return read_netlink(given, out, size, caller);
    case AF_PACKET:    return read_packet(self, given, out, size, caller);
    case AF_CAN:       return read_can(self, given, out, size);
    case AF_TIPC:      return read_tipc(given, out, size, caller);
    case AF_ALG:       return read_alg(given, out, size, caller);
    case AF_VSOCK:     return read_vsock(given, out, size);
    case AF_QIPCRTR:   return read_qipcrtr(given, out, size);
    case AF_BLUETOOTH: return read_bluetooth(self, given, out, size, caller);
    }
    PyErr_Format(PyExc_OSError, "%s(): bad family", caller);
    return -1;
}

/* How much the kernel may write of an address of self's family. */
status
hob_address_room(socket_object *self, socklen_t *size)
{
    switch (self->family) {
    case AF_RDS: case AF_INET: case AF_INET6: case AF_UNIX: case AF_NETLINK: case AF_PACKET:
    case AF_CAN: case AF_TIPC: case AF_ALG: case AF_VSOCK: case AF_QIPCRTR: case AF_BLUETOOTH:
        *size = sizeof(address);
        return 0;
    }
    PyErr_SetString(PyExc_OSError, "getsockaddrlen: bad family");
    return -1;
}

static PyObject *
show_un(const address *from, size_t size)
{
    size_t length = size > offsetof(struct sockaddr_un, sun_path)
        ? size - offsetof(struct sockaddr_un, sun_path) : 0;
    if (length > 0 && from->un.sun_path[0] == 0) {
        return PyBytes_FromStringAndSize(from->un.sun_path, length);
    }
    return PyUnicode_DecodeFSDefaultAndSize(from->un.sun_path,
                                            strnlen(from->un.sun_path, length));
}

static const char *
interface_name(int fd, int index, struct ifreq *request)
{
    memset(request, 0, sizeof *request);
    if (index) {
        request->ifr_ifindex = index;
        if (ioctl(fd, SIOCGIFNAME, request) == 0) { return request->ifr_name; }
    }
    return "";
}

static PyObject *
show_can(int fd, const address *from, int proto)
{
    struct ifreq request;
    const char *name = interface_name(fd, from->can.can_ifindex, &request);
    if (proto == CAN_ISOTP) {
        return Py_BuildValue("O&kk", PyUnicode_DecodeFSDefault, name,
                             (unsigned long)from->can.can_addr.tp.rx_id,
                             (unsigned long)from->can.can_addr.tp.tx_id);
    }
    if (proto == CAN_J1939) {
        return Py_BuildValue("O&KIB", PyUnicode_DecodeFSDefault, name,
                             (unsigned long long)from->can.can_addr.j1939.name,
                             (unsigned)from->can.can_addr.j1939.pgn,
                             from->can.can_addr.j1939.addr);
    }
    return Py_BuildValue("O&h", PyUnicode_DecodeFSDefault, name, from->can.can_family);
}

static PyObject *
show_tipc(const address *from)
{
    unsigned v1, v2, v3;
    switch (from->tipc.addrtype) {
    case TIPC_ADDR_NAMESEQ:
        v1 = from->tipc.addr.nameseq.type;
        v2 = from->tipc.addr.nameseq.lower;
        v3 = from->tipc.addr.nameseq.upper;
        break;
    case TIPC_ADDR_NAME:
        v1 = from->tipc.addr.name.name.type;
        v2 = v3 = from->tipc.addr.name.name.instance;
        break;
    case TIPC_ADDR_ID:
        v1 = from->tipc.addr.id.node;
        v2 = from->tipc.addr.id.ref;
        v3 = 0;
        break;
    default:
        PyErr_SetString(PyExc_ValueError, "Invalid address type");
        return NULL;
    }
    return Py_BuildValue("IIIII", from->tipc.addrtype, v1, v2, v3, from->tipc.scope);
}

/* The Python form of an address of `size` bytes; None for an empty one. */
PyObject *
hob_address_show(int fd, const address *from, size_t size, int proto)
{
    if (size == 0) { Py_RETURN_NONE; }
    struct ifreq request;
    switch (from->any.sa_family) {
    case AF_INET: {
        own PyObject *host = hob_resolve_show_in(&from->in);
        return host ? Py_BuildValue("Oi", host, ntohs(from->in.sin_port)) : NULL;
    }
    case AF_INET6: {
        own PyObject *host = hob_resolve_show_in6(&from->in6);
        return host ? Py_BuildValue("OiII", host, ntohs(from->in6.sin6_port),
                                    ntohl(from->in6.sin6_flowinfo), from->in6.sin6_scope_id)
                    : NULL;
    }
    case AF_UNIX:      return show_un(from, size);
    case AF_NETLINK:   return Py_BuildValue("II", from->nl.nl_pid, from->nl.nl_groups);
    case AF_VSOCK:     return Py_BuildValue("II", from->vm.svm_cid, from->vm.svm_port);
    case AF_QIPCRTR:   return Py_BuildValue("II", from->qrtr.sq_node, from->qrtr.sq_port);
    case AF_BLUETOOTH: return show_bluetooth(from, proto);
    case AF_CAN:       return show_can(fd, from, proto);
    case AF_TIPC:      return show_tipc(from);
    case AF_PACKET:
        return Py_BuildValue("O&hbhy#", PyUnicode_DecodeFSDefault,
                             interface_name(fd, from->ll.sll_ifindex, &request),
                             ntohs(from->ll.sll_protocol), from->ll.sll_pkttype,
                             from->ll.sll_hatype, from->ll.sll_addr,
                             (Py_ssize_t)Py_MIN(from->ll.sll_halen, 8));
    case AF_ALG:
        return Py_BuildValue(
            "s#s#HH", from->alg.salg_type,
            (Py_ssize_t)strnlen((const char *)from->alg.salg_type, sizeof from->alg.salg_type),
            from->alg.salg_name,
            (Py_ssize_t)strnlen((const char *)from->alg.salg_name, sizeof from->alg.salg_name),
            from->alg.salg_feat, from->alg.salg_mask);
    }
    /* of an unknown family: its number and bytes */
    return Py_BuildValue("iy#", from->any.sa_family, from->any.sa_data,
                         (Py_ssize_t)(size - offsetof(struct sockaddr, sa_data)));
}

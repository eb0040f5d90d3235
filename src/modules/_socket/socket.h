/* socket.h -- what the files of module _socket share. */
#pragma once
#include <Python.h>
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <linux/can.h>
#include <linux/can/bcm.h>
#include <linux/can/isotp.h>
#include <linux/can/j1939.h>
#include <linux/can/raw.h>
#include <linux/if_alg.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/qrtr.h>
#include <linux/tipc.h>
#include <linux/vm_sockets.h>

#include "base/c.h"
#include "memory/own.h"

/* _ssl reads these fields at these places. */
typedef struct {
    PyObject_HEAD
    int fd;                             /* -1 when closed */
    int family;
    int type;
    int proto;
    PyObject *(*on_error)(void);        /* raise OSError from errno */
    _PyTime_t timeout;                  /* ns; negative: block; 0: never wait */
} socket_object;

/* What capsule _socket.CAPI points at. */
typedef struct {
    PyTypeObject *socket_type;
    PyObject *error;
    PyObject *timeout_error;
} socket_capi;

/* The bluetooth headers are not everywhere. */
#define BT_L2CAP  0
#define BT_HCI    1
#define BT_SCO    2
#define BT_RFCOMM 3
typedef struct { sa_family_t family; uint16_t psm; uint8_t bdaddr[6]; uint16_t cid;
                 uint8_t bdaddr_type; } bt_l2cap;
typedef struct { sa_family_t family; uint16_t device, channel; } bt_hci;
typedef struct { sa_family_t family; uint8_t bdaddr[6]; } bt_sco;
typedef struct { sa_family_t family; uint8_t bdaddr[6]; uint8_t channel; } bt_rfcomm;

typedef union {
    struct sockaddr any;
    struct sockaddr_in in;
    struct sockaddr_in6 in6;
    struct sockaddr_un un;
    struct sockaddr_nl nl;
    struct sockaddr_ll ll;
    struct sockaddr_can can;
    struct sockaddr_alg alg;
    struct sockaddr_tipc tipc;
    struct sockaddr_vm vm;
    struct sockaddr_qrtr qrtr;
    bt_l2cap l2cap;
    bt_hci hci;
    bt_sco sco;
    bt_rfcomm rfcomm;
    struct sockaddr_storage storage;
} address;

extern PyTypeObject hob_socket_type;
extern PyObject *hob_socket_gaierror, *hob_socket_herror;
extern _PyTime_t hob_socket_default_timeout;

/* socket.c */
socket_object *hob_socket_wrap(int fd, int family, int type, int proto);
status hob_socket_read_timeout(PyObject *value, _PyTime_t *out);
PyObject *hob_socket_show_timeout(_PyTime_t timeout);

/* A system call to be tried until it returns true; errno tells why not. */
typedef bool (*socket_try)(socket_object *self, void *arg);
status hob_socket_call(socket_object *self, bool is_writing, socket_try call, void *arg);

/* address.c */
status hob_address_read(socket_object *self, PyObject *given, address *out, socklen_t *size,
                        const char *caller);
PyObject *hob_address_show(int fd, const address *from, size_t size, int proto);
status hob_address_room(socket_object *self, socklen_t *size);

/* resolve.c */
status hob_resolve_host(const char *name, address *out, size_t size, int family);
PyObject *hob_resolve_show_in(const struct sockaddr_in *from);
PyObject *hob_resolve_show_in6(const struct sockaddr_in6 *from);
extern PyMethodDef hob_resolve_functions[];

/* message.c */
PyObject *hob_message_recvmsg(socket_object *self, PyObject *args);
PyObject *hob_message_recvmsg_into(socket_object *self, PyObject *args);
PyObject *hob_message_sendmsg(socket_object *self, PyObject *args);
PyObject *hob_message_sendmsg_afalg(socket_object *self, PyObject *args, PyObject *kwargs);
PyObject *hob_message_cmsg_len(PyObject *module, PyObject *args);
PyObject *hob_message_cmsg_space(PyObject *module, PyObject *args);

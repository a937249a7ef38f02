/* The two sockets: the caller's (and registering phone's) and the callee's.
 *
 * Every account sends from an address of its own in 127/8 where asked (flood limits count by source address), so both
 * sockets are bound to the wildcard address and name the source of each datagram with IP_PKTINFO. */
#define _GNU_SOURCE
#include "load.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#define BATCH 64

static int caller_socket = -1, callee_socket = -1;

static void die(const char *what)
{
    perror(what);
    exit(1);
}

static int open_socket(int port)
{
    int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), one = 1, size = 4 << 20;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
    if (fd < 0)
        die("sipload: socket");
    /* beyond net.core.rmem_max where allowed, else up to it */
    if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) < 0)
        setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    if (setsockopt(fd, IPPROTO_IP, IP_PKTINFO, &one, sizeof one) < 0)
        die("sipload: IP_PKTINFO");
    if (bind(fd, (struct sockaddr *)&address, sizeof address) < 0)
        die("sipload: bind");
    return fd;
}

void open_caller_socket(int port)
{
    caller_socket = open_socket(port);
}

void open_callee_socket(int port)
{
    callee_socket = open_socket(port);
}

static void send_datagram(int fd, struct in_addr source, const struct sockaddr_in *to, const char *message, int length)
{
    union {
        struct cmsghdr align;
        char octets[CMSG_SPACE(sizeof(struct in_pktinfo))];
    } control = {0};
    struct sockaddr_in address = *to;
    struct iovec content = {(void *)(uintptr_t)message, (size_t)length};
    struct msghdr m = {.msg_name = &address,
                       .msg_namelen = sizeof address,
                       .msg_iov = &content,
                       .msg_iovlen = 1,
                       .msg_control = control.octets,
                       .msg_controllen = sizeof control.octets};
    struct in_pktinfo info = {.ipi_spec_dst = source};
    control.align.cmsg_level = IPPROTO_IP;
    control.align.cmsg_type = IP_PKTINFO;
    control.align.cmsg_len = CMSG_LEN(sizeof info);
    memcpy(CMSG_DATA(&control.align), &info, sizeof info);
    /* a datagram that cannot be sent is a lost one: its operation fails at the deadline */
    if (sendmsg(fd, &m, 0) < 0 && errno != EAGAIN && errno != ECONNREFUSED && errno != ENOBUFS)
        die("sipload: sendmsg");
}

void send_to_server(struct in_addr source, const char *message, int length)
{
    send_datagram(caller_socket, source, &options.server, message, length);
}

void send_from_callee(struct in_addr source, const struct sockaddr_in *to, const char *message, int length)
{
    send_datagram(callee_socket, source, to, message, length);
}

static struct in_addr destination(struct msghdr *m)
{
    struct in_addr address = {htonl(INADDR_LOOPBACK)};
    for (struct cmsghdr *c = CMSG_FIRSTHDR(m); c; c = CMSG_NXTHDR(m, c))
        if (c->cmsg_level == IPPROTO_IP && c->cmsg_type == IP_PKTINFO) {
            struct in_pktinfo info;
            memcpy(&info, CMSG_DATA(c), sizeof info);
            address = info.ipi_addr;
        }
    return address;
}

/* One of both is given: who hears answers, or who hears requests. */
static int drain(int fd, answered *hears_answer, requested *hears_request, uint64_t now)
{
    static char buffers[BATCH][MESSAGE_SIZE];
    static char controls[BATCH][CMSG_SPACE(sizeof(struct in_pktinfo))];
    static struct sockaddr_in from[BATCH];
    struct mmsghdr messages[BATCH];
    struct iovec contents[BATCH];
    for (int i = 0; i < BATCH; i++) {
        contents[i] = (struct iovec){buffers[i], sizeof buffers[i] - 1};
        messages[i] = (struct mmsghdr){.msg_hdr = {.msg_name = &from[i],
                                                   .msg_namelen = sizeof from[i],
                                                   .msg_iov = &contents[i],
                                                   .msg_iovlen = 1,
                                                   .msg_control = controls[i],
                                                   .msg_controllen = sizeof controls[i]}};
    }
    int received = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    for (int i = 0; i < received; i++) {
        buffers[i][messages[i].msg_len] = 0;
        if (hears_request)
            hears_request(buffers[i], &from[i], destination(&messages[i].msg_hdr));
        else
            hears_answer(buffers[i], status_code(buffers[i]), now);
    }
    return received > 0 ? received : 0;
}

int receive_batch(answered *caller, requested *callee, uint64_t now)
{
    int received = drain(caller_socket, caller, NULL, now);
    if (callee_socket >= 0)
        received += drain(callee_socket, NULL, callee, now);
    return received;
}

void wait_readable(uint64_t most_us)
{
    struct pollfd sockets[2] = {{caller_socket, POLLIN, 0}, {callee_socket, POLLIN, 0}};
    struct timespec timeout = {(time_t)(most_us / US_PER_S), (long)(most_us % US_PER_S) * 1000};
    ppoll(sockets, callee_socket >= 0 ? 2 : 1, &timeout, NULL);
}

/* A non-blocking connection to 127.0.0.1, and the epoll that watches many of them. */
#define _GNU_SOURCE
#include "load.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { FIRST_ROOM = 2048 };

void wire_connect(struct wire *wire, long port)
{
    int yes = 1;
    struct sockaddr_in address = {
        .sin_family = AF_INET,
        .sin_port = htons((uint16_t)port),
        .sin_addr.s_addr = htonl(INADDR_LOOPBACK),
    };
    wire->done = wire->have = 0;
    wire->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (wire->fd < 0)
        die("a socket: %s", strerror(errno));
    setsockopt(wire->fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
    if (connect(wire->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
        die("port %ld: %s", port, strerror(errno));
}

void wire_send(struct wire *wire, const char *bytes, size_t size)
{
    ssize_t sent = send(wire->fd, bytes, size, MSG_NOSIGNAL);
    if (sent < 0)
        die("sending: %s", strerror(errno));
    if ((size_t)sent != size)
        die("the server does not read: a message did not fit the socket's buffer");
}

/* Take what has come; false at the end of the stream. */
bool wire_receive(struct wire *wire)
{
    if (wire->room - wire->have < FIRST_ROOM / 2) {
        wire->room = wire->room ? 2 * wire->room : FIRST_ROOM;
        wire->in = realloc(wire->in, wire->room);
        if (!wire->in)
            die("no memory");
    }
    ssize_t got = recv(wire->fd, wire->in + wire->have, wire->room - wire->have, 0);
    if (got < 0 && errno != EAGAIN)
        die("receiving: %s", strerror(errno));
    if (got > 0)
        wire->have += (size_t)got;
    return got != 0;
}

/* Forget what was taken. */
void wire_tidy(struct wire *wire)
{
    wire->have -= wire->done;
    if (wire->have && wire->done)
        memmove(wire->in, wire->in + wire->done, wire->have);
    wire->done = 0;
}

void wire_close(struct wire *wire)
{
    close(wire->fd);
    wire->fd = -1;
}

int watch_new(void)
{
    int epoll = epoll_create1(EPOLL_CLOEXEC);
    if (epoll < 0)
        die("epoll: %s", strerror(errno));
    return epoll;
}

static void control(int epoll, int verb, int fd, uint32_t events, uint32_t number)
{
    struct epoll_event event = {.events = events, .data.u32 = number};
    if (epoll_ctl(epoll, verb, fd, &event))
        die("epoll: %s", strerror(errno));
}

void watch_add(int epoll, const struct wire *wire, uint32_t events, uint32_t number)
{
    control(epoll, EPOLL_CTL_ADD, wire->fd, events, number);
}

void watch_change(int epoll, const struct wire *wire, uint32_t events, uint32_t number)
{
    control(epoll, EPOLL_CTL_MOD, wire->fd, events, number);
}

/* What is ready, or what becomes so until then; epoll's own timeout counts whole milliseconds, which
 * would be seen in the latencies. */
int watch_wait(int epoll, struct epoll_event *events, uint64_t until)
{
    int ready = epoll_wait(epoll, events, EVENTS, 0);
    uint64_t now = now_ns();
    if (ready == 0 && now < until) {
        struct pollfd whole = {.fd = epoll, .events = POLLIN};
        uint64_t left = until - now;
        struct timespec timeout = {
            .tv_sec = (time_t)(left / 1000000000u),
            .tv_nsec = (long)(left % 1000000000u),
        };
        ppoll(&whole, 1, &timeout, NULL);
        ready = epoll_wait(epoll, events, EVENTS, 0);
    }
    if (ready < 0)
        die("epoll: %s", strerror(errno));
    return ready;
}

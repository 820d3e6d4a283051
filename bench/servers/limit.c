/* The bare loop: what the system calls alone cost, and so a limit that no server here can pass.
 *
 * One recv and one send per request or frame under one epoll. It looks at nothing that it need not: each
 * request is answered with a constant, each frame is unmasked and sent to the other socket of its room. The
 * accept key is that of the generator, whose key is always the same.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

enum { EVENTS = 512, FILES = 1 << 16, ROOMS = 1 << 16, INBOX = 1 << 16 };

#define ID "AAAAAAAAAAAAAAAAAAAAAA"
#define FOUND                                                                                    \
    "{\"found\":true,\"roomId\":\"room-0\",\"signalingUrl\":\"ws://127.0.0.1:8080/signal/" ID      \
    "\",\"iceServers\":[{\"urls\":[\"turn:turn.example.net:3478?transport=udp\"],"                 \
    "\"username\":\"1715620000:" ID "\",\"credential\":\"AAAAAAAAAAAAAAAAAAAAAAAAAAA=\"}],"        \
    "\"iceTtl\":3600,\"iceExpiresAt\":1715620000,\"bookingId\":\"" ID "\",\"grant\":\"" ID         \
    "\",\"hostId\":\"host-0\",\"region\":\"here\",\"expiresAt\":1715616420}"
#define DONE "{\"success\":true}"
#define HEAD "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %zu\r\n\r\n%s"
#define UPGRADED                                                                                 \
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"            \
    "Sec-WebSocket-Accept: Bz3qJYTGdOe8gUSpLosEdiLKDrk=\r\n\r\n"

static int epoll;
static int others[FILES];     /* of each WebSocket its pair, 0 while it waits for one, -1 of HTTP */
static struct {
    char name[48];
    int waiting;
} rooms[ROOMS];

static void say(int fd, const void *bytes, size_t size)
{
    if (send(fd, bytes, size, MSG_NOSIGNAL) != (ssize_t)size)
        shutdown(fd, SHUT_RDWR);
}

/* Where a room would stand if it were alone. */
static uint32_t home_of(const char *name, size_t size)
{
    uint32_t hash = 2166136261u;
    for (size_t at = 0; at < size; at++)
        hash = (hash ^ (unsigned char)name[at]) * 16777619u;
    return hash % ROOMS;
}

/* Take a room out, and let those move up that it stood in the way of: who looks for them stops at a gap. */
static void forget(uint32_t gap)
{
    rooms[gap].waiting = 0;
    for (uint32_t next = (gap + 1) % ROOMS; rooms[next].waiting; next = (next + 1) % ROOMS) {
        uint32_t home = home_of(rooms[next].name, strlen(rooms[next].name));
        if ((next - home) % ROOMS >= (next - gap) % ROOMS) {
            rooms[gap] = rooms[next];
            rooms[next].waiting = 0;
            gap = next;
        }
    }
}

static void enter(int fd, const char *name)
{
    size_t size = strcspn(name, " ");
    uint32_t at = home_of(name, size);
    while (rooms[at].waiting && (strncmp(rooms[at].name, name, size) || rooms[at].name[size]))
        at = (at + 1) % ROOMS;
    int pair = rooms[at].waiting;
    others[fd] = pair;
    if (pair) {
        others[pair] = fd;
        forget(at);
    } else {
        rooms[at].waiting = fd;
        snprintf(rooms[at].name, sizeof rooms->name, "%.*s", (int)size, name);
    }
    say(fd, UPGRADED, sizeof UPGRADED - 1);
}

static void answer(int fd, char *request)
{
    char out[1024];
    const char *room = strstr(request, "roomId=");
    if (room && strstr(request, "pgrade")) {
        enter(fd, room + 7);
        return;
    }
    const char *body = strstr(request, "/find ") ? FOUND : DONE;
    size_t size = (size_t)snprintf(out, sizeof out, HEAD, strlen(body), body);
    say(fd, out, size);
    if (strstr(request, "Connection: close"))
        shutdown(fd, SHUT_WR);
}

/* Unmask the frame that begins here and send it on; where the next one begins. */
static unsigned char *pass_on(unsigned char *in, int to)
{
    size_t is_long = (in[1] & 0x7f) == 126 ? 2 : 0, head = 2 + is_long;
    size_t size = is_long ? (size_t)in[2] << 8 | in[3] : in[1] & 0x7fu;
    unsigned char mask[4], *start = in + 4, *payload = start + head;
    int opcode = in[0] & 0x0f;
    memcpy(mask, in + head, 4);
    for (size_t at = 0; at < size; at++)
        payload[at] ^= mask[at % 4];
    memmove(start, in, head);
    start[1] &= 0x7f;
    if (opcode == 1 && to > 0)
        say(to, start, head + size);
    return payload + size;
}

static void serve(int fd)
{
    static char in[INBOX];
    ssize_t got = recv(fd, in, sizeof in - 1, 0);
    if (got <= 0) {
        if (others[fd] > 0)
            others[others[fd]] = 0;
        close(fd);
        return;
    }
    in[got] = 0;
    if (others[fd] < 0) {
        answer(fd, in);
        return;
    }
    /* Frames are small and come whole. */
    for (unsigned char *at = (unsigned char *)in, *end = at + got; at + 6 <= end;)
        at = pass_on(at, others[fd]);
}

static void welcome(int listener)
{
    int yes = 1, fd;
    while ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) >= 0) {
        struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &yes, sizeof yes);
        others[fd] = -1;
        epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
    }
}

int main(void)
{
    struct rlimit files;
    struct epoll_event events[EVENTS];
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max < FILES ? files.rlim_max : FILES;
    setrlimit(RLIMIT_NOFILE, &files);
    epoll = epoll_create1(0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, SOMAXCONN))
        return 1;
    getsockname(listener, (struct sockaddr *)&address, &size);
    events[0] = (struct epoll_event){.events = EPOLLIN, .data.fd = listener};
    epoll_ctl(epoll, EPOLL_CTL_ADD, listener, &events[0]);
    printf("ready 127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int at = 0; at < ready; at++) {
            if (events[at].data.fd == listener)
                welcome(listener);
            else
                serve(events[at].data.fd);
        }
    }
}

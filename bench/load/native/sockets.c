/* Many WebSockets under one epoll; the number of a socket is what epoll knows it by. */
#define _GNU_SOURCE
#include "load.h"

void sockets_begin(struct sockets *sockets, int number)
{
    struct end *end = &sockets->ends[number];
    end->state = CONNECTING;
    end->began = now_ns();
    wire_connect(&end->wire, sockets->port(number));
    watch_add(sockets->epoll, &end->wire, EPOLLOUT, (uint32_t)number);
}

/* Open so many from `first` on, some at once; what they are sent meanwhile is heard. */
void sockets_open(struct sockets *sockets, int first, int count, int at_once)
{
    int begun = 0, before = sockets->open;
    uint64_t late = now_ns() + PATIENCE;
    while (sockets->open < before + count) {
        int open = sockets->open;
        while (begun < count && begun - (open - before) < at_once)
            sockets_begin(sockets, first + begun++);
        sockets_turn(sockets, late);
        if (sockets->open > open)
            late = now_ns() + PATIENCE;
        else if (now_ns() > late)
            die("%d of %d sockets were never open", before + count - sockets->open, count);
    }
}

void sockets_end(struct sockets *sockets, int number)
{
    char bye[16];
    struct end *end = &sockets->ends[number];
    wire_send(&end->wire, bye, frame_make(bye, CLOSE, "\x03\xe8", 2));
    wire_close(&end->wire);
    end->state = UNUSED;
    sockets->open--;
}

static void shake(struct sockets *sockets, int number)
{
    char request[LONGEST], path[LONGEST / 2];
    struct end *end = &sockets->ends[number];
    sockets->path(number, path, sizeof path);
    wire_send(&end->wire, request, handshake_make(request, sizeof request, path));
    watch_change(sockets->epoll, &end->wire, EPOLLIN, (uint32_t)number);
    end->state = SHAKING;
}

static void take(struct sockets *sockets, int number)
{
    char pong[LONGEST];
    struct frame frame;
    struct end *end = &sockets->ends[number];
    while (end->state == OPEN && frame_take(&end->wire, &frame)) {
        if (frame.opcode == TEXT)
            sockets->heard(number, &frame);
        else if (frame.opcode == PING)
            wire_send(&end->wire, pong, frame_make(pong, PONG, frame.payload, frame.size));
        else if (frame.opcode == CLOSE)
            die("the server closed socket %d: %.*s", number,
                frame.size > 2 ? (int)frame.size - 2 : 0, frame.payload + 2);
    }
    wire_tidy(&end->wire);
}

static void receive(struct sockets *sockets, int number)
{
    struct end *end = &sockets->ends[number];
    if (!wire_receive(&end->wire))
        die("the server dropped socket %d", number);
    if (end->state == SHAKING && handshake_take(&end->wire)) {
        end->state = OPEN;
        sockets->open++;
        if (sockets->measured)
            latency_add(now_ns() - end->began);
    }
    if (end->state == OPEN)
        take(sockets, number);
}

/* Wait until then at most; how many sockets had something to say. */
int sockets_turn(struct sockets *sockets, uint64_t until)
{
    struct epoll_event events[EVENTS];
    int ready = watch_wait(sockets->epoll, events, until);
    for (int at = 0; at < ready; at++) {
        int number = (int)events[at].data.u32;
        if (sockets->ends[number].state == CONNECTING)
            shake(sockets, number);
        else if (sockets->ends[number].state != UNUSED)
            receive(sockets, number);
    }
    return ready;
}

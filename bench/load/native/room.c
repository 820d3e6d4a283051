/* One peer comes and goes in a matchbox room of many, each of whom is told both times.
 *
 * So a sender's one frame has as many receivers: what is counted are these deliveries, and a latency is the
 * time until the last of them has it.
 */
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct sockets sockets;
static int members;
static long ports[MOST];
static uint64_t comings, goings;

static bool begins(const struct frame *frame, const char *words)
{
    size_t size = strlen(words);
    return frame->size > size && !memcmp(frame->payload, words, size);
}

static void heard(int number, const struct frame *frame)
{
    (void)number;
    if (begins(frame, "{\"NewPeer\":"))
        comings++;
    else if (begins(frame, "{\"PeerLeft\":"))
        goings++;
    else if (!begins(frame, "{\"IdAssigned\":"))
        die("nobody said this: %.*s", (int)frame->size, frame->payload);
}

static void path(int number, char *into, size_t room)
{
    (void)number;
    snprintf(into, room, "%sr%d", option("prefix"), (int)getpid());
}

static long port(int number)
{
    (void)number;
    return ports[0];
}

static void until_all(const uint64_t *heard_by, uint64_t wanted)
{
    uint64_t late = now_ns() + PATIENCE;
    while (*heard_by < wanted && now_ns() < late)
        sockets_turn(&sockets, late);
    if (*heard_by != wanted)
        die("%llu were told instead of %llu", (unsigned long long)*heard_by,
            (unsigned long long)wanted);
}

static void come_and_go(void)
{
    uint64_t began, many = (uint64_t)members;
    comings = goings = 0;
    began = now_ns();
    sockets_open(&sockets, members, 1, 1);
    until_all(&comings, many);
    latency_add(now_ns() - began);
    began = now_ns();
    sockets_end(&sockets, members);
    until_all(&goings, many);
    latency_add(now_ns() - began);
}

void run_room(void)
{
    uint64_t turns = 0, last;
    members = (int)whole("members");
    wholes("ports", ports);
    sockets = (struct sockets){
        .epoll = watch_new(), .heard = heard, .path = path, .port = port,
        .ends = calloc((size_t)members + 1, sizeof *sockets.ends),
    };
    sockets_open(&sockets, 0, members, 16);
    /* Each was told of all who came after it. */
    until_all(&comings, (uint64_t)members * (uint64_t)(members - 1) / 2);
    come_and_go();
    latency_forget();
    last = now_ns() + (uint64_t)(real("seconds") * 1e9);
    struct window window = window_open();
    for (; turns == 0 || now_ns() < last; turns++)
        come_and_go();
    window_print(&window, turns * 2 * (uint64_t)members);
    for (int number = 0; number < members; number++)
        sockets_end(&sockets, number);
}

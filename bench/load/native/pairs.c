/* Peers in pairs that send each other signals; and pairs at rest.
 *
 * Order per sender is kept by everything measured here, so the send times of a pair lie in a ring
 * and signals need no time stamp: each is made once, before anything is measured.
 */
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <string.h>

enum { RING = 64, AT_ONCE = 64, FRAME = 256 };

struct pair {
    uint64_t sent[RING];
    unsigned first, last;
};

static struct sockets sockets;
static struct pair *pairs;
static char (*frames)[FRAME];
static size_t *sizes;
static int count;
static long ports[MOST];
static int port_count;
static bool echo;
static uint64_t arrived, under_way;

static void speak(int number, uint64_t at)
{
    struct pair *pair = &pairs[number % count];
    if (pair->last - pair->first == RING)
        die("the server is %d signals behind in one room: the rate is too high for it", RING);
    pair->sent[pair->last++ % RING] = at;
    under_way++;
    wire_send(&sockets.ends[number].wire, frames[number], sizes[number]);
}

static void heard(int number, const struct frame *frame)
{
    if (!dialect_is_signal(number, count, frame))
        return;
    struct pair *pair = &pairs[number % count];
    if (pair->first == pair->last)
        die("a signal came twice");
    uint64_t now = now_ns();
    latency_add(now - pair->sent[pair->first++ % RING]);
    arrived++;
    under_way--;
    if (echo)
        speak(number, now);
}

static void path(int number, char *into, size_t room)
{
    dialect_path(number, count, into, room);
}

static long port(int number)
{
    return number < count ? ports[0] : ports[port_count - 1];
}

static void prepare(void)
{
    port_count = wholes("ports", ports);
    count = (int)whole("pairs");
    dialect_choose();
    pairs = calloc((size_t)count, sizeof *pairs);
    sockets = (struct sockets){
        .epoll = watch_new(), .heard = heard, .path = path, .port = port, .measured = true,
        .ends = calloc(2 * (size_t)count, sizeof *sockets.ends),
    };
}

/* The first of each pair is there before the second comes. */
static void open_all(void)
{
    sockets_open(&sockets, 0, count, AT_ONCE);
    sockets_open(&sockets, count, count, AT_ONCE);
}

static void rest(double seconds)
{
    uint64_t until = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < until)
        sockets_turn(&sockets, until);
}

static void close_all(void)
{
    for (int number = 0; number < 2 * count; number++)
        sockets_end(&sockets, number);
}

static void settle(void)
{
    uint64_t late = now_ns() + PATIENCE;
    while (under_way && now_ns() < late)
        sockets_turn(&sockets, late);
    if (under_way)
        die("%llu signals were lost", (unsigned long long)under_way);
}

static void closed_loop(double seconds)
{
    echo = true;
    for (int number = count; number < 2 * count; number++)
        speak(number, now_ns());
    rest(seconds * 0.15);
    latency_forget();
    arrived = 0;
    struct window window = window_open();
    rest(seconds);
    for (uint64_t late = now_ns() + PATIENCE; !arrived && now_ns() < late;)
        sockets_turn(&sockets, late);
    window_print(&window, arrived);
    echo = false;
    settle();
}

/* Signals on schedule, one speaker after the other; latency counts from the scheduled moment. */
static void open_loop(double seconds, double rate)
{
    long signals = (long)(seconds * rate);
    latency_forget();
    arrived = 0;
    struct window window = window_open();
    for (long number = 0; number < signals; number++) {
        uint64_t due = window.began + (uint64_t)((double)number * 1e9 / rate);
        while (now_ns() < due)
            sockets_turn(&sockets, due);
        speak(count + (int)(number % count), due);
    }
    settle();
    window_print(&window, arrived);
}

void run_pairs(void)
{
    prepare();
    open_all();
    frames = calloc(2 * (size_t)count, sizeof *frames);
    sizes = calloc(2 * (size_t)count, sizeof *sizes);
    rest(real("settle"));
    for (int number = 0; number < 2 * count; number++)
        sizes[number] = dialect_frame(number, count, frames[number]);
    fputs("{\"closed\":", stdout);
    if (real("closed") > 0)
        closed_loop(real("closed"));
    else
        fputs("null", stdout);
    fputs(",\"open\":", stdout);
    if (real("open") > 0)
        open_loop(real("open"), real("rate"));
    else
        fputs("null", stdout);
    fputs("}", stdout);
    close_all();
}

/* What a process weighs before and with so many sockets that say nothing. */
void run_idle(void)
{
    long pid = whole("servers");
    prepare();
    struct memory before = memory_of(pid);
    uint64_t began = now_ns();
    open_all();
    double seconds = seconds_since(began);
    rest(real("settle"));
    struct memory after = memory_of(pid);
    printf("{\"before\":%ld,\"proportional\":%ld,\"resident\":%ld,\"sockets\":%d,\"seconds\":%.6f}",
           before.proportional, after.proportional, after.resident, sockets.open, seconds);
    close_all();
}

/* Sockets opened as fast as the server takes them, `at_once` under way. */
void run_opens(void)
{
    prepare();
    struct window window = window_open();
    sockets_open(&sockets, 0, 2 * count, (int)whole("at_once"));
    window_print(&window, (uint64_t)sockets.open);
    close_all();
}

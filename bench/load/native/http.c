/* HTTP/1.1 connections in a closed loop, each following a script.
 *
 * finds   finds of players, each of whom has a token; a find gives back what he had before
 * matches a guest's find and the release of its booking, with the ids of its answer: one operation
 * beats   the heartbeat of one host after another
 * get     a plain GET of `path`
 * fresh   a heartbeat on a new connection each time
 *
 * Each answer must be a whole 200 with a length; a find's latency counts, its release's does not.
 */
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum { REQUEST = 2048, NAME = 128, BEARER = 1024 };

struct visitor {
    struct wire wire;
    uint64_t asked;
    long port;
    bool connected, holds;
    char booking[NAME], grant[NAME], bearer[BEARER];
};

static struct {
    enum { FINDS, MATCHES, BEATS, GET, FRESH } script;
    const char *path;
    int epoll, active;
    long hosts, next;
    bool once, over;
    uint64_t operations;
    struct visitor *visitors;
} house;

static size_t post(char *into, const char *path, const char *headers, const char *body)
{
    return (size_t)snprintf(into, REQUEST,
                            "POST %s HTTP/1.1\r\nHost: 127.0.0.1\r\n"
                            "Content-Type: application/json\r\nContent-Length: %zu\r\n%s\r\n%s",
                            path, strlen(body), headers, body);
}

static size_t beat(char *into)
{
    char body[256];
    long host = house.next++ % house.hosts;
    snprintf(body, sizeof body,
             "{\"hostId\":\"host-%ld\",\"roomId\":\"room-%ld\",\"region\":\"here\","
             "\"status\":\"idle\",\"capacity\":1}",
             host, host);
    const char *headers = house.script == FRESH ? "Connection: close\r\n" : "";
    return post(into, "/api/host/heartbeat", headers, body);
}

static size_t release(char *into, struct visitor *visitor)
{
    char path[2 * NAME], bearer[2 * NAME];
    snprintf(path, sizeof path, "/api/match/%s/release", visitor->booking);
    snprintf(bearer, sizeof bearer, "Authorization: Bearer %s\r\n", visitor->grant);
    return post(into, path, bearer, "{}");
}

static void ask(struct visitor *visitor)
{
    char request[REQUEST];
    size_t size;
    if (visitor->holds)
        size = release(request, visitor);
    else if (house.script <= MATCHES)
        size = post(request, "/api/match/find", visitor->bearer, "{\"region\":\"here\"}");
    else if (house.script == GET)
        size = (size_t)snprintf(request, sizeof request,
                                "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", house.path);
    else
        size = beat(request);
    if (house.script != FRESH)
        visitor->asked = now_ns();
    wire_send(&visitor->wire, request, size);
}

/* The text of a member of the answer's object. */
static void member(const char *name, const char *body, char *into)
{
    const char *found = strstr(body, name);
    const char *begin = found ? strchr(found + strlen(name), '"') : NULL;
    const char *end = begin ? strchr(begin + 1, '"') : NULL;
    if (!end || end - begin > NAME)
        die("a find's answer without %s: %s", name, body);
    memcpy(into, begin + 1, (size_t)(end - begin - 1));
    into[end - begin - 1] = 0;
}

/* The body once the answer is whole, ended by NUL in place of what nobody sends behind it. */
static const char *body_of(struct wire *wire)
{
    if (wire->have == wire->room || !wire->have)
        return NULL;
    wire->in[wire->have] = 0;
    char *end = strstr(wire->in, "\r\n\r\n");
    if (!end)
        return NULL;
    char *length = strcasestr(wire->in, "\r\ncontent-length:");
    if (strncmp(wire->in, "HTTP/1.1 200", 12) || !length || length > end)
        die("not a 200 with a length: %s", wire->in);
    size_t size = (size_t)(end + 4 - wire->in) + strtoul(length + 17, NULL, 10);
    if (wire->have > size)
        die("more than one answer: %s", wire->in);
    return wire->have == size ? end + 4 : NULL;
}

static void connect_to(struct visitor *visitor, uint32_t number)
{
    visitor->connected = false;
    visitor->asked = now_ns();
    wire_connect(&visitor->wire, visitor->port);
    watch_add(house.epoll, &visitor->wire, EPOLLOUT, number);
}

/* What follows a whole operation: the next one, or the end. */
static void go_on(struct visitor *visitor, uint32_t number)
{
    house.operations++;
    if (house.script == FRESH)
        wire_close(&visitor->wire);
    if (house.once ? house.next >= house.hosts : house.over) {
        if (house.script != FRESH)
            wire_close(&visitor->wire);
        house.active--;
    } else if (house.script == FRESH)
        connect_to(visitor, number);
    else
        ask(visitor);
}

static void answered(struct visitor *visitor, uint32_t number, const char *body)
{
    visitor->wire.have = 0;
    if (visitor->holds) {
        visitor->holds = false;
        go_on(visitor, number);
        return;
    }
    latency_add(now_ns() - visitor->asked);
    if (house.script <= MATCHES) {
        member("\"bookingId\"", body, visitor->booking);
        member("\"grant\"", body, visitor->grant);
    }
    visitor->holds = house.script == MATCHES;
    if (visitor->holds)
        ask(visitor);
    else
        go_on(visitor, number);
}

static void turn(uint64_t until)
{
    struct epoll_event events[EVENTS];
    int ready = watch_wait(house.epoll, events, until);
    for (int at = 0; at < ready; at++) {
        uint32_t number = events[at].data.u32;
        struct visitor *visitor = &house.visitors[number];
        if (!visitor->connected) {
            visitor->connected = true;
            watch_change(house.epoll, &visitor->wire, EPOLLIN, number);
            ask(visitor);
            continue;
        }
        bool more = wire_receive(&visitor->wire);
        const char *body = body_of(&visitor->wire);
        if (body)
            answered(visitor, number, body);
        else if (!more)
            die("the server closed a connection before its answer");
    }
}

static void turn_for(double seconds)
{
    uint64_t until = now_ns() + (uint64_t)(seconds * 1e9);
    while (now_ns() < until)
        turn(until);
}

static void run_out(void)
{
    uint64_t late = now_ns() + PATIENCE;
    while (house.active) {
        uint64_t before = house.operations;
        turn(late);
        if (house.operations > before)
            late = now_ns() + PATIENCE;
        else if (now_ns() > late)
            die("%d requests were not answered", house.active);
    }
}

static void begin(long connections)
{
    long ports[MOST];
    int count = wholes("ports", ports);
    if (count == 0)
        die("ports is empty");
    house.epoll = watch_new();
    house.visitors = calloc((size_t)connections, sizeof *house.visitors);
    for (long number = 0; number < connections; number++) {
        house.visitors[number].port = ports[number % count];
        connect_to(&house.visitors[number], (uint32_t)number);
        house.active++;
    }
}

void run_hosts(void)
{
    house.script = BEATS;
    house.once = true;
    house.hosts = whole("hosts");
    long connections = whole("connections");
    begin(connections < house.hosts ? connections : house.hosts);
    struct window window = window_open();
    run_out();
    window_print(&window, house.operations);
}

/* Each visitor's header, from a file with a token in each line. */
static void read_tokens(const char *path, long connections)
{
    char line[BEARER - 32];
    FILE *file = fopen(path, "r");
    for (long number = 0; number < connections; number++) {
        if (!file || !fgets(line, sizeof line, file))
            die("%s has fewer tokens than there are connections", path);
        snprintf(house.visitors[number].bearer, BEARER, "Authorization: Bearer %.*s\r\n",
                 (int)strcspn(line, "\n"), line);
    }
    fclose(file);
}

static void choose(const char *script)
{
    static const char *const names[] = {"finds", "matches", "beats", "get", "fresh"};
    while (strcmp(names[house.script], script))
        if (++house.script > FRESH)
            die("there is no script %s", script);
}

void run_http(void)
{
    long connections = whole("connections");
    choose(option("script"));
    house.hosts = whole("hosts");
    house.path = option("path");
    begin(connections);
    if (house.script == FINDS)
        read_tokens(option("tokens"), connections);
    /* Every visitor has had answers before: tokens are verified, what is loaded late is there. */
    uint64_t late = now_ns() + PATIENCE;
    while (house.operations < 2 * (uint64_t)connections && now_ns() < late)
        turn(late);
    turn_for(real("seconds") * 0.15);
    latency_forget();
    house.operations = 0;
    late = now_ns() + PATIENCE;
    struct window window = window_open();
    turn_for(real("seconds"));
    while (!house.operations && now_ns() < late)
        turn(late);
    window_print(&window, house.operations);
    /* No booking is left behind: it would hold a slot that the next round needs. */
    house.over = true;
    run_out();
}

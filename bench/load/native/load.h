/* The compiled load generator: one thread, one epoll, libc only.
 *
 * main.c     which job, its `key=value` options
 * meter.c    clocks, what the watched processes use, the histogram of latencies, the answer
 * wire.c     a non-blocking connection and what came in on it
 * http.c     HTTP/1.1 connections that follow a script
 * frames.c   WebSocket frames and the handshake (RFC 6455)
 * sockets.c  many WebSockets under one epoll: how they are opened and read
 * dialect.c  what two peers say to each other on each kind of server
 * pairs.c    peers in pairs: a closed loop, an open one, and rest
 * room.c     one peer comes and goes in a room of many
 *
 * It checks what it gets: anything but the answer or the frame it asked for ends it with a message.
 */
#ifndef LOAD_H
#define LOAD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/types.h>

enum { MOST = 16, EVENTS = 512 };

/* Nanoseconds after which what is waited for counts as lost. */
#define PATIENCE 20000000000u
#define SECOND 1000000000u

/* main.c: `die` ends the process; an option that is missing does so too. */
_Noreturn void die(const char *format, ...) __attribute__((format(printf, 1, 2)));
const char *option(const char *name);
double real(const char *name);
long whole(const char *name);
int wholes(const char *name, long *into);

/* meter.c */
struct window {
    uint64_t began;
    double servers, redis, own;
};
struct memory {
    long proportional, resident;
};
uint64_t now_ns(void);
double seconds_since(uint64_t began);
void latency_forget(void);
void latency_add(uint64_t nanoseconds);
struct window window_open(void);
void window_print(const struct window *window, uint64_t operations);
struct memory memory_of(long pid);

/* wire.c: bytes [done, have) of `in` are not taken yet. */
struct wire {
    int fd;
    char *in;
    size_t done, have, room;
};
void wire_connect(struct wire *wire, long port);
void wire_send(struct wire *wire, const char *bytes, size_t size);
bool wire_receive(struct wire *wire);
void wire_tidy(struct wire *wire);
void wire_close(struct wire *wire);
int watch_new(void);
void watch_add(int epoll, const struct wire *wire, uint32_t events, uint32_t number);
void watch_change(int epoll, const struct wire *wire, uint32_t events, uint32_t number);
int watch_wait(int epoll, struct epoll_event *events, uint64_t until);

/* frames.c */
enum { TEXT = 1, CLOSE = 8, PING = 9, PONG = 10, LONGEST = 512 };
struct frame {
    int opcode;
    const char *payload;
    size_t size;
};
size_t frame_make(char *into, int opcode, const char *payload, size_t size);
bool frame_take(struct wire *wire, struct frame *frame);
size_t handshake_make(char *into, size_t room, const char *path);
bool handshake_take(struct wire *wire);

/* sockets.c: `heard` is called for each text frame, with the number of the socket. */
struct end {
    struct wire wire;
    enum { UNUSED, CONNECTING, SHAKING, OPEN } state;
    uint64_t began;
};
struct sockets {
    int epoll;
    struct end *ends;
    int count, open;
    bool measured;
    void (*heard)(int number, const struct frame *frame);
    void (*path)(int number, char *into, size_t room);
    long (*port)(int number);
};
void sockets_begin(struct sockets *sockets, int number);
void sockets_open(struct sockets *sockets, int first, int count, int at_once);
void sockets_end(struct sockets *sockets, int number);
int sockets_turn(struct sockets *sockets, uint64_t until);

/* dialect.c */
void dialect_choose(void);
void dialect_path(int number, int pairs, char *into, size_t room);
bool dialect_is_signal(int number, int pairs, const struct frame *frame);
size_t dialect_frame(int number, int pairs, char *into);

/* The jobs. */
void run_hosts(void);
void run_http(void);
void run_pairs(void);
void run_idle(void);
void run_opens(void);
void run_room(void);

#endif

/* What two peers say to each other on each kind of server: their paths, and a signal of 200 bytes.
 *
 * signaling   rooms of two; the same offer both ways
 * matchbox    rooms of two; each signal names its receiver, whose id its IdAssigned said
 * peerjs      everybody chooses an id; each signal names its receiver
 *
 * Sockets [0, pairs) are the first of each pair, [pairs, 2 * pairs) the second.
 */
#define _GNU_SOURCE
#include "load.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SIGNAL = 200, ID = 64, IDS = 1 << 16 };

static enum { SIGNALING, MATCHBOX, PEERJS } dialect;
static char (*ids)[ID];

static const char *const names[] = {"signaling", "matchbox", "peerjs"};
static const char *const beginnings[] = {"{\"type\":\"offer\"", "{\"Signal\":", "{\"type\":\"OFFER\""};

void dialect_choose(void)
{
    const char *name = option("dialect");
    while (strcmp(names[dialect], name))
        if (++dialect > PEERJS)
            die("there is no dialect %s", name);
    if (dialect == MATCHBOX)
        ids = calloc(IDS, sizeof *ids);
}

static void name_of(int number, int pairs, char *into)
{
    const char *side = dialect != PEERJS ? "" : number < pairs ? "a" : "b";
    snprintf(into, ID, "r%d-%d%s", (int)getpid(), number % pairs, side);
}

void dialect_path(int number, int pairs, char *into, size_t room)
{
    char name[ID];
    name_of(number, pairs, name);
    snprintf(into, room, "%s%s%s", option("prefix"), name, option("suffix"));
}

/* Whether this counts; a server's own words (a peer has joined) do not. */
bool dialect_is_signal(int number, int pairs, const struct frame *frame)
{
    static const char assigned[] = "{\"IdAssigned\":\"";
    size_t begin = sizeof assigned - 1, size = strlen(beginnings[dialect]);
    if (frame->size > size && !memcmp(frame->payload, beginnings[dialect], size)) {
        if (frame->size < SIGNAL - ID || frame->payload[SIGNAL / 2] != 'v')
            die("a signal that nobody sent: %.*s", (int)frame->size, frame->payload);
        return true;
    }
    if (dialect == MATCHBOX && frame->size > begin && !memcmp(frame->payload, assigned, begin)) {
        int pair = number < pairs ? number + pairs : number - pairs;
        snprintf(ids[pair], ID, "%.*s", (int)(frame->size - begin - 2), frame->payload + begin);
    }
    return false;
}

/* A frame with the signal of this socket to its pair. */
size_t dialect_frame(int number, int pairs, char *into)
{
    char other[ID], head[2 * ID], text[SIGNAL + 1];
    const char *tail = dialect == MATCHBOX ? "\"}}" : "\"}";
    name_of(number < pairs ? number + pairs : number - pairs, pairs, other);
    if (dialect == SIGNALING)
        snprintf(head, sizeof head, "%s,\"sdp\":\"", beginnings[dialect]);
    else if (dialect == MATCHBOX)
        snprintf(head, sizeof head, "{\"Signal\":{\"receiver\":\"%s\",\"data\":\"", ids[number]);
    else
        snprintf(head, sizeof head, "%s,\"dst\":\"%s\",\"payload\":\"", beginnings[dialect], other);
    if (dialect == MATCHBOX && !*ids[number])
        die("a peer was not told its id");
    memset(text, 'v', SIGNAL);
    memcpy(text, head, strlen(head));
    memcpy(text + SIGNAL - strlen(tail), tail, strlen(tail));
    return frame_make(into, TEXT, text, SIGNAL);
}

/* WebSocket as a client needs it here (RFC 6455): masked frames out, whole unmasked ones in. */
#define _GNU_SOURCE
#include "load.h"

#include <string.h>

/* The mask, like the key, is always the same: unmasking costs the server the same. */
static const unsigned char mask[4] = {0x5a, 0xc3, 0x17, 0x88};

#define KEY "AAECAwQFBgcICQoLDA0ODw=="
#define ACCEPT "Bz3qJYTGdOe8gUSpLosEdiLKDrk="

/* A frame of up to 65,535 bytes; how long it is. */
size_t frame_make(char *into, int opcode, const char *payload, size_t size)
{
    size_t at = 2;
    into[0] = (char)(0x80 | opcode);
    into[1] = (char)(0x80 | (size < 126 ? size : 126));
    if (size >= 126) {
        into[at++] = (char)(size >> 8);
        into[at++] = (char)size;
    }
    memcpy(into + at, mask, sizeof mask);
    at += sizeof mask;
    for (size_t byte = 0; byte < size; byte++)
        into[at + byte] = (char)(payload[byte] ^ mask[byte % sizeof mask]);
    return at + size;
}

/* The next frame that is whole; it lies in the wire's buffer until more is received. */
bool frame_take(struct wire *wire, struct frame *frame)
{
    const unsigned char *in = (const unsigned char *)wire->in + wire->done;
    size_t have = wire->have - wire->done, head = 2;
    if (have < 2)
        return false;
    size_t size = in[1];
    if (size > 126 || !(in[0] & 0x80))
        die("a frame that no server here would send: %02x %02x", in[0], in[1]);
    if (size == 126) {
        if (have < 4)
            return false;
        size = (size_t)in[2] << 8 | in[3];
        head = 4;
    }
    if (have < head + size)
        return false;
    *frame = (struct frame){in[0] & 0x0f, (const char *)in + head, size};
    wire->done += head + size;
    return true;
}

size_t handshake_make(char *into, size_t room, const char *path)
{
    return (size_t)snprintf(into, room,
                            "GET %s HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                            "Sec-WebSocket-Key: " KEY "\r\n\r\n",
                            path);
}

/* Whether the answer is whole; ends the process when it is not the right one. */
bool handshake_take(struct wire *wire)
{
    if (!wire->have)
        return false;
    const char *end = memmem(wire->in, wire->have, "\r\n\r\n", 4);
    if (!end) {
        if (wire->have > 4096)
            die("an endless answer to a handshake");
        return false;
    }
    size_t size = (size_t)(end + 4 - wire->in);
    if (strncmp(wire->in, "HTTP/1.1 101", 12) ||
        !memmem(wire->in, size, ACCEPT, sizeof ACCEPT - 1))
        die("no WebSocket: %.*s", (int)wire->have, wire->in);
    wire->done = size;
    return true;
}

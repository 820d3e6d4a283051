"""The last words on a connection that no edge serves.

Owns the two ways to write a refusal: `refuse` for a connection whose request was read, `turn_away`
for one that is not even let in. Rules: a refusal ends its connection, and neither function waits
longer than it is told. Used by `front`.
"""

import socket
from contextlib import suppress

import trio

# What a refused client is still sending is read and dropped up to here: closing a socket with
# unread bytes resets it, and a reset destroys the answer on its way (RFC 9112, 9.6).
_LINGER_BYTES = 1 << 20


async def refuse(
    stream: trio.abc.SendStream,
    transport: trio.abc.HalfCloseableStream,
    answer: bytes,
    *,
    linger: float,
) -> None:
    """Write `answer`, say EOF, and drop what still arrives; at most `linger` seconds in all.

    `stream` is the transport itself or the TLS stream on top of it. Raises
    trio.BrokenResourceError or trio.ClosedResourceError when the peer is gone. The caller closes.
    """
    with trio.move_on_after(linger):
        await stream.send_all(answer)
        await transport.send_eof()
        dropped = 0
        while dropped < _LINGER_BYTES:
            data = await transport.receive_some()
            if not data:
                return
            dropped += len(data)


def turn_away(sock: socket.socket, answer: bytes | None) -> None:
    """Send what the kernel takes of `answer` at once, drop what has arrived, close. Never waits."""
    with sock, suppress(OSError):
        if answer is not None:
            sock.send(answer)
            sock.shutdown(socket.SHUT_WR)
            sock.recv(1 << 16)

"""The express lane: hot routes answered straight from the socket, without hypercorn and quart.

Theory of operation. The listener lets the lane serve each connection first. As long as the first
request of what has arrived is whole, plain and on a hot route, the lane answers it. The first one that
is not, or is odd in any way, is left with all that is unread to the HTTP edge, for the rest of the
connection's life: so every malformed or rare form of a request and every deadline that runs out is
answered there, and no answer depends on whether there is a lane.

Its handlers are those of `matchd.http`. The daemon alone imports this.
"""

# mypy: disable-error-code="import-not-found, untyped-decorator, misc"
"""The match API on FastAPI under uvicorn (uvloop, httptools), with the pool in memory of `memory.cjs`.

Runs in a virtual environment of its own, where matchd is not, so it imports nothing of ours. A find
takes one of the free hosts of its region at random and leases it; a player's token is verified once.
"""

import asyncio
import base64
import hashlib
import hmac
import json
import os
import random
import secrets
import socket
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import uvicorn
from fastapi import FastAPI, Header, HTTPException
from pydantic import BaseModel

SECRET = secrets.token_urlsafe(32).encode()
KEY = os.environ.get("BENCH_TOKEN_KEY", "").encode()
URLS = ["turn:turn.example.net:3478?transport=udp", "turn:turn.example.net:3478?transport=tcp"]
TTL, HOLD = 3600, 20


class Beat(BaseModel):
    """A heartbeat."""

    hostId: str  # noqa: N815  # as given
    roomId: str  # noqa: N815
    region: str = "local"
    status: str = "idle"
    capacity: int = 1


class Wanted(BaseModel):
    """A find."""

    region: str = "local"


class Booking:
    """A host that is leased to a player, or to the guest who has the grant."""

    def __init__(self, host: Beat, player: str | None, grant: str) -> None:
        self.id = secrets.token_urlsafe(16)
        self.host, self.player = host, player
        self.grant_hash = _hashed(grant)
        self.until = time.monotonic() + HOLD


hosts: dict[str, Beat] = {}
free: dict[str, list[str]] = {}
places: dict[str, int] = {}
bookings: dict[str, Booking] = {}
held: dict[str, Booking] = {}
verified: dict[str, dict[str, Any]] = {}


def _hashed(grant: str) -> bytes:
    return hashlib.sha256(grant.encode()).digest()


def _put(host: Beat) -> None:
    line = free.setdefault(host.region, [])
    places[host.hostId] = len(line)
    line.append(host.hostId)


def _take(host: Beat) -> None:
    line, place = free[host.region], places.pop(host.hostId)
    last = line.pop()
    if last != host.hostId:
        line[place] = last
        places[last] = place


def _end(booking: Booking) -> None:
    del bookings[booking.id]
    if booking.player is not None and held.get(booking.player) is booking:
        del held[booking.player]
    _put(booking.host)


def _player(header: str | None) -> str | None:
    if header is None:
        return None
    claims = verified.get(header)
    if claims is None or claims["exp"] <= time.time():
        signed, _, signature = header.removeprefix("Bearer ").rpartition(".")
        made = base64.urlsafe_b64encode(hmac.digest(KEY, signed.encode(), "sha256")).rstrip(b"=")
        if not hmac.compare_digest(made, signature.encode()):
            raise HTTPException(401, "bad_token")
        body = signed.partition(".")[2]
        claims = verified[header] = json.loads(base64.urlsafe_b64decode(body + "=="))
        if claims["exp"] <= time.time():
            raise HTTPException(401, "bad_token")
    return str(claims["sub"])


async def _expire() -> None:
    while True:
        await asyncio.sleep(1)
        now = time.monotonic()
        for booking in list(bookings.values()):
            if booking.until > now:
                break
            _end(booking)


@asynccontextmanager
async def _lifespan(_app: FastAPI) -> AsyncIterator[None]:
    task = asyncio.create_task(_expire())
    yield
    task.cancel()


app = FastAPI(lifespan=_lifespan)


@app.get("/healthz")
async def health() -> dict[str, str]:
    """Alive."""
    return {"status": "ok"}


@app.post("/api/host/heartbeat")
async def heartbeat(beat: Beat) -> dict[str, Any]:
    """Register or refresh a host."""
    former = hosts.get(beat.hostId)
    if former is not None and former.hostId in places:
        _take(former)
        _put(beat)
    elif former is None:
        _put(beat)
    hosts[beat.hostId] = beat
    return {
        "success": True,
        "ttl": 30,
        "interval": 10,
        "status": beat.status,
        "bookings": [],
        "bookingCount": 0,
        "drain": False,
    }


@app.post("/api/match/find")
async def find(wanted: Wanted, authorization: str | None = Header(None)) -> dict[str, Any]:
    """Lease a host."""
    player = _player(authorization)
    if player in held:
        _end(held[player])
    line = free.get(wanted.region)
    if not line:
        raise HTTPException(404, "no_host")
    host = hosts[random.choice(line)]
    _take(host)
    grant, now = secrets.token_urlsafe(16), int(time.time())
    booking = Booking(host, player, grant)
    bookings[booking.id] = booking
    if player is not None:
        held[player] = booking
    username = f"{now + TTL}:{player or booking.id}"
    credential = base64.b64encode(hmac.digest(SECRET, username.encode(), "sha1")).decode()
    return {
        "found": True,
        "roomId": host.roomId,
        "signalingUrl": f"ws://127.0.0.1:8080/signal/{grant}",
        "iceServers": [{"urls": URLS, "username": username, "credential": credential}],
        "iceTtl": TTL,
        "iceExpiresAt": now + TTL,
        "bookingId": booking.id,
        "grant": grant,
        "hostId": host.hostId,
        "region": host.region,
        "expiresAt": now + HOLD,
    }


@app.post("/api/match/{booking_id}/release")
async def release(booking_id: str, authorization: str = Header("")) -> dict[str, str]:
    """Give a host back."""
    booking = bookings.get(booking_id)
    if booking is None or booking.grant_hash != _hashed(authorization.removeprefix("Bearer ")):
        raise HTTPException(404, "unknown_booking")
    _end(booking)
    return {
        "bookingId": booking_id,
        "state": "released",
        "cause": "released",
        "roomId": booking.host.roomId,
        "hostId": booking.host.hostId,
        "region": booking.host.region,
    }


if __name__ == "__main__":
    listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
    print(f"ready 127.0.0.1:{listener.getsockname()[1]}", flush=True)
    config = uvicorn.Config(app, log_level="error", access_log=False)
    uvicorn.Server(config).run(sockets=[listener])

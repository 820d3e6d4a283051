"""What we mint and configure, against the real coturn."""

import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import trio

from matchd.turn import Credential, coturn_config, mint, user_part
from tests.daemon.coturn import (
    HOST,
    REALM,
    RELAY_PORTS,
    Coturn,
    coturn,
    free_ports,
    loopback_lines,
    running,
    self_signed,
    workdir,
)
from tests.daemon.turnclient import TurnClient, TurnError, Way, exchange, refusal, turn_client

SECRET = "uXn0Z-4p_9Qm7rTtY2vK8bLw"
OLD_SECRET = "an-older-secret-of-32-characters"
USER = user_part(b"a pepper of 16 bytes", "u_1")


def minted(secret: str = SECRET, *, user: str = USER, age: int = 0) -> Credential:
    """Mint a credential that is good for 60 s from `age` seconds ago on."""
    return mint(secret, user, ttl=60, now=time.time() - age)


@asynccontextmanager
async def configured(**settings: Any) -> AsyncIterator[Coturn]:
    """Run the file that coturn_config writes, with the lines that loopback needs behind it."""
    port, tls_port, min_port = free_ports()
    max_port = min_port + RELAY_PORTS - 1
    with workdir() as directory:
        pair = self_signed(directory)
        text = coturn_config(
            realm=REALM,
            secret=SECRET,
            listening_ips=(HOST,),
            port=port,
            tls_port=tls_port,
            cert=str(pair.cert),
            key=str(pair.key),
            min_port=min_port,
            max_port=max_port,
            **settings,
        )
        # What it says must reach the test, not the machine's journal.
        config = text.replace("\nsyslog\n", "\n") + "\n".join(loopback_lines())
        async with running(config, directory, port) as log:
            yield Coturn(HOST, port, tls_port, min_port, max_port, REALM, SECRET, pair.cert, log)


async def admit(server: Coturn, credential: Credential) -> None:
    """Allocate a relay and give it back; raises TurnError."""
    async with turn_client(server, credential) as client:
        await client.allocate()
        await client.refresh(0)


async def peer_code(client: TurnClient, peer: str) -> int:
    """Return the code with which a peer is refused, 0 if it is permitted."""
    code = 0
    try:
        await client.permit(peer)
    except TurnError as error:
        code = error.code
    await trio.lowlevel.checkpoint()  # for flake8-async: a refusal is none that it can see
    return code


@pytest.mark.parametrize("way", ["udp", "tcp"])
async def test_minted_credentials_relay(way: Way) -> None:
    """Two players with minted credentials exchange data through two relays."""
    async with (
        coturn(secret=SECRET) as server,
        turn_client(server, minted(), way) as left,
        turn_client(server, minted(user="other"), "udp") as right,
    ):
        await exchange(left, right)


async def test_minted_credentials_relay_over_tls() -> None:
    """The same works over verified TLS."""
    async with (
        coturn(secret=SECRET, tls=True) as server,
        turn_client(server, minted(), "tls") as left,
        turn_client(server, minted(user="other"), "tls") as right,
    ):
        await exchange(left, right)


async def test_what_was_not_minted_is_refused() -> None:
    """An expired credential, a foreign one and every tampered one are 401."""
    good = minted()
    later = f"{good.expires_at + 1}:{USER}"
    bad: dict[str, Credential | tuple[str, str]] = {
        "expired": minted(age=120),
        "another secret": minted(OLD_SECRET),
        "prolonged": (later, good.password),
        "another user": (f"{good.expires_at}:mallory", good.password),
        "another password": (good.username, good.password[::-1]),
    }
    async with coturn(secret=SECRET) as server:
        codes = {what: await refusal(server, credential) for what, credential in bad.items()}
    assert dict.fromkeys(bad, 401) == codes


async def test_longest_secret() -> None:
    """A secret of 255 characters, of every kind that check_secret allows, reaches coturn whole."""
    kinds = "".join(chr(code) for code in range(33, 127) if chr(code) not in "\"'\\#;=") + "="
    secret = (kinds * 3)[:255]
    async with coturn(secret=secret) as server, turn_client(server, minted(secret)) as client:
        assert (await client.allocate())[0] == HOST


async def test_configured_server_relays_in_a_lan() -> None:
    """The written file starts a server that relays over TLS between its own private addresses."""
    async with (
        configured(relay_ips=(HOST,), lan=True) as server,
        turn_client(server, minted(), "tls") as left,
        turn_client(server, minted(user="other"), "udp") as right,
    ):
        await exchange(left, right)


async def test_configured_server_understands_every_line() -> None:
    """coturn complains about no line of the written file, though it would about a wrong one."""
    complaints = ("Bad configuration format", "Wrong address format", "Cannot", "Unknown")
    wrong = ["no-such-option", "denied-peer-ip=10.0.0.0/8"]
    async with coturn(secret=SECRET, extra=wrong) as server:
        said = server.log.read_text()
        assert sum(complaint in said for complaint in complaints) == 2
    async with configured(relay_ips=(HOST,), lan=True) as server:
        said = server.log.read_text()
        assert sum(complaint in said for complaint in complaints) == 0


async def test_configured_server_takes_both_secrets_of_a_rotation() -> None:
    """The current and the previous secret are accepted, and nobody gets in without one."""
    async with configured(previous=(OLD_SECRET,)) as server:
        await admit(server, minted())
        await admit(server, minted(OLD_SECRET))
        assert await refusal(server, ("", "")) == 401


async def test_configured_server_counts_relays_of_a_player() -> None:
    """The quota holds across credentials of one player, and not for another player."""
    async with (
        configured(user_quota=1) as server,
        turn_client(server, minted()) as first,
    ):
        await first.allocate()
        assert await refusal(server, minted(age=30)) == 486
        await admit(server, minted(user="other"))


async def test_denied_peers() -> None:
    """Private, local and special addresses are 403 as peers; a public one is not."""
    denied = (
        *("0.1.2.3", "10.0.0.1", "100.64.0.1", "127.0.0.1", "169.254.169.254", "172.16.0.1"),
        *("172.31.255.255", "192.0.0.8", "192.168.0.1", "198.18.0.1", "224.0.0.1"),
        *("240.0.0.1", "255.255.255.255"),
    )
    async with (
        configured(relay_ips=(HOST,)) as server,
        turn_client(server, minted()) as client,
    ):
        await client.allocate()
        codes = {peer: await peer_code(client, peer) for peer in (*denied, "1.1.1.1")}
    assert {**dict.fromkeys(denied, 403), "1.1.1.1": 0} == codes


async def test_denied_peers_by_ipv6() -> None:
    """No IPv6 address that carries a private IPv4 one, or is private itself, is a way round."""
    denied = (
        *(
            "::",
            "::1",
            "::127.0.0.1",
            "::10.0.1.0",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
        ),
        *("64:ff9b:1::a00:1", "2001::1", "2002:7f00:1::", "fd00::1", "fe80::1", "fec0::1"),
        "ff02::1",
    )
    async with (
        configured(relay_ips=(HOST, "::1")) as server,
        turn_client(server, minted()) as client,
    ):
        assert (await client.allocate(v6=True))[0] == "::1"
        codes = {peer: await peer_code(client, peer) for peer in (*denied, "2606:4700::1111")}
    assert {**dict.fromkeys(denied, 403), "2606:4700::1111": 0} == codes


async def test_missing_turnserver_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without coturn the helper says which package is missing."""
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(RuntimeError, match="install the Debian package coturn"):
        async with coturn(secret=SECRET):
            pass


async def test_broken_configuration_shows_the_log() -> None:
    """A server that ends at once is reported with its log."""
    with pytest.raises(RuntimeError, match="-a and -z options cannot be used together"):
        async with coturn(secret=SECRET, extra=["no-auth"]):
            pass

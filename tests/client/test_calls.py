"""Single calls: what can be given, and what an answer that is no answer becomes."""

from __future__ import annotations

import pytest
import trio.testing

from matchd.client import Client, HostDetails, Refused, Unreachable, Wish
from matchd.client.origin import parse, parse_base
from matchd.errors import InvalidRequest
from tests.client.house import PC, Town
from tests.house import SECRET

Clock = trio.testing.MockClock

HTML = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 4\r\nRetry-After: 7\r\n\r\noops"
OTHERS: dict[bytes, str | None] = {
    b"": None,
    b"SSH-2.0-OpenSSH_9.2\r\n\r\n": None,
    b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello": "not matchd's",
    b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\n{}": None,
    b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (1 << 20) + b"x": "too long",
}


@pytest.mark.parametrize("said", OTHERS)
async def test_an_answer_of_something_else(town: Town, said: bytes, autojump_clock: Clock) -> None:
    """What is no answer of matchd's counts as none, and may be tried again."""
    town.refusal = said
    with pytest.raises(Unreachable, match=OTHERS[said]) as unreachable:
        await town.client().beat(PC)
    assert unreachable.value.temporary


async def test_a_proxy_without_a_server(town: Town, autojump_clock: Clock) -> None:
    """A refusal that is not matchd's has a code of its status, and its Retry-After counts."""
    town.refusal = HTML
    with pytest.raises(Refused) as refused:
        await town.client().beat(PC)
    error = refused.value
    assert (error.code, error.status, error.retry_after) == ("http_502", 502, 7)
    assert error.temporary


async def test_a_server_that_does_not_answer(town: Town, autojump_clock: Clock) -> None:
    """An answer that takes too long counts as none."""
    town.lost = 1
    town.slow = True
    with pytest.raises(Unreachable, match="in time"):
        await town.client().find(Wish(), "k" * 22)


@pytest.mark.parametrize(
    "url",
    ["", "play.example.net", "ftp://a", "https://", "https://a:b", "https://u:p@a", "http://a b"],
)
def test_what_is_no_url(url: str) -> None:
    """It is refused before anything is asked, and named."""
    with pytest.raises(InvalidRequest, match="not a URL"):
        Client(url)


def test_a_base_url_has_no_path() -> None:
    """A server has its whole origin, and a client asks by HTTP."""
    for url in ("https://a/path", "https://a/?q", "wss://a"):
        with pytest.raises(InvalidRequest, match="origin"):
            parse_base(url)


def test_origins() -> None:
    """Ports are those of the scheme, and IPv6 addresses keep their brackets."""
    origin, rest = parse("wss://a.example/signal/g?roomId=r")
    assert (origin.authority, origin.port, rest) == ("a.example", 443, "/signal/g?roomId=r")
    assert parse_base("http://[::1]:8080/").authority == "[::1]:8080"


@pytest.mark.parametrize(
    "bad",
    [{"host_id": ""}, {"room_id": "a b"}, {"region": ""}, {"game": ""}, {"capacity": 0}],
)
def test_bad_details(bad: dict[str, object]) -> None:
    """A host that the server would refuse is refused here, by the field."""
    with pytest.raises(InvalidRequest):
        HostDetails(**{"host_id": "h", "room_id": "r"} | bad)  # type: ignore[arg-type]  # on purpose


def test_a_credential_is_no_text_to_show() -> None:
    """It stands in no repr, and one that would break a header is refused unseen."""
    assert SECRET not in repr(Client("https://a", credential=SECRET))
    with pytest.raises(InvalidRequest) as refused:
        Client("https://a", credential="two\r\nlines")
    assert "two" not in str(refused.value)

"""Servers, their URLs, and what hosts, secrets and STUN URLs may be."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from matchd.turn import (
    SharedSecretServer,
    StaticServer,
    check_host,
    check_secret,
    check_stun_url,
)
from tests.turn.grammar import is_accepted

SECRET = "north-sea-north-sea"

HOSTS = st.one_of(
    st.from_regex(r"[a-z0-9_]([a-z0-9_-]{0,9}[a-z0-9_])?(\.[a-z]{1,9}){0,3}", fullmatch=True),
    st.ip_addresses().map(str),
    st.text(max_size=12),
)


def shared(**changed: Any) -> SharedSecretServer:
    """Make a server, changed where a test says so."""
    fields = {"name": "eu-1", "host": "turn.example.net", "secret": SECRET}
    return SharedSecretServer(**{**fields, **changed})


@pytest.mark.parametrize(
    ("host", "ports", "expected"),
    [
        (
            "turn.example.net",
            (3478, 3479, 443),
            (
                "turn:turn.example.net:3478?transport=udp",
                "turn:turn.example.net:3479?transport=tcp",
                "turns:turn.example.net:443?transport=tcp",
            ),
        ),
        ("192.0.2.1", (3478, 0, 0), ("turn:192.0.2.1:3478?transport=udp",)),
        ("2001:db8::1", (0, 80, 0), ("turn:[2001:db8::1]:80?transport=tcp",)),
        ("lan_box", (0, 0, 65535), ("turns:lan_box:65535?transport=tcp",)),
    ],
)
def test_urls(host: str, ports: tuple[int, int, int], expected: tuple[str, ...]) -> None:
    """URLs come from host and ports, best transport first, IPv6 in brackets, 0 left out."""
    udp, tcp, tls = ports
    assert expected == shared(host=host, udp_port=udp, tcp_port=tcp, tls_port=tls).urls


@settings(deadline=None)
@given(host=HOSTS, ports=st.tuples(*[st.integers(-1, 65536)] * 3))
def test_every_built_url_is_accepted_by_browsers(host: str, ports: tuple[int, int, int]) -> None:
    """Whatever the configuration says, it is refused or its URLs fit the browsers' grammar."""
    udp, tcp, tls = ports
    try:
        urls = shared(host=host, udp_port=udp, tcp_port=tcp, tls_port=tls).urls
    except ValueError:
        return
    assert 1 <= len(urls) <= 3
    assert all(is_accepted(url) for url in urls)


@pytest.mark.parametrize(
    "host",
    [
        *("a", "localhost", "turn.example.net", "xn--bcher-kva.example", "_t.example", "3com"),
        *("192.0.2.1", "::1", "2001:db8::1", "::ffff:192.0.2.1", "1.example", "a" * 63),
    ],
)
def test_hosts(host: str) -> None:
    """Names and addresses are accepted."""
    check_host(host)


@pytest.mark.parametrize(
    "host",
    [
        *("", ".", "a.", ".a", "a..b", "-a", "a-", "a" * 64, "a." * 127 + "a", "a b", "a\n"),
        *("a/b", "user@host", "h?transport=udp", "h&x=1", "h:3478", "turn:h", "[::1]"),
        *("b\xfccher.example", "1.2.3", "1.2.3.256", "1.2.3.4.5", "42", "fe80::1%eth0"),
        *("::", "0.0.0.0", "ff02::1", "1::2::3"),
    ],
)
def test_refused_hosts(host: str) -> None:
    """What is no bare name or address, or one that nobody can connect to, is refused."""
    with pytest.raises(ValueError, match=r"^The host .*\.$"):
        check_host(host)


@pytest.mark.parametrize(
    "secret", ["x" * 16, "x" * 255, "a=/+-_.,!$%&()*:<>?@[]^`{|}~", "A" * 15 + "="]
)
def test_secrets(secret: str) -> None:
    """A secret of 16 to 255 characters that coturn reads as it stands is accepted."""
    check_secret(secret)


@pytest.mark.parametrize(
    "secret",
    [
        *("", "x" * 15, "x" * 256, "=" + "x" * 20, "\xe4" * 20, "x" * 20 + "\n", "\t" + "x" * 20),
        *(f"xxxxxxxx{bad}xxxxxxxxxx" for bad in "\"'\\#; \x00\x7f"),
    ],
)
def test_refused_secrets(secret: str) -> None:
    """A secret that is short, or that coturn's parser would change, is refused and not quoted."""
    with pytest.raises(ValueError, match=r"^The secret .*\.$") as caught:
        check_secret(secret)
    assert "xxxx" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    ["stun:h", "stun:h.example:3478", "stuns:h:443", "stun:192.0.2.1", "stun:[2001:db8::1]:1"],
)
def test_stun_urls(url: str) -> None:
    """STUN URLs of RFC 7064 are accepted."""
    check_stun_url(url)
    assert is_accepted(url)


@pytest.mark.parametrize(
    "url",
    [
        *("", "stun:", "h", "stun://h", "turn:h", "STUN:h", "stun:h?transport=udp", "stun:h:0"),
        *("stun:h:65536", "stun:h:", "stun:u@h", "stun:h/p", "stun:2001:db8::1", "stun:[h]"),
        "stun:h ",
    ],
)
def test_refused_stun_urls(url: str) -> None:
    """One STUN URL that a browser would refuse never reaches it."""
    with pytest.raises(ValueError, match=r"\.$"):
        check_stun_url(url)


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"name": "a b"}, "server name"),
        ({"host": "h/p"}, "The host"),
        ({"udp_port": 65536}, "A port of eu-1"),
        ({"udp_port": 0, "tcp_port": 0}, "every port turned off"),
        ({"weight": -1}, "weight of eu-1"),
        ({"secret": "short"}, "The secret"),
        ({"previous": ("short",)}, "The secret"),
    ],
)
def test_refused_servers(changed: dict[str, Any], message: str) -> None:
    """A server that could not work is refused when it is made, with a sentence that says why."""
    with pytest.raises(ValueError, match=message):
        shared(**changed)


@pytest.mark.parametrize(
    ("username", "credential"), [("", "c"), ("u", ""), ("u" * 509, "c"), ("ü" * 255, "c")]
)
def test_refused_static_servers(username: str, credential: str) -> None:
    """A fixed credential that makes a browser throw is refused: empty, or over 508 bytes."""
    with pytest.raises(ValueError, match="of s "):
        StaticServer(name="s", host="h", username=username, credential=credential)


def test_refusal_names_the_path_when_decoded() -> None:
    """Decoded from a configuration, the same refusal says where it stands."""
    data = {"server": [{"name": "s", "host": "h/", "username": "u", "credential": "c"}]}
    with pytest.raises(msgspec.ValidationError, match=r"^The host 'h/'.*\[0\]`$"):
        msgspec.convert(data, dict[str, list[StaticServer]])


def test_secrets_are_not_shown() -> None:
    """No repr, neither Python's nor rich's, has a secret in it."""
    server = shared(previous=("old-" + SECRET,), realm="example.net")
    fixed = StaticServer(name="s", host="h", username="u", credential=SECRET)
    assert "realm='example.net'" in repr(server)
    assert SECRET not in repr((server, fixed))
    assert SECRET not in str([server.__rich_repr__(), fixed.__rich_repr__()])

"""The written form of listen addresses."""

import pytest

from matchd.domain.endpoints import Address, FdAddress, TcpAddress, UnixAddress, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("127.0.0.1:8080", TcpAddress("127.0.0.1", 8080)),
        ("[::1]:8080", TcpAddress("::1", 8080)),
        ("[fe80::1%eth0]:1", TcpAddress("fe80::1%eth0", 1)),
        (":0", TcpAddress("", 0)),
        ("unix:/run/matchd/matchd.sock", UnixAddress("/run/matchd/matchd.sock")),
        ("fd://", FdAddress("")),
        ("fd://web", FdAddress("web")),
    ],
)
def test_good(text: str, address: Address) -> None:
    """Every allowed form is understood."""
    assert address == parse_address(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "8080",
        "127.0.0.1",
        "127.0.0.1:",
        "127.0.0.1:65536",
        "127.0.0.1:-1",
        "127.0.0.1:٣",
        "localhost:80",
        "::1:80",
        "[127.0.0.1]:80",
        "[::1:80",
        "unix:matchd.sock",
        "unix:",
    ],
)
def test_bad(text: str) -> None:
    """Anything else is refused in a sentence that names it and what is allowed."""
    with pytest.raises(ValueError, match="allowed are") as error:
        parse_address(text)
    assert repr(text) in str(error.value)

"""The rules between and inside keys."""

from pathlib import Path

import pytest

from matchd.config import Config, dev, load
from matchd.config.check import check
from matchd.domain.limits import Rate
from tests.config.house import MINIMAL, TURN, complaint, furnish, loaded, put

ORIGIN = 'a bare origin such as "https://play.example.net", without path, query or trailing slash'
SERVER = {
    "listen = []": 'server.listen = []: at least one address, such as "127.0.0.1:8080"',
    "listen = ['localhost:80']": "server.listen = \"localhost:80\": cannot listen on 'localhost:80'"
    ": the host must be an IP address; allowed are 127.0.0.1:8080, [::1]:8080, :8080 (all "
    "addresses), unix:/path/to.sock, fd:// and fd://NAME",
    "trusted_proxies = ['proxy']": 'server.trusted_proxies = "proxy": allowed are addresses, ranges '
    "such as 10.0.0.0/8, and unix:",
    "cors_origins = ['play.example.net']": f'server.cors_origins = "play.example.net": {ORIGIN}',
    "tls_key = '/k'": "server.tls_certificate and server.tls_key: set both or neither",
    "tls_certificate = 'c'\ntls_key = '/k'": 'server.tls_certificate = "c": an absolute path, or "" '
    "for none",
    "data_dir = 'data'": 'server.data_dir = "data": an absolute path, or "" for none',
}


@pytest.mark.parametrize(("text", "expected"), SERVER.items(), ids=list(SERVER))
def test_server(tmp_path: Path, text: str, expected: str) -> None:
    """What is wrong in [server] is named with its value and what is allowed."""
    assert expected == complaint(furnish(tmp_path, MINIMAL + text))


REDIS = "[store]\nbackend = 'redis'\nurl = 'redis://127.0.0.1'\n"
PASSWORD = (
    "store.url: holds a password; write it into a file in secrets/, closed to others, and set "
    "store.password_file to its name"
)
NEEDS_URL = 'store.url: needed with store.backend = "redis"; such as "redis://127.0.0.1:6379/0" or '
STORE = {
    "[store]\nbackend = 'sqlite'": 'store.backend = "sqlite": allowed is "embedded" or "redis"',
    "[store]\nbackend = 'redis'": NEEDS_URL + '"unix:///run/redis/redis-server.sock"',
    "[store]\nurl = 'redis://h'": NEEDS_URL.replace("needed with", "of no use without")
    + '"unix:///run/redis/redis-server.sock"',
    REDIS.replace("//", "//:hush@"): PASSWORD,
    REDIS.replace("//", "//u:hu/sh@"): PASSWORD,
    REDIS.replace(".1'", ".1?password=hush'"): PASSWORD,
    "[store]\nurl = ':hush@h'\nurl2 = 1": "store.url2 is not a known key; did you mean url?",
    "[store]\npassword_file = 'p'": 'store.password_file = "p": of no use without store.backend = '
    '"redis"',
    "[store]\nca = '/ca'": 'store.ca = "/ca": of no use without store.backend = "redis"',
    REDIS + "ca = 'ca.pem'": 'store.ca = "ca.pem": an absolute path, or "" for none',
    REDIS + "key = 'k'": 'store.key = "k": an absolute path, or "" for none',
    REDIS
    + "replica = 'often'": 'store.replica = "often": allowed is "always" or "auto" or "never"',
    REDIS + "timeout = 0": "store.timeout = 0: allowed is a number from 0.1 to 30",
    REDIS + "node_lease = 1": "store.node_lease = 1: allowed is a number from 2 to 60",
    "reuse_port = true": "server.reuse_port = true: several processes on one port would each have "
    'a pool of their own; they share one with store.backend = "redis"',
    "reuse_port = true\nlisten = ['unix:/s']\n" + REDIS: 'server.listen = "unix:/s": several '
    "processes can't share a unix socket (server.reuse_port = true); give each process its own with "
    "`matchd serve --listen`",
}


@pytest.mark.parametrize(("text", "expected"), STORE.items(), ids=list(STORE))
def test_store(tmp_path: Path, text: str, expected: str) -> None:
    """What is wrong about the store is named with the line to change, and no password is quoted."""
    said = complaint(furnish(tmp_path, MINIMAL + text))
    assert said == expected
    assert "hush" not in said


@pytest.mark.parametrize("name", ["password_file", "sentinel_password_file"])
def test_store_passwords(tmp_path: Path, name: str) -> None:
    """A password file of the store that is not there, or that others can read, is refused."""
    path = furnish(tmp_path, f"{MINIMAL}{REDIS}{name} = 'redis'")
    assert complaint(path).startswith(f'store.{name} = "redis": there is no {tmp_path}')
    put(tmp_path / "secrets" / "redis", "hush\n", 0o644)
    said = complaint(path)
    assert "can be read by others (mode 0644)" in said
    assert "hush" not in said


URLS = ["play", "ftp://a.b", "https://", "https://a.b/", "https://u@a.b", "https://a.b?x"]
URLS += ["https://a.b:99999", "https://[::1", "https://a.b:0", "https://:80", "HTTPS://a.b"]


@pytest.mark.parametrize("url", URLS)
def test_public_url_is_a_bare_origin(tmp_path: Path, url: str) -> None:
    """An address that is no bare http or https origin is refused."""
    path = furnish(tmp_path, f'server.public_url = "{url}"')
    assert f'server.public_url = "{url}": {ORIGIN}' == complaint(path)


def test_public_url_is_needed(tmp_path: Path) -> None:
    """Without a public URL there is nothing to tell players; --dev finds one by itself."""
    path = furnish(tmp_path, "")
    assert complaint(path).startswith('server.public_url = "": needed; the address players reach')
    assert load(path, dev=True).dev


RULES = {
    "hosts.interval = 30": "hosts.interval = 30: must be less than hosts.ttl (30)",
    "hosts.lost_after = 20": "hosts.lost_after = 20: must not be less than hosts.ttl (30)",
    "bookings.hold_max = 5": "bookings.hold_max = 5: must not be less than bookings.hold (20)",
    "signaling.silence = 15": "signaling.silence = 15: must be more than signaling.ping_interval "
    "(15)",
    "hosts.default_region = ''": 'hosts.default_region = "": 1 to 64 printable characters',
    "limits.address.finds = '5 a day'": 'limits.address.finds = "5 a day": a rate is written '
    "count/unit with unit s, min or h, such as 30/min",
    "limits.exempt = ['10.0.0.0/99']": 'limits.exempt = "10.0.0.0/99": allowed are addresses, '
    "ranges such as 10.0.0.0/8, and unix:",
    "turn.stun = ['turn:a.b']": "turn.stun = \"turn:a.b\": 'turn:a.b' is no STUN URL: write "
    "stun:host:port, without // and query.",
}


@pytest.mark.parametrize(("text", "expected"), RULES.items(), ids=list(RULES))
def test_rules(tmp_path: Path, text: str, expected: str) -> None:
    """A value that contradicts another, or can't be read, names both."""
    assert expected == complaint(furnish(tmp_path, f"{text}\n{MINIMAL}"))


def test_open_hosts_are_for_development(tmp_path: Path) -> None:
    """`auth = "open"` is refused without --dev, with the reason and the other choices."""
    path = furnish(tmp_path, f'hosts.auth = "open"\n{MINIMAL}')
    expected = 'hosts.auth = "open": only with --dev; allowed are "secret", "token"'
    assert complaint(path).startswith(expected)
    assert load(path, dev=True).config.hosts.auth == "open"


SERVERS = {
    "host = 'turn:x'": "turn.server[0].host = \"turn:x\": The host 'turn:x' is neither an IPv4 nor "
    "an IPv6 address.",
    "udp_port = 0\ntcp_port = 0": "turn.server[0]: one of udp_port, tcp_port, tls_port must be set",
    "secret_file = ''": "turn.server[0]: a coturn server needs secret_file only",
    "kind = 'static'": "turn.server[0]: a static server needs username and credential_file only",
    "username = 'u'": "turn.server[0]: a coturn server needs secret_file only",
    "regions = ['']": 'turn.server[0].regions = "": 1 to 64 printable characters',
    "name = 'a b'": "turn.server[0]: The server name 'a b' is not 1 to 64 of A-Z a-z 0-9 _ . -.",
}


@pytest.mark.parametrize(("text", "expected"), SERVERS.items(), ids=list(SERVERS))
def test_turn_servers(tmp_path: Path, text: str, expected: str) -> None:
    """A TURN server that can't work is refused with its place in the list."""
    changed = {line.partition(" ")[0] for line in text.splitlines()}
    kept = [line for line in TURN.splitlines() if line.partition(" ")[0] not in changed]
    path = furnish(tmp_path, MINIMAL + "\n".join([*kept, text]))
    assert expected == complaint(path)


def test_turn_names_are_unique(tmp_path: Path) -> None:
    """Two TURN servers of one name are refused: logs and metrics could not tell them apart."""
    path = furnish(tmp_path, MINIMAL + TURN + TURN)
    assert complaint(path) == 'turn.server[0].name = "eu-1": each name once'


def test_development_settings_hold() -> None:
    """What --dev uses without a file breaks no rule, and limits do not hold for this machine."""
    settings = dev().config
    check(settings, dev=True)
    assert settings.limits.exempt == ("127.0.0.0/8", "::1", "unix:")


def test_rates_are_read(tmp_path: Path) -> None:
    """A rate of the file becomes the one that is enforced."""
    settings = loaded(tmp_path, f'limits.socket.messages = "7/s"\n{MINIMAL}').config
    assert Rate(7, 7.0) == settings.limits.socket.rates()["messages"]
    assert Rate(30, 0.5) == Config().limits.identity.rates()["finds"]


MODES = {
    "players = 3": "games.modes.duel.players = 3: as many on each of its 2 sides",
    "sides = ['a', 'a']": "games.modes.duel.sides: different names of 1 to 64 characters",
    "sides = ['a', '']": "games.modes.duel.sides: different names of 1 to 64 characters",
}


@pytest.mark.parametrize(("text", "expected"), MODES.items(), ids=list(MODES))
def test_modes(tmp_path: Path, text: str, expected: str) -> None:
    """A way to play that has no room for everybody, or sides that can't be told apart, is refused."""
    path = furnish(tmp_path, f"{MINIMAL}[games.modes.duel]\n{text}")
    assert expected == complaint(path)

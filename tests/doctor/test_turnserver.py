"""coturn's file read as coturn reads it, and what is wrong with it."""

import pytest

from matchd.doctor.findings import Severity, status, worst
from matchd.doctor.turnserver import check_file, is_anonymous, read
from matchd.turn import coturn_config
from tests.doctor.house import SECRET, Found, server

GOOD = coturn_config(realm="matchd.test", secret=SECRET)


def found(text: str, store_url: str = "") -> Found:
    """What is said of a file with this text."""
    return Found(check_file(read("turnserver.conf", text), [server(1)], store_url))


def test_our_own_file() -> None:
    """What `matchd turn config` writes is fine."""
    assert found(GOOD).bad == set()


def test_lines_as_coturn_reads_them() -> None:
    """Quotes go, a comment behind a value stays, and a key may stand before a space."""
    text = '# realm=a\n realm = "b c"\nuse-auth-secret\ncert /x y\nstatic-auth-secret==x # y\n'
    assert read("f", text).lines == (
        ("realm", "b c"),
        ("use-auth-secret", ""),
        ("cert", "/x y"),
        ("static-auth-secret", "x # y"),
    )


@pytest.mark.parametrize(
    ("line", "severity", "said"),
    [
        ("no-auth", "fail", "relays for anybody"),
        ("lt-cred-mech", "warn", "remove lt-cred-mech"),
        ("oauth", "warn", "remove oauth"),
        ("allow-loopback-peers", "fail", "remove allow-loopback-peers"),
        ("denied-peer-ip=10.0.0.0/8", "fail", "denied-peer-ip=10.0.0.0-10.255.255.255"),
        ("allowed-peer-ip=nonsense/8", "fail", "allowed-peer-ip=FIRST-LAST"),
        ("denied-peer-ip=::-::ffff:ffff", "fail", "denied-peer-ip=::1-::ffff:ffff"),
        (f"static-auth-secret={SECRET};", "fail", "with nothing behind it"),
        (f"static-auth-secret={SECRET} # ours", "fail", "with nothing behind it"),
    ],
)
def test_one_line_too_many(line: str, severity: str, said: str) -> None:
    """Each line that does harm is named with what to write in its place, and no secret."""
    text = found(f"{GOOD}{line}\n").said("L1")
    assert text.startswith(severity)
    assert said in text
    assert SECRET not in text


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("syslog\n", "no authentication"),
        ("lt-cred-mech\nrealm=r\n", "no use-auth-secret"),
        (f"use-auth-secret\nstatic-auth-secret={SECRET}\n", "no realm="),
        ("use-auth-secret\nrealm=r\nstatic-auth-secret=of-somebody-else\n", "is the first line of"),
    ],
)
def test_missing_lines(text: str, said: str) -> None:
    """What is missing is named."""
    assert said in found(text).said("L1")


def test_a_secret_may_be_in_a_database() -> None:
    """Where coturn has a database too, its file need not hold our secret."""
    text = "use-auth-secret\nrealm=r\nuserdb=/x\nstatic-auth-secret=of-somebody-else\n"
    assert found(text).bad == set()


@pytest.mark.parametrize(
    ("url", "bad"),
    [("redis://10.0.0.1:6379/2", {"L1"}), ("redis://10.0.0.1/3", set()), ("", set())],
)
def test_our_redis(url: str, bad: set[str]) -> None:
    """coturn on our own Redis database, walking its keys, is found."""
    text = GOOD + "redis-userdb=ip=10.0.0.1 dbname=2 password=x port=6379\n"
    assert found(text, url).bad == bad
    quiet = text + "no-dynamic-ip-list\nno-dynamic-realms\nno-auth-pings\n"
    assert found(quiet, url).bad == set()


def test_debian_s_own_file() -> None:
    """The file that Debian ships asks nobody for a credential."""
    text = "syslog\nno-rfc5780\nno-stun-backward-compatibility\nresponse-origin-only-with-rfc5780\n"
    assert is_anonymous(read("f", text))


def test_status() -> None:
    """The exit status is that of the worst finding."""
    file = read("f", "")
    for severity, number in (("ok", 0), ("info", 0), ("warn", 1), ("fail", 2)):
        findings = [file.found(Severity.OK, "x"), file.found(Severity(severity), "y")]
        assert (worst(findings), status(findings)) == (severity, number)
    assert status([]) == 0

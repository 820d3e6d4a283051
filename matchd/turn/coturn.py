"""The hardened `turnserver.conf` that `matchd turn config` prints.

One function makes the whole text. It is good for coturn 4.6.1 (Debian 12) and later: an option
that a newer coturn dropped is named as such in the file, and costs one warning in coturn's log.

Rules of coturn's parser that decide the form (seen in its source and by test): a line is
`key=value` of at most 1024 bytes, a comment stands on its own line only, peers are denied as
`ip` or `ip-ip` (4.6.1 skips a CIDR with a mere warning, so the rule would fail open), and only
one file is read. Every value is checked, so that none can smuggle in a second line; the checks
raise ValueError with one sentence. The command line and the tests import this module.
"""

import ipaddress
import re
from collections.abc import Iterable

from matchd.turn.servers import check_secret

# Where a relay must never reach. Most IPv6 ranges are those that carry an IPv4 address inside:
# coturn before 4.9.0 lets them slip past the IPv4 rules (CVE-2026-27624). It also compares IPv6
# byte by byte, each within its own bounds, so a range must be such a box (two of them stand for
# the IPv4-compatible addresses), and a range from :: takes in every IPv4 address there is.
_DENIED = (
    ("0.0.0.0-0.255.255.255", "this network"),
    ("10.0.0.0-10.255.255.255", "private"),
    ("100.64.0.0-100.127.255.255", "carrier NAT"),
    ("127.0.0.0-127.255.255.255", "loopback: services of this machine"),
    ("169.254.0.0-169.254.255.255", "link-local: the metadata service of clouds"),
    ("172.16.0.0-172.31.255.255", "private"),
    ("192.0.0.0-192.0.0.255", "protocol assignments"),
    ("192.168.0.0-192.168.255.255", "private"),
    ("198.18.0.0-198.19.255.255", "benchmark networks"),
    ("240.0.0.0-255.255.255.255", "reserved, broadcast"),
    ("::1-::ffff:ffff", "loopback"),
    ("::100:0-::ffff:ffff", "IPv4-compatible"),
    ("::ffff:0.0.0.0-::ffff:255.255.255.255", "IPv4-mapped"),
    ("64:ff9b::-64:ff9b::ffff:ffff", "NAT64"),
    ("64:ff9b:1::-64:ff9b:1:ffff:ffff:ffff:ffff:ffff", "NAT64 of the local network"),
    ("2001::-2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff", "Teredo and other assignments"),
    ("2002::-2002:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "6to4"),
    ("fc00::-fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "private"),
    ("fe80::-feff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "link-local, site-local"),
)
_REALM = re.compile(r"[A-Za-z0-9_.-]{1,127}")  # coturn keeps 127 bytes
_PATH = re.compile(r"/[A-Za-z0-9_./@:+,~-]{1,500}")


def coturn_config(  # noqa: PLR0913 (each is one setting of the file, under coturn's name)
    *,
    realm: str,
    secret: str,
    previous: tuple[str, ...] = (),
    listening_ips: tuple[str, ...] = (),
    relay_ips: tuple[str, ...] = (),
    external_ip: str | None = None,
    port: int = 3478,
    tls_port: int = 5349,
    cert: str | None = None,
    key: str | None = None,
    min_port: int = 49152,
    max_port: int = 65535,
    user_quota: int = 12,
    total_quota: int = 1200,
    max_bps: int = 12_500_000,
    lan: bool = False,
) -> str:
    """Write the whole file; it holds the secret, so its mode should be 0640.

    `previous` are secrets that stay accepted during a rotation. `external_ip` is `PUBLIC` or
    `PUBLIC/PRIVATE`, for a server behind NAT. TLS needs `cert` and `key` (absolute paths), else
    it is off. Quotas count allocations; `max_bps` is bytes a second of one allocation and
    direction. `lan` lets relays reach each other where `relay_ips` are private IPv4 addresses
    (newer coturns relay to no private IPv6 address, whatever the file says).
    Raises ValueError for a value that coturn would misread.
    """
    sections = (
        _auth(realm, (secret, *previous)),
        _addresses(listening_ips, relay_ips, external_ip),
        _ports(port, min_port, max_port),
        _tls(tls_port, cert, key),
        _limits(user_quota, total_quota, max_bps),
        _hardening(),
        _peers(relay_ips, lan=lan),
    )
    head = "# coturn for matchd, written by `matchd turn config`. It holds a secret: keep it 0640."
    return "\n\n".join([head, *("\n".join(lines) for lines in sections)]) + "\n"


def _auth(realm: str, secrets: Iterable[str]) -> list[str]:
    if not _REALM.fullmatch(realm):
        raise ValueError(f"The realm {realm!r} is not 1 to 127 of A-Z a-z 0-9 _ . -.")
    lines = [
        "# Without this line coturn is an open relay: Debian's own file has no authentication.",
        "use-auth-secret",
        "# Browsers time out on an empty realm.",
        f"realm={realm}",
        "# The secret shared with matchd; every line is accepted, so a rotation adds one, waits",
        "# for the ttl, and removes the other. Read at start only: restart after a change.",
    ]
    for secret in secrets:
        check_secret(secret)
        lines.append(f"static-auth-secret={secret}")
    return lines


def _addresses(
    listening_ips: tuple[str, ...], relay_ips: tuple[str, ...], external_ip: str | None
) -> list[str]:
    mapped = external_ip.split("/") if external_ip is not None else []
    for address in (*listening_ips, *relay_ips, *mapped):
        _check_ip(address)
    if len(mapped) > 2:
        raise ValueError(f"external_ip {external_ip!r} is neither PUBLIC nor PUBLIC/PRIVATE.")
    lines = ["# Where coturn listens, and the addresses it relays from; none named: all it has."]
    lines += [f"listening-ip={address}" for address in listening_ips]
    lines += [f"relay-ip={address}" for address in relay_ips]
    if mapped:
        lines += ["# Behind NAT: what players are told.", f"external-ip={external_ip}"]
    return lines


def _check_ip(address: str) -> None:
    try:
        ipaddress.ip_address(address)
    except ValueError:
        raise ValueError(f"{address!r} is no IP address (coturn knows no CIDR).") from None
    if "%" in address:
        raise ValueError(f"{address!r} has a scope: coturn takes plain addresses.")


def _ports(port: int, min_port: int, max_port: int) -> list[str]:
    _check_port(port)
    if not 1024 <= min_port <= max_port <= 65535:
        raise ValueError(f"The relay ports {min_port} to {max_port} are no range in 1024 to 65535.")
    return [
        "# Open this one for UDP and TCP in the firewall,",
        f"listening-port={port}",
        "# and these for UDP; one allocation uses one port.",
        f"min-port={min_port}",
        f"max-port={max_port}",
    ]


def _check_port(port: int) -> None:
    if not 1 <= port <= 65535:
        raise ValueError(f"The port {port} is outside 1 to 65535.")


def _tls(tls_port: int, cert: str | None, key: str | None) -> list[str]:
    if cert is None and key is None:
        return [
            "# No certificate was named: TLS is off. A browser refuses a self-signed one.",
            "no-tls",
            "no-dtls",
        ]
    if cert is None or key is None:
        raise ValueError("TLS needs both a certificate and its key.")
    _check_port(tls_port)
    for path in (cert, key):
        if not _PATH.fullmatch(path):
            raise ValueError(f"{path!r} is no absolute path of plain characters.")
    return [
        "# TLS, for players whose network lets nothing else out. The user turnserver must be able",
        "# to read both files; after a renewal send coturn SIGUSR2, else it keeps the old one.",
        f"tls-listening-port={tls_port}",
        f"cert={cert}",
        f"pkey={key}",
        "# No browser uses TURN over DTLS.",
        "no-dtls",
        "# TLS 1.2 at least; newer coturns have no such option, ask for it anyway, and warn once.",
        "no-tlsv1",
        "no-tlsv1_1",
    ]


def _limits(user_quota: int, total_quota: int, max_bps: int) -> list[str]:
    if not 1 <= user_quota <= total_quota:
        raise ValueError("The quotas are not 1 <= user_quota <= total_quota.")
    if max_bps < 0:
        raise ValueError("max_bps is negative: use 0 for no limit.")
    return [
        "# Allocations of one player (matchd gives each a stable user part) and of all. A browser",
        "# makes one for every URL and peer connection, so fewer than 12 a player hurts.",
        f"user-quota={user_quota}",
        f"total-quota={total_quota}",
        "# Bytes a second of one allocation, each direction; 0 is no limit.",
        f"max-bps={max_bps}",
    ]


def _hardening() -> list[str]:
    return [
        "# Into the journal, not into files of its own under /var/log.",
        "syslog",
        "# WebRTC checks it; it keeps STUN apart from media on one port.",
        "fingerprint",
        "# A nonce that was overheard is worth ten minutes.",
        "stale-nonce=600",
        "# The telnet console, on by default in 4.6; newer coturns have it off and say so once.",
        "no-cli",
        "# Relays to TCP peers: games need none, and they reach web servers of your network.",
        "no-tcp-relay",
        "# NAT discovery: no player needs it, and it answers from addresses the caller chooses.",
        "no-rfc5780",
    ]


def _peers(relay_ips: tuple[str, ...], *, lan: bool) -> list[str]:
    if lan and not relay_ips:
        raise ValueError("lan needs relay_ips: those are the addresses it opens.")
    lines = [
        "# Who holds a credential may send to any peer that is not denied here: close your own",
        "# networks to him. Ranges, because coturn does not understand CIDR.",
        "no-multicast-peers",
    ]
    for span, reason in _DENIED:
        lines += [f"# {reason}", f"denied-peer-ip={span}"]
    if lan:
        lines.append("# A server inside a private network: relays may reach each other.")
        lines += [f"allowed-peer-ip={address}" for address in relay_ips]
    return lines

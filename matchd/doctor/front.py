"""H1 to H3: our own address as the world sees it, through whatever proxy stands before it.

H2 needs no help of the daemon: /metrics is for this machine alone, so who gets it from outside, or by
claiming to be 127.0.0.1, has found a proxy that does not say who calls.
"""

from __future__ import annotations

import ipaddress
import json
import secrets
import ssl

import trio

from matchd.client.errors import Unreachable
from matchd.client.http import FAULTS, Request, Response, ask, dial
from matchd.client.origin import parse_base
from matchd.config import Config
from matchd.doctor.findings import Finding, Severity
from matchd.doctor.link import ProbeError
from matchd.doctor.reach import resolve

PATIENCE = 5.0

_FORWARDED = (
    "in the proxy: proxy_set_header X-Forwarded-For $remote_addr; (nginx; Caddy does so), and its "
    "address in server.trusted_proxies"
)
_UPGRADE = (
    "in the proxy: proxy_http_version 1.1; proxy_set_header Upgrade $http_upgrade; "
    "proxy_set_header Connection $connection_upgrade; (nginx)"
)


class Front:
    """The public address of a configuration."""

    def __init__(self, config: Config, trust: ssl.SSLContext | None = None) -> None:
        self._config = config
        self._url = config.server.public_url
        self._origin = parse_base(self._url)
        self._trust = trust

    async def check(self) -> list[Finding]:
        """Ask as a player does, and as a liar would."""
        answer = await self._get("/readyz")
        if isinstance(answer, str):
            change = "is matchd running, does the proxy run, and does server.public_url name it?"
            return [self._found("H1", Severity.FAIL, answer, change)]
        findings = [self._judge_ready(answer)]
        if findings[0].severity is not Severity.FAIL:
            findings += await self._check_forwarded()
            findings += await self._check_upgrade()
        return findings

    def _judge_ready(self, answer: Response) -> Finding:
        try:
            reasons = json.loads(answer.body)["reasons"]
        except (ValueError, KeyError, TypeError):
            cause = f"something else answers there (status {answer.status}, not our /readyz)"
            change = "the proxy must pass every path, unchanged, to server.listen"
            return self._found("H1", Severity.FAIL, cause, change)
        if answer.status != 200:
            said = "; ".join(str(reason) for reason in reasons)
            return self._found("H1", Severity.WARN, f"matchd says it is not ready: {said}")
        return self._found("H1", Severity.OK, "matchd answers, and is ready")

    async def _check_forwarded(self) -> list[Finding]:
        allowed = self._config.metrics.allow
        try:
            alone = all(ipaddress.ip_address(one).is_loopback for one in allowed)
            near = any(
                ipaddress.ip_address(a).is_loopback for a in await resolve(self._origin.host)
            )
        except (ValueError, ProbeError):
            return []
        if not alone or near:
            return []  # nothing follows from what we get
        plain = await self._get("/metrics")
        if isinstance(plain, Response) and plain.status == 200:
            cause = "everybody looks like this machine: /metrics and the limits are open to all"
            return [self._found("H2", Severity.FAIL, cause, _FORWARDED)]
        spoofed = await self._get("/metrics", ("X-Forwarded-For", "127.0.0.1"))
        if isinstance(spoofed, Response) and spoofed.status == 200:
            cause = "anybody may claim any address: the proxy passes on X-Forwarded-For as it comes"
            return [self._found("H2", Severity.FAIL, cause, _FORWARDED)]
        return [self._found("H2", Severity.OK, "callers are told apart by their addresses")]

    async def _check_upgrade(self) -> list[Finding]:
        if "rooms" not in self._config.auth.guests:
            return []
        try:
            status = await self._upgrade(f"/matchbox/doctor-{secrets.token_hex(8)}")
        except (*FAULTS, trio.TooSlowError) as error:
            cause = f"WebSockets: {_why(error)}"
            return [self._found("H3", Severity.FAIL, cause, _UPGRADE)]
        if status == 101:
            return [self._found("H3", Severity.OK, "WebSockets get through")]
        cause = f"WebSockets do not get through (status {status})"
        return [self._found("H3", Severity.FAIL, cause, _UPGRADE)]

    async def _upgrade(self, path: str) -> int:
        head = (
            f"GET {path} HTTP/1.1\r\nHost: {self._origin.authority}\r\nConnection: Upgrade\r\n"
            f"Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            f"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n\r\n"
        )
        with trio.fail_after(PATIENCE):
            stream = await dial(self._origin, self._trust)
            try:
                await stream.send_all(head.encode())
                answer = bytes(await stream.receive_some(4096))
            finally:
                await trio.aclose_forcefully(stream)
        words = answer.split(b" ", 2)
        return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0

    async def _get(self, target: str, *headers: tuple[str, str]) -> Response | str:
        """The answer, or why there is none."""
        try:
            with trio.fail_after(PATIENCE):
                stream = await dial(self._origin, self._trust)
                try:
                    return await ask(
                        stream, self._origin, Request(method="GET", target=target, headers=headers)
                    )
                finally:
                    await trio.aclose_forcefully(stream)
        except trio.TooSlowError:
            return f"no answer within {PATIENCE:g} s"
        except Unreachable as error:
            return str(error)
        except FAULTS as error:
            return _why(error)

    def _found(self, name: str, severity: Severity, cause: str, change: str = "") -> Finding:
        return Finding(name, severity, self._url, cause, change)


def _why(error: BaseException) -> str:
    """The cause in words; trio tells of several attempts at once."""
    cause = error.__cause__ or error
    if isinstance(cause, BaseExceptionGroup):
        cause = cause.exceptions[0]
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"its certificate is refused: {cause.verify_message}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror.lower()
    return str(cause).lower() or "the connection broke"

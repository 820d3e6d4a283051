"""`matchd user`: the accounts, for whoever runs the server.

Works beside a running daemon, which notices within two seconds: tokens of a banned or deleted account
are void, and its sockets closed. A player is named by his handle or his id.
"""

from __future__ import annotations

import argparse
import getpass
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

from matchd.cli.audit import record
from matchd.cli.options import AddParser, add_config, duration, load_config
from matchd.cli.output import emit, say
from matchd.domain import ids
from matchd.domain.accounts import Account, Ban, Kind
from matchd.domain.friends import Standing
from matchd.domain.logins import Login
from matchd.errors import ConfigError, InvalidRequest
from matchd.hasher import recommended
from matchd.services.passwords import new_password
from matchd.store.ports import Friend, PeopleStore

PAGE = 500
"""Accounts that are read at once."""

_T = TypeVar("_T")
_Deed = Callable[[PeopleStore, float, Account], Awaitable[_T]]


def register(add: AddParser) -> None:
    """Add the verb and its nouns."""
    parser = add("user", help="list, show, ban and delete accounts, or set a password")
    nouns = parser.add_subparsers(metavar="WHAT", required=True)
    _add_list(nouns.add_parser)
    for name, run, text in (
        ("show", run_show, "all that is kept of an account"),
        ("ban", run_ban, "shut an account out; its logins end and its sockets are closed"),
        ("unban", run_unban, "let an account in again"),
        ("delete", run_delete, "erase an account and what it wrote, for good"),
        ("set-password", run_set_password, "ask for a new password; all logins end"),
    ):
        noun = nouns.add_parser(name, help=text, description=f"{text[0].upper()}{text[1:]}.")
        noun.add_argument("player", metavar="PLAYER", help="a name, or an id such as u_...")
        if name == "ban":
            noun.add_argument("--reason", required=True, type=_reason, help="told to the player")
            noun.add_argument(
                "--for", dest="ttl", type=duration, help="how long: 12h, 30d (default: for good)"
            )
        add_config(noun)
        noun.set_defaults(run=run)


def _add_list(add: AddParser) -> None:
    parser = add("list", help="all accounts: name, id, since when, last login, ban; times are UTC")
    parser.add_argument("prefix", metavar="PREFIX", nargs="?", default="", help="of their names")
    add_config(parser)
    parser.set_defaults(run=run_list)


def run_list(arguments: argparse.Namespace) -> int:
    """One line for each account, in order of names."""
    for account in _on_store(arguments, partial(_all, arguments.prefix)):
        emit("\t".join(_columns(account)) + "\n")
    return 0


def run_show(arguments: argparse.Namespace) -> int:
    """An account with its logins and how many friends it has; times are UTC."""
    account, logins, friends = _on_player(arguments, _look)
    say(f"name      {account.handle}")
    say(f"id        {account.id}")
    say(f"kind      {account.kind.value}")
    say(f"created   {_day(account.created_at)} UTC")
    say(f"seen      {_day(account.seen_at)} UTC")
    say(f"ban       {_ban(account.ban)}")
    say(f"friends   {friends}")
    for login in logins:
        used = f"{_day(login.created_at)} UTC, last used {_day(login.rotated_at)} UTC"
        say(f"login     {used} {login.device}".rstrip())
    return 0


def run_ban(arguments: argparse.Namespace) -> int:
    """Ban."""

    async def deed(store: PeopleStore, now: float, account: Account) -> Account | None:
        until = None if arguments.ttl is None else now + arguments.ttl
        banned = await store.accounts.ban(account.id, Ban(arguments.reason, now, until), now)
        why = f"{arguments.reason} ({'for good' if until is None else f'until {_day(until)} UTC'})"
        await record(store, now, "audit.ban", "user ban", why=why, account=account.id)
        return banned

    banned = _on_player(arguments, deed)
    say(f"{arguments.player}: banned {_ban(None if banned is None else banned.ban)}")
    return 0


def run_unban(arguments: argparse.Namespace) -> int:
    """Unban."""

    async def deed(store: PeopleStore, now: float, account: Account) -> None:
        await store.accounts.unban(account.id)
        await record(store, now, "audit.unban", "user unban", account=account.id)

    _on_player(arguments, deed)
    say(f"{arguments.player}: not banned")
    return 0


def run_delete(arguments: argparse.Namespace) -> int:
    """Delete."""

    async def deed(store: PeopleStore, now: float, account: Account) -> None:
        await store.accounts.delete(account.id, now)
        await record(store, now, "audit.delete", "user delete", account=account.id)

    _on_player(arguments, deed)
    say(f"{arguments.player}: deleted")
    return 0


def run_set_password(arguments: argparse.Namespace) -> int:
    """Ask for a password, from a terminal or a pipe, never from the command line."""
    text = getpass.getpass("New password: ") if sys.stdin.isatty() else sys.stdin.readline()
    try:
        hashed = recommended().hash(new_password(text.removesuffix("\n"), "password"))
    except InvalidRequest as error:
        raise ConfigError(str(error)) from None

    async def deed(store: PeopleStore, now: float, account: Account) -> bool:
        if account.kind is not Kind.PASSWORD:
            return False
        done = await store.accounts.set_password(account.id, None, hashed, keep=None, now=now)
        if done:
            await record(store, now, "audit.password", "user set-password", account=account.id)
        return done

    if not _on_player(arguments, deed):
        raise ConfigError(f"{arguments.player}: this account has no password")
    say(f"{arguments.player}: has a new password, and no login")
    return 0


def _on_store(
    arguments: argparse.Namespace, work: Callable[[PeopleStore, float], Awaitable[_T]]
) -> _T:
    from matchd.daemon import on_people  # noqa: PLC0415  # half a second of imports

    return on_people(load_config(arguments), work)


def _on_player(arguments: argparse.Namespace, deed: _Deed[_T]) -> _T:
    async def work(store: PeopleStore, now: float) -> tuple[_T] | None:
        account = await _find(store, arguments.player)
        return None if account is None else (await deed(store, now, account),)

    done = _on_store(arguments, work)
    if done is None:
        raise ConfigError(f"{arguments.player}: there is no such player")
    return done[0]


async def _find(store: PeopleStore, who: str) -> Account | None:
    try:
        account = await store.accounts.get(ids.account_id(who, "player"))
    except InvalidRequest:
        account = None
    try:
        return account or await store.accounts.by_handle(ids.handle(who, "player"))
    except InvalidRequest:
        return account


async def _all(prefix: str, store: PeopleStore, now: float) -> list[Account]:  # noqa: ARG001  # work's
    found: list[Account] = []
    while True:
        last = found[-1].handle if found else None
        page = await store.accounts.page(prefix, last, PAGE)
        found += page
        if len(page) < PAGE:
            return found


async def _look(
    store: PeopleStore,
    now: float,  # noqa: ARG001  # a deed's
    account: Account,
) -> tuple[Account, tuple[Login, ...], int]:
    kept = await store.accounts.export(account.id)
    return (account, (), 0) if kept is None else (kept.account, kept.logins, _friends(kept.friends))


def _friends(lines: tuple[Friend, ...]) -> int:
    return sum(line.standing is Standing.FRIEND for line in lines)


def _columns(account: Account) -> tuple[str, ...]:
    days = _day(account.created_at), _day(account.seen_at)
    return (account.handle, account.id, *days, _ban(account.ban))


def _ban(ban: Ban | None) -> str:
    if ban is None:
        return "-"
    if ban.until is None:
        return f"for good: {ban.reason}"
    over = "" if ban.holds(time.time()) else "is over, "
    return f"{over}until {_day(ban.until)} UTC: {ban.reason}"


def _day(moment: float) -> str:
    return f"{datetime.fromtimestamp(moment, UTC):%Y-%m-%d %H:%M}"


def _reason(text: str) -> str:
    if not 1 <= len(text) <= 200 or not text.isprintable():
        raise argparse.ArgumentTypeError(f"{text!r}: 1 to 200 printable characters")
    return text

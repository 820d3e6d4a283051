"""Players as callers of lobbies name them: by public key, by id, or by name (wire.md 5)."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from matchd.domain import ids
from matchd.domain.accounts import Account, Kind, fold, key_account_id
from matchd.domain.callers import Caller
from matchd.domain.ids import AccountId
from matchd.domain.lobbies import Lobby, Member
from matchd.errors import BadCredentials, InvalidRequest, UnknownPlayer
from matchd.protocol.accounts import public_key_bytes
from matchd.services.people import People


class LobbyPlayers:
    """Finds the accounts that are meant."""

    def __init__(self, people: People) -> None:
        self._people = people

    async def named(self, caller: Caller, texts: Iterable[str]) -> frozenset[AccountId]:
        """All of them; UnknownPlayer names one who is not there. A key's owner may be yet to come.

        Each name that is looked up counts as a question for a friend does, so that names can't be
        tried out here faster than there.
        """
        found: set[AccountId] = set()
        doubtful: list[tuple[str, AccountId]] = []
        for text in dict.fromkeys(texts):
            key, account_id = _key(text), _account_id(text)
            if key is not None:
                found.add(key)
            elif account_id is not None and Kind.of(account_id) is Kind.KEY:
                found.add(account_id)
            elif account_id is not None:
                doubtful.append((text, account_id))
            else:
                found.add(await self._by_name(caller, text))
        known = await self._people.store.accounts.many(account_id for _, account_id in doubtful)
        for text, account_id in doubtful:
            found.add(account_id if account_id in known else await self._by_name(caller, text))
        return frozenset(found)

    async def _by_name(self, caller: Caller, text: str) -> AccountId:
        self._people.limiter.check(caller, "friends")
        try:
            account = await self._people.store.accounts.by_handle(ids.handle(text, "player"))
        except InvalidRequest:
            account = None
        if account is None:
            raise UnknownPlayer(f"There is no player {text[:64]}.")
        return account.id


def member_of(account: Account) -> Member:
    """An account as it stands in a lobby."""
    key = account.public_key
    return Member(
        account=account.id,
        handle=account.handle,
        public_key=None if key is None else base64.b64encode(key).decode("ascii"),
    )


def member_named(lobby: Lobby, text: str) -> AccountId:
    """The member who is meant; only those of the lobby are looked at."""
    for member in lobby.members:
        if text in (member.account, member.public_key) or fold(text) == fold(member.handle):
            return member.account
    raise UnknownPlayer("This player is not in the lobby.")


def _key(text: str) -> AccountId | None:
    try:
        return key_account_id(public_key_bytes(text, "player"))
    except (InvalidRequest, BadCredentials):
        return None


def _account_id(text: str) -> AccountId | None:
    try:
        return ids.account_id(text, "player")
    except InvalidRequest:
        return None

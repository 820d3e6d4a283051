"""What is said of the routes of accounts, logins, tickets and friends (wire.md 1.2, 4)."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from matchd.errors import (
    BadCredentials,
    BadToken,
    NameTaken,
    PlayerBlocked,
    TooManyFriends,
    UnknownPlayer,
)
from matchd.protocol.accounts import (
    ExportAnswer,
    LoggedIn,
    LogoutBody,
    Me,
    PasswordBody,
    ProofBody,
    RefreshBody,
    SignUpBody,
    TicketAnswer,
    TicketBody,
)
from matchd.protocol.answers import Challenge, Done, Known
from matchd.protocol.friends import CodeBody, FriendView, Stands, VisibleBody
from matchd.protocol.texts import shaped
from matchd.web.described.route import (
    ANYONE,
    JSON,
    NAMED,
    PLAIN,
    PLAYER,
    Chapter,
    Query,
    Route,
    Who,
    cursor,
    limit,
)

_KEYLESS: dict[str, object] = {"public_key_b64": {"type": "null"}}
_SIGNED = ("public_key_b64", "challenge", "signature_b64")


def _texts(*names: str) -> dict[str, object]:
    return {name: {"type": "string"} for name in names}


_PROVES = Who(("",), PLAYER.refuses)
_PROOF = Annotated[
    ProofBody,
    msgspec.Meta(
        extra_json_schema={
            "anyOf": [
                {
                    "required": ["name", "password"],
                    "properties": _texts("name", "password") | _KEYLESS,
                },
                {"required": [*_SIGNED], "properties": _texts(*_SIGNED)},
            ]
        }
    ),
]
_ANNS = {"name": "ann", "password": "correct horse"}

ACCOUNTS = Chapter(
    "Accounts",
    "Sign up, log in by a password or a key, stay logged in.",
    {
        "POST /auth/createuser": Route(
            "Sign up with a name and a password",
            _PROVES,
            LoggedIn,
            (NameTaken,),
            "Answers the bare token as text, or all of it with `Accept: application/json`.",
            body=SignUpBody,
            form=True,
            media=(PLAIN, JSON),
            sample=_ANNS,
        ),
        "GET /auth/checkuser/{name}": Route(
            "Ask whether a name is taken",
            ANYONE,
            Known,
            text="Answers `found` or `not found`, or JSON where that is asked for.",
            media=(PLAIN, JSON),
            path={"name": Annotated[str, msgspec.Meta(min_length=1)]},
        ),
        "POST /auth/challenge": Route(
            "Fetch a challenge for a key to sign", ANYONE, Challenge, text="Good for 60 seconds."
        ),
        "POST /auth/login": Route(
            "Log in by a password, or by a signed challenge",
            _PROVES,
            LoggedIn,
            (BadCredentials,),
            "A login by key is answered in JSON, one by password like a sign-up. A key signs the "
            "challenge alone, or with `v` 2 all that it is for.",
            body=_PROOF,
            form=True,
            media=(PLAIN, JSON),
            sample=_ANNS,
        ),
        "POST /auth/refresh": Route(
            "Fetch the next pair of tokens",
            _PROVES,
            LoggedIn,
            (BadToken,),
            "A refresh token is good once; an old one that comes again ends the login.",
            body=RefreshBody,
        ),
        "POST /auth/logout": Route(
            "Log out",
            PLAYER,
            Done,
            text="Ends this login and its sockets; with `everywhere` all of the account.",
            body=LogoutBody,
            optional=True,
            sample={"everywhere": True},
        ),
        "POST /auth/ticket": Route(
            "Fetch a ticket for one WebSocket",
            PLAYER,
            TicketAnswer,
            text="For where only the URL can carry anything: `?ticket=`.",
            body=TicketBody,
            sample={"for": "/events"},
            given={"ticket": "eyJhbGciOi.eyJzdWIi.c2lnbmF0", "expiresIn": 30},
        ),
        "GET /auth/me": Route("See one's account and its logins", PLAYER, Me),
        "DELETE /auth/me": Route(
            "Erase one's account and what it wrote",
            PLAYER,
            Done,
            (BadCredentials,),
            "Takes the password, or a signed challenge, once more.",
            body=_PROOF,
            optional=True,
            sample={"name": "ann", "password": "correct horse"},
        ),
        "GET /auth/me/export": Route(
            "Fetch all that is kept of one's account", PLAYER, ExportAnswer
        ),
        "POST /auth/password": Route(
            "Change one's password",
            PLAYER,
            Done,
            (BadCredentials,),
            "The other logins end.",
            body=PasswordBody,
            sample={"old": "correct horse", "new": "battery staple"},
        ),
    },
)

_OTHER = {"who": NAMED}
_TIE = Annotated[
    str, shaped(r"(friend|incoming|outgoing|blocked),([uk]_[A-Za-z0-9_-]{1,62}|x_[!-~]{3,300})")
]
_STANDING = Query(
    "state", Literal["friend", "incoming", "outgoing", "blocked"], "Only those one stands so with."
)

FRIENDS = Chapter(
    "Friends",
    "Who knows whom. A block is silent, and holds everywhere.",
    {
        "GET /friends": Route(
            "List one's friends, requests and blocks",
            PLAYER,
            tuple[FriendView, ...],
            query=(_STANDING, limit(1000, 1000), cursor(_TIE)),
            paged=True,
            given=[
                {
                    "id": "u_3f",
                    "name": "bob",
                    "state": "friend",
                    "online": True,
                    "since": 1795230683,
                }
            ],
        ),
        "POST /friends": Route(
            "Ask by a friend code",
            PLAYER,
            Stands,
            (PlayerBlocked, TooManyFriends, UnknownPlayer),
            body=CodeBody,
        ),
        "PUT /friends/presence": Route(
            "Be seen by friends, or not",
            PLAYER,
            VisibleBody,
            body=VisibleBody,
            sample={"visible": False},
            given={"visible": False},
        ),
        "PUT /friends/{who}": Route(
            "Ask somebody, or accept what he asked",
            PLAYER,
            Stands,
            (UnknownPlayer, PlayerBlocked, TooManyFriends),
            path=_OTHER,
        ),
        "DELETE /friends/{who}": Route(
            "Take back, decline or end",
            PLAYER,
            Stands,
            (UnknownPlayer,),
            path=_OTHER,
        ),
        "PUT /friends/{who}/block": Route(
            "Block somebody", PLAYER, Stands, (UnknownPlayer, TooManyFriends), path=_OTHER
        ),
        "DELETE /friends/{who}/block": Route(
            "End a block", PLAYER, Stands, (UnknownPlayer,), path=_OTHER
        ),
    },
)

"""Routes of accounts, logins, tickets (wire.md 1.2, 4).

Sign-up and login take JSON and forms, and answer a bare token in plain text unless JSON is asked for:
so melangerie's clients expect it. Allumette's login is answered in JSON always.
"""

from __future__ import annotations

from quart import Blueprint, Response

from matchd.domain.callers import Caller
from matchd.protocol.accounts import (
    KeyProof,
    LoggedIn,
    LogoutBody,
    PasswordBody,
    ProofBody,
    RefreshBody,
    SignUpBody,
    TicketAnswer,
    TicketBody,
)
from matchd.services.tickets import LIFE
from matchd.web.context import Services
from matchd.web.requests import (
    address,
    bearer,
    body,
    form_or_json,
    plain,
    reply,
    wants_json,
)


def create_blueprint(services: Services) -> Blueprint:
    """The routes, bound to their services."""
    routes = Blueprint("auth", __name__)
    _add_doors(routes, services)
    _add_tokens(routes, services)
    _add_me(routes, services)
    return routes


def _add_doors(routes: Blueprint, services: Services) -> None:
    people = services.people

    @routes.post("/auth/createuser")
    async def create() -> Response:
        return _let_in(
            await people.accounts.sign_up(_guest(services), await form_or_json(SignUpBody))
        )

    @routes.get("/auth/checkuser/<name>")
    async def known(name: str) -> Response:
        found = await people.accounts.is_known(_guest(services), name)
        if wants_json():
            return reply({"found": found})
        return plain("found" if found else "not found")

    @routes.post("/auth/challenge")
    async def challenge() -> Response:
        origin = services.current.settings.public_url
        return reply({"challenge": people.proofs.challenge(), "origin": origin})

    @routes.post("/auth/login")
    async def login() -> Response:
        wanted = await form_or_json(ProofBody)
        entered = await people.logins.enter(_guest(services), wanted.proof, wanted.device)
        return reply(entered) if isinstance(wanted.proof, KeyProof) else _let_in(entered)


def _add_tokens(routes: Blueprint, services: Services) -> None:
    logins = services.people.logins

    @routes.post("/auth/refresh")
    async def refresh() -> Response:
        wanted = await body(RefreshBody)
        return reply(await logins.refresh(_guest(services), wanted.refresh_token))

    @routes.post("/auth/logout")
    async def logout() -> Response:
        caller = _member(services)
        wanted = await body(LogoutBody, optional=True)
        await logins.leave(caller, everywhere=wanted.everywhere)
        return reply({"success": True})

    @routes.post("/auth/ticket")
    async def ticket() -> Response:
        caller = _member(services)
        await services.people.accounts.admit(caller)
        wanted = await body(TicketBody)
        issued = services.people.tickets.issue(caller, wanted.path)
        return reply(TicketAnswer(ticket=issued, expires_in=LIFE))


def _add_me(routes: Blueprint, services: Services) -> None:
    accounts = services.people.accounts

    @routes.get("/auth/me")
    async def me() -> Response:
        return reply(await accounts.me(_member(services)))

    @routes.delete("/auth/me")
    async def delete() -> Response:
        caller = _member(services)
        wanted = await body(ProofBody, optional=True)
        await accounts.delete(caller, wanted.proof_of(caller.name))
        return reply({"success": True})

    @routes.get("/auth/me/export")
    async def export() -> Response:
        return reply(await accounts.export(_member(services)))

    @routes.post("/auth/password")
    async def password() -> Response:
        caller = _member(services)
        await accounts.change_password(caller, await body(PasswordBody))
        return reply({"success": True})


def _guest(services: Services) -> Caller:
    return services.auth.guest(address(services.current.settings))


def _member(services: Services) -> Caller:
    return services.auth.member(bearer(), address(services.current.settings))


def _let_in(entered: LoggedIn) -> Response:
    return reply(entered) if wants_json() else plain(entered.token)

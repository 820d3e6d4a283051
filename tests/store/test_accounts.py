"""Accounts (wire.md 4): signing up, being found, passwords, bans, deletion."""

from __future__ import annotations

import msgspec
import trio

from matchd.domain.accounts import Ban
from matchd.domain.friends import Standing, Verb
from matchd.domain.ids import AccountId, Handle
from matchd.domain.logins import Cause
from matchd.store.ports import Created, NameTaken
from tests.store.people import EPOCH, People, account, key_account

ANN, BOB = AccountId("u_ann"), AccountId("u_bob")


async def test_all_is_kept(people: People) -> None:
    """An account comes back with every field, whatever its kind."""
    foreign = account(
        "x", id=AccountId("x_st:7"), handle=Handle("x~st"), issuer="st", subject="7é\n"
    )
    for plain in (account("ann"), key_account("kim"), foreign):
        made = msgspec.structs.replace(plain, visible=False, ban=Ban("spám", 1.5, 2.25))
        assert await people.create(made) == Created(made, fresh=True)
        assert await people.store.accounts.get(made.id) == made


async def test_a_name_once(people: People) -> None:
    """A handle is taken without regard to case, and whoever comes second changes nothing."""
    await people.add("ann")
    assert await people.create(account("u2", handle=Handle("ANN"))) == NameTaken()
    assert await people.get("u2") is None
    assert await people.store.accounts.count() == 1
    assert await people.store.accounts.by_handle(Handle("Ann")) == account("ann")
    assert await people.store.accounts.by_handle(Handle("an")) is None


async def test_a_crowd_wants_one_name(people: People) -> None:
    """Of many sign-ups of one name at once exactly one wins."""
    answers: list[object] = []

    async def sign_up(number: int) -> None:
        answers.append(await people.create(account(f"u{number}", handle=Handle("star"))))

    async with trio.open_nursery() as nursery:
        for number in range(50):
            nursery.start_soon(sign_up, number)
    assert answers.count(NameTaken()) == 49
    assert await people.store.accounts.count() == 1


async def test_a_key_logs_in_again(people: People) -> None:
    """Creating an account that is there returns it as it stands, new name and all ignored."""
    await people.create(key_account("kim"))
    renamed = msgspec.structs.replace(key_account("kim"), handle=Handle("tom~key"))
    assert await people.create(renamed) == Created(key_account("kim"), fresh=False)
    assert await people.store.accounts.by_handle(Handle("tom~key")) is None


async def test_a_first_login(people: People) -> None:
    """A new account has its first login in the same step; one that was there gets none by this."""
    login = people.login("ann")
    assert await people.create(account("ann"), login) == Created(account("ann"), fresh=True)
    assert await people.store.logins.of_account(ANN) == (login,)
    other = people.login("ann", "other")
    assert await people.create(account("ann"), other) == Created(account("ann"), fresh=False)
    taken = people.login("bob")
    assert await people.create(account("bob", handle=Handle("ANN")), taken) == NameTaken()
    assert await people.devices("ann") == ["d"]
    assert await people.store.logins.get(taken.id) is None


async def test_many(people: People) -> None:
    """Accounts are looked up by the thousand; those that are not there are left out."""
    async with trio.open_nursery() as nursery:
        for number in range(450):
            nursery.start_soon(people.create, account(f"p{number}"))
    wanted = [AccountId(f"u_p{number}") for number in range(0, 900, 2)]
    found = await people.store.accounts.many(wanted)
    assert set(found) == {AccountId(f"u_p{number}") for number in range(0, 450, 2)}
    assert all(found[key].id == key for key in found)
    assert await people.store.accounts.many(()) == {}


async def test_pages(people: People) -> None:
    """Administrators read accounts by the beginning of their names, page by page."""
    await people.add("bob", "Ann", "anton", "an", "zoe")
    accounts = people.store.accounts
    first = await accounts.page("AN", None, 2)
    assert [one.handle for one in first] == ["an", "Ann"]
    assert [one.handle for one in await accounts.page("AN", first[-1].handle, 9)] == ["anton"]
    assert [one.handle for one in await accounts.page("", Handle("anton"), 9)] == ["bob", "zoe"]
    assert await accounts.page("ann1", None, 9) == ()
    assert await accounts.page("é", None, 9) == ()


async def test_touch(people: People) -> None:
    """A login is noted, never backwards; a key that used v2 stays so."""
    await people.add("ann")
    touched = await people.store.accounts.touch(ANN, EPOCH + 5, v2=True)
    assert touched is not None
    assert (touched.seen_at, touched.v2_only) == (EPOCH + 5, True)
    assert await people.store.accounts.touch(ANN, EPOCH + 1) == touched
    assert await people.store.accounts.touch(BOB, EPOCH) is None


async def test_presence(people: People) -> None:
    """Whether friends see somebody is kept."""
    await people.add("ann")
    hidden = await people.store.accounts.show(ANN, visible=False)
    assert hidden == account("ann", visible=False) == await people.get("ann")
    assert await people.store.accounts.show(BOB, visible=True) is None


async def test_password(people: People) -> None:
    """A password is replaced only where it is still the one that was verified; others log in anew."""
    await people.add("ann")
    await people.log_in("ann", "phone")
    mine = (await people.log_in("ann", "desk")).login.id
    accounts = people.store.accounts
    assert not await accounts.set_password(ANN, "wrong", "new", keep=None, now=people.now)
    assert await people.devices("ann") == ["desk", "phone"]
    assert await accounts.set_password(ANN, "hash of ann", "new", keep=mine, now=people.now)
    assert await people.devices("ann") == ["desk"]
    assert await people.revoked() == [("u_ann", "ann-phone", "password")]
    assert await people.get("ann") == account("ann", password_hash="new")


async def test_password_by_an_administrator(people: People) -> None:
    """Without the old hash any password is replaced, but never one of an account that has none."""
    await people.add("ann")
    await people.create(key_account("kim"))
    accounts = people.store.accounts
    assert await accounts.set_password(ANN, None, "new", keep=None, now=people.now)
    for nobody in (AccountId("k_kim"), BOB):
        assert not await accounts.set_password(nobody, None, "new", keep=None, now=people.now)
    assert await accounts.get(AccountId("k_kim")) == key_account("kim")


async def test_rehash(people: People) -> None:
    """The same password under new parameters ends no login, and never overwrites a newer one."""
    await people.add("ann")
    await people.log_in("ann")
    assert await people.store.accounts.rehash(ANN, "hash of ann", "stronger")
    assert not await people.store.accounts.rehash(ANN, "hash of ann", "stale")
    assert await people.get("ann") == account("ann", password_hash="stronger")
    assert (await people.devices("ann"), await people.revoked()) == (["d"], [])


async def test_ban(people: People) -> None:
    """A ban ends all logins, is told to every node as one entry, and is lifted without a trace."""
    await people.add("ann")
    await people.log_in("ann", "a")
    await people.log_in("ann", "b")
    banned = await people.ban("ann", people.now + 60)
    assert banned == account("ann", ban=Ban("spam", people.now, people.now + 60))
    assert await people.devices("ann") == []
    assert await people.revoked() == [("u_ann", None, "banned")]
    assert await people.store.accounts.unban(ANN) == account("ann")
    assert (await people.ban("bob"), await people.store.accounts.unban(BOB)) == (None, None)
    assert await people.revoked() == []


async def test_delete(people: People) -> None:
    """Deleting takes the account, its logins and its ties on both sides; its name is free again."""
    await people.add("ann", "bob", "cleo")
    await people.log_in("ann")
    await people.change("u_ann", "u_bob", Verb.ASK)
    await people.change("u_bob", "u_ann", Verb.ASK)
    await people.change("u_cleo", "u_ann", Verb.BLOCK)
    assert await people.store.accounts.delete(ANN, people.now) == account("ann")
    assert await people.store.accounts.delete(ANN, people.now) is None
    assert await people.get("ann") is None
    assert [await people.lines(one) for one in ("u_ann", "u_bob", "u_cleo")] == [[], [], []]
    assert (await people.devices("ann"), await people.store.accounts.count()) == ([], 2)
    assert await people.revoked() == [("u_ann", None, "deleted")]
    assert await people.create(account("u2", handle=Handle("Ann"))) != NameTaken()


async def test_blocks_outlive_a_key(people: People) -> None:
    """Whoever blocks a key still does when it was deleted and comes back; nothing else stays."""
    await people.add("ann", "bob")
    await people.create(key_account("kim"))
    await people.change("u_ann", "k_kim", Verb.BLOCK)
    await people.change("k_kim", "u_ann", Verb.ASK)
    await people.change("k_kim", "u_bob", Verb.BLOCK)
    await people.store.accounts.delete(AccountId("k_kim"), people.now)
    assert await people.lines("u_ann") == [("blocked", "k_kim")]
    await people.create(key_account("kim"))
    assert await people.lines("k_kim") == []
    await people.change("u_ann", "k_kim", Verb.UNBLOCK)
    assert await people.store.friends.standing(ANN, AccountId("k_kim")) is Standing.NONE


async def test_export(people: People) -> None:
    """All that is kept of somebody is handed out, and of nobody else."""
    await people.add("ann", "bob")
    login = (await people.log_in("ann")).login
    await people.log_in("bob")
    await people.change("u_ann", "u_bob", Verb.ASK)
    export = await people.store.accounts.export(ANN)
    assert export is not None
    assert (export.account, export.logins) == (account("ann"), (login,))
    assert [(one.other, one.standing) for one in export.friends] == [(BOB, Standing.OUTGOING)]
    await people.store.logins.close(login.id, Cause.LOGOUT, people.now)
    assert await people.store.accounts.export(AccountId("u_cleo")) is None

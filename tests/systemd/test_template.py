"""The template for several processes: the service itself, but for what can't be the same."""

import difflib

from tests.systemd.house import SHIPPED, Machine

DIFFERENT = [
    "-Description=Matchmaking, signaling and TURN credentials",
    "+Description=Matchmaking, signaling and TURN credentials (process %i)",
    "+PartOf=matchd.target",
    "-StateDirectory=matchd",
    "-StateDirectoryMode=0700",
    "-RuntimeDirectory=matchd",
    "-RuntimeDirectoryPreserve=restart",
    "+RuntimeDirectory=matchd-%i",
    "-WantedBy=multi-user.target",
    "+WantedBy=matchd.target",
]


def active(name: str) -> list[str]:
    """The lines of a unit that do something."""
    lines = (SHIPPED / name).read_text("utf-8").splitlines()
    return [line for line in lines if line and not line.startswith("#")]


def test_it_is_the_service() -> None:
    """The template is the service, hardening included, but for its name, target and directories."""
    lines = difflib.unified_diff(
        active("matchd.service"), active("matchd@.service"), n=0, lineterm=""
    )
    assert [line for line in lines if line[:2] not in ("--", "++", "@@")] == DIFFERENT


async def test_exposure_is_pinned(machine: Machine) -> None:
    """An instance is as little exposed as the service."""
    assert await machine.report_above(10, "matchd@1.service") == ""


async def test_exposure_sees_a_loss(machine: Machine) -> None:
    """A protection that is lost lifts an instance over its pin."""
    unit = machine.units / "matchd@.service"
    unit.write_text(unit.read_text("utf-8").replace("NoNewPrivileges=yes\n", ""), "utf-8")
    assert await machine.report_above(10, "matchd@1.service") != ""


def test_it_says_how_to_install_it() -> None:
    """The template carries the commands that install it, start it and restart it without a pause."""
    text = (SHIPPED / "matchd@.service").read_text("utf-8")
    for command in (
        "install -m644 matchd@.service matchd.target /etc/systemd/system/",
        "systemctl enable --now matchd.target matchd@1 matchd@2",
        "for i in 1 2; do systemctl restart matchd@$i; done",
        "reuse_port = true",
    ):
        assert command in text

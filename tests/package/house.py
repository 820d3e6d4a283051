"""The package that is tested, and the machines that it is installed on.

Owns `built`, which builds the package by its own recipe, `newer`, which makes the next version of it,
and `booted`, a machine to throw away: systemd as its first process, on a layer in memory over this
machine's files. It has no network but its own loopback, and nothing that it does is seen outside.
Where no such machine can be made, `why_not` says why. Only tests import this module.
"""

import os
import shutil
import subprocess
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import trio

CHECKOUT = Path(__file__).parents[2]
TOOLS = {
    "dh": "debhelper",
    "dh_virtualenv": "dh-virtualenv",
    "dpkg-buildpackage": "dpkg-dev",
    "mandoc": "mandoc",
}
BOOT_TIME, COMMAND_TIME, BUILD_TIME = 60, 90, 300

# What is enabled on this machine is not started there, and what it knows of matchd is forgotten.
_BOOT = """
mount -t tmpfs -o size=1g tmpfs "$1" && mkdir "$1/upper" "$1/work" "$1/root"
mount -t overlay -o "lowerdir=/,upperdir=$1/upper,workdir=$1/work" overlay "$1/root"
cd "$1/root"
: >etc/machine-id
echo "127.0.0.1 localhost
127.0.1.1 play.example.net play" >etc/hosts
echo play >etc/hostname
rm -rf etc/matchd var/lib/matchd etc/systemd/system/*.wants
rm -f usr/sbin/policy-rc.d var/lib/man-db/auto-update
exec systemd-nspawn --quiet --directory="$1/root" --register=no --keep-unit --private-network \
    --resolv-conf=off --console=read-only --bind="$2:/srv/shared" --boot systemd.unit=basic.target
"""


def built(into: Path) -> Path:
    """Build the package as debian/build does it, packed for speed."""
    if not said(["/usr/bin/python3", "--version"]).startswith("Python 3.11."):
        pytest.skip("not built: the package is for Debian 12, whose Python is 3.11")
    missing = [package for tool, package in TOOLS.items() if shutil.which(tool) is None]
    if missing:
        pytest.fail(f"packages are missing: apt install {' '.join(missing)}")
    done = subprocess.run(
        [CHECKOUT / "debian/build", into],
        env={**os.environ, "COMPRESSION": "-Zgzip -z1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=BUILD_TIME,
        check=False,
    )
    assert done.returncode == 0, done.stdout.decode()
    (package,) = into.glob("matchd_*.deb")
    return package


def newer(package: Path) -> Path:
    """The same package under the next version's number."""
    files = package.parent / "newer"
    said(["dpkg-deb", "--raw-extract", str(package), str(files)])
    control = files / "DEBIAN/control"
    control.write_text(
        control.read_text("utf-8").replace("Version: 0.1.0", "Version: 0.1.1"), "utf-8"
    )
    made = package.parent / "newer.deb"
    said(["dpkg-deb", "-Zgzip", "-z1", "--build", str(files), str(made)])
    shutil.rmtree(files)
    return made


def said(command: list[str], env: Mapping[str, str] | None = None) -> str:
    """What a command prints; it must succeed."""
    done = subprocess.run(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=COMMAND_TIME,
        check=False,
        env=env,
    )
    assert done.returncode == 0, done.stdout.decode()
    return done.stdout.decode()


def why_not() -> str | None:
    """Why no machine can be made here, None where one can."""
    if os.geteuid() != 0:
        return "only root can make a machine"
    if shutil.which("systemd-nspawn") is None:
        return "systemd-nspawn is missing: apt install systemd-container"
    probe = "mount -t tmpfs tmpfs /mnt && mkdir /mnt/u /mnt/w /mnt/m && mount -t overlay -o "
    probe += "lowerdir=/,upperdir=/mnt/u,workdir=/mnt/w overlay /mnt/m"
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", probe],
        capture_output=True,
        timeout=COMMAND_TIME,
        check=False,
    )
    return (
        done.stderr.decode().strip() or "no file system can be laid over /"
        if done.returncode
        else None
    )


class Machine:
    """One machine that runs. `shared` is a directory here, and /srv/shared there."""

    def __init__(self, process: trio.Process, shared: Path) -> None:
        self._process = process
        self.shared = shared

    async def run(self, command: str, *, status: int = 0) -> str:
        """Run a shell command there; what it printed. AssertionError when it ends otherwise."""
        leader = _children(self._process.pid)[0]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "DEBIAN_FRONTEND": "noninteractive",
            "LC_ALL": "C",
        }
        with trio.fail_after(COMMAND_TIME):
            done = await trio.run_process(
                ["nsenter", "--target", str(leader), "--all", "sh", "-c", command],
                capture_stdout=True,
                stderr=subprocess.STDOUT,
                check=False,
                env=environment,
            )
        output = done.stdout.decode()
        assert done.returncode == status, f"{command}: {done.returncode}\n{output}"
        return output

    async def connect(self) -> trio.abc.Stream:
        """A connection to the daemon, through the socket in the shared directory."""
        return await trio.open_unix_socket(str(self.shared / "matchd.sock"))

    async def until_up(self) -> None:
        """Wait until its first process takes orders."""
        with trio.fail_after(BOOT_TIME):
            while not await self._is_up():
                assert self._process.poll() is None, "the machine went down"
                await trio.sleep(0.1)

    async def _is_up(self) -> bool:
        if not _children(self._process.pid):
            return False
        try:
            await self.run("systemctl is-active --quiet basic.target")
        except AssertionError:
            return False
        return True


@asynccontextmanager
async def booted(directory: Path) -> AsyncIterator[Machine]:
    """A machine, gone with everything in it at the end of the block."""
    layers, shared = directory / "layers", directory / "shared"
    layers.mkdir()
    shared.mkdir()
    process = await trio.lowlevel.open_process(
        [
            "unshare",
            "--mount",
            "--propagation=private",
            "sh",
            "-ec",
            _BOOT,
            "sh",
            str(layers),
            str(shared),
        ],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        machine = Machine(process, shared)
        await machine.until_up()
        yield machine
    finally:
        for child in _children(process.pid):
            os.kill(child, 9)  # its first process, and so all of them
        with trio.CancelScope(shield=True):
            with trio.move_on_after(10):
                await process.wait()
            process.kill()
            await process.wait()


def _children(pid: int) -> list[int]:
    try:
        names = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    except FileNotFoundError:
        return []
    return [int(name) for name in names]

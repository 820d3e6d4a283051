"""Runs Autobahn's own fuzzing client, in the environment that `install` made.

Called with the directory of the suite and a file that is the suite's own specification in JSON, with
one addition: `patience`, by which its cases wait longer for a server on a busy machine.

The suite is Python 2, where a text is bytes. `convert` has left its texts as they are, each character
a byte; here they become bytes where its cases call the library, and texts again on their way back.
"""

from __future__ import annotations

import binascii
import builtins
import json
import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any


def raw(text: Any) -> Any:
    """The bytes of a text of the suite."""
    return text.encode("latin-1") if isinstance(text, str) else text


def cooked(data: Any) -> Any:
    """A text of the suite."""
    return data.decode("latin-1") if isinstance(data, bytes) else data


def in_hex(data: Any, _real: Callable[[bytes], bytes] = binascii.b2a_hex) -> str:
    """What `b2a_hex` is in Python 2."""
    return _real(raw(data)).decode()


class Validator:
    """The library's check of UTF-8, for texts of the suite."""

    library: Callable[[], Any]

    def __init__(self) -> None:
        self._library = self.library()
        self.reset = self._library.reset

    def validate(self, text: Any) -> Any:
        """Check more of it."""
        return self._library.validate(raw(text))


def load(suite: Path) -> Any:
    """The suite, to which everything that it asks for looks like Python 2."""
    vars(builtins)["xrange"] = range
    vars(binascii)["b2a_hex"] = in_hex
    styles = ("CSS_COMMON", "CSS_DETAIL_REPORT", "CSS_MASTER_REPORT", "JS_MASTER_REPORT")
    _pretend("autobahntestsuite.report", **dict.fromkeys(styles, ""))
    _pretend("pkg_resources", resource_filename=lambda package, name: suite / package / name)
    import_module("txaio").use_twisted()
    library = vars(import_module("autobahn.websocket.utf8validator"))
    Validator.library, library["Utf8Validator"] = library["Utf8Validator"], Validator
    sys.path.insert(0, str(suite))
    return import_module("autobahntestsuite.fuzzing")


def _pretend(name: str, **content: Any) -> None:
    """Have a module of which the suite needs next to nothing."""
    module = sys.modules[name] = ModuleType(name)
    vars(module).update(content)


def translate_sent(client: Any, library: Any) -> None:
    """Have texts of the suite sent as bytes."""

    def send_frame(
        self: Any, opcode: int, payload: Any = b"", *, payload_len: int | None = None, **how: Any
    ) -> None:
        data = raw(payload)
        if payload_len is not None:
            data = (data * (payload_len // len(data) + 1))[:payload_len]
        library.sendFrame(self, opcode, data, **how)

    def send_message(self: Any, payload: Any, *args: Any, **how: Any) -> None:
        library.sendMessage(self, raw(payload), *args, **how)

    def send_data(self: Any, payload: Any) -> None:
        library.sendMessageFrameData(self, raw(payload))

    def send_close(self: Any, code: Any = None, reasonUtf8: Any = None, **how: Any) -> None:  # noqa: N803
        library.sendCloseFrame(self, code, raw(reasonUtf8), **how)
        self.localCloseReason = cooked(self.localCloseReason)

    client.sendFrame, client.sendMessage = send_frame, send_message
    client.sendMessageFrameData, client.sendCloseFrame = send_data, send_close


def translate_heard(fuzzing: Any, client: Any) -> None:
    """Have bytes given to the cases, and to the reports, as texts of the suite."""
    log_frame = client.logRxFrame

    def log_rx_frame(self: Any, header: Any, payload: list[bytes]) -> None:
        log_frame(self, header, [cooked(piece) for piece in payload])

    def on_message(self: Any, data: bytes, binary: bool) -> None:
        self.runCase.onMessage(cooked(data), binary)

    def on_pong(self: Any, data: bytes) -> None:
        self.runCase.onPong(cooked(data))

    client.onMessage, client.onPong, client.logRxFrame = on_message, on_pong, log_rx_frame
    fuzzing.binLogData = lambda data: in_hex(data[:64])
    fuzzing.asciiLogData = lambda data: cooked(data)[:64]
    # Pickles of equal things may differ.
    fuzzing.Case.compare = lambda _case, one, other: one == other


def wait_longer(client: Any, patience: float) -> None:
    """Stretch the delays in which a case gives up, but not those that it waits in any case."""
    kill, close, go_on = client.killAfter, client.closeAfter, client.continueLater

    def close_after(self: Any, delay: float) -> None:
        ends_so = [] in self.runCase.expected.values()
        close(self, delay if ends_so else delay * patience)

    def continue_later(self: Any, delay: float, then: Any, tag: Any = None) -> None:
        # In 6.4.* the server has to close in the second delay.
        go_on(self, delay * patience if tag == "B" else delay, then, tag)

    client.killAfter = lambda self, delay: kill(self, delay * patience)
    client.closeAfter, client.continueLater = close_after, continue_later


def report_in_json(fuzzing: Any) -> None:
    """Write reports for programs only."""

    def dumps(case: Any, **how: Any) -> str:
        return json.dumps(case, default=cooked, **how)

    factory, nothing = fuzzing.FuzzingFactory, lambda *_: None
    factory.createMasterReportHTML = factory.createAgentCaseReportHTML = nothing
    fuzzing.json = SimpleNamespace(dumps=dumps)


def main(suite: Path, spec: dict[str, Any]) -> None:
    """Run all cases."""
    fuzzing = load(suite)
    client = fuzzing.FuzzingClientProtocol
    translate_sent(client, fuzzing.WebSocketClientProtocol)
    translate_heard(fuzzing, client)
    wait_longer(client, spec["patience"])
    report_in_json(fuzzing)
    fuzzing.startClient(spec)
    fuzzing.reactor.run()


if __name__ == "__main__":
    main(Path(sys.argv[1]), json.loads(Path(sys.argv[2]).read_text()))

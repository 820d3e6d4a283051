#!/usr/bin/env python3
"""Writes a man page of each command, from the parsers themselves: manuals.py DIRECTORY.

Owns how a parser looks as roff (man(7)), and what every page says beside it: exit status, files, and
where to read on. The date is that of $SOURCE_DATE_EPOCH, so that a build can be repeated.
"""

from __future__ import annotations

import argparse
import os
import sys
import textwrap
import time
from collections.abc import Iterator
from pathlib import Path

from matchd import __version__
from matchd.cli import build_parser

EXIT = (
    ("0", "Done."),
    ("1", "It failed; standard error says why."),
    (
        "2",
        "The configuration or the options can't be used; standard error says which line to change.",
    ),
)
FILES = (
    ("/etc/matchd/matchd.toml", "The configuration; $MATCHD_CONFIG or --config names another one."),
    ("/etc/matchd/secrets/", "Its secret files."),
    ("/var/lib/matchd/", "What is kept of people, and what outlives a restart."),
    ("/usr/share/doc/matchd/README.md.gz", "The operator's page."),
)


def main(directory: Path) -> None:
    """Write all pages."""
    parser = build_parser()
    verbs = subcommands(parser)
    assert verbs is not None
    names = ["matchd", *(f"matchd-{verb}" for verb in verbs.choices)]
    summaries = {str(choice.dest): str(choice.help) for choice in verbs._choices_actions}
    for name in names:
        verb = name.partition("-")[2]
        page = verbs.choices[verb] if verb else parser
        summary = summaries[verb] if verb else "matchmaking, signaling and TURN credentials"
        listed = [(f"matchd-{one}(1)", text) for one, text in summaries.items()] if not verb else []
        others = [other for other in names if other != name]
        text = "\n".join(manual(name, page, summary, listed, others)) + "\n"
        (directory / f"{name}.1").write_text(text, "utf-8")


def manual(
    name: str,
    parser: argparse.ArgumentParser,
    summary: str,
    listed: list[tuple[str, str]],
    others: list[str],
) -> Iterator[str]:
    """The lines of one page; `listed` stands for the commands that have pages of their own."""
    built = time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time())))
    date = time.strftime("%B %d, %Y", built)
    yield f'.TH {name.upper()} 1 "{date}" "matchd {__version__}" "matchd"'
    yield ".SH NAME"
    yield from prose(f"{name} - {summary}")
    yield ".SH SYNOPSIS"
    yield from synopsis(parser)
    yield ".SH DESCRIPTION"
    yield from prose(parser.description or f"{summary[0].upper()}{summary[1:]}.")
    if listed:
        yield ".SH COMMANDS"
        yield from pairs(listed)
    else:
        yield from nested(parser)
    yield from arguments(parser, ".SH")
    if parser.epilog:
        yield ".SH NOTES"
        yield from prose(parser.epilog)
    for title, told in (("EXIT STATUS", EXIT), ("FILES", FILES)):
        yield f".SH {title}"
        yield from pairs(told)
    yield ".SH SEE ALSO"
    yield ",\n".join(f".BR {other} (1)" for other in others).replace("(1),", "(1) ,")


def nested(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The commands below one, each with what it takes."""
    below = subcommands(parser)
    if below is None:
        return
    yield ".SH COMMANDS"
    summaries = {str(choice.dest): str(choice.help) for choice in below._choices_actions}
    for name, child in below.choices.items():
        yield f".SS {escaped(name)}"
        yield from synopsis(child)
        yield ".PP"
        yield from prose(child.description or f"{summaries[name]}.")
        yield from arguments(child, ".PP")


def arguments(parser: argparse.ArgumentParser, heading: str) -> Iterator[str]:
    """What a command takes: first what has no dashes, then the options."""
    taken = [a for a in parser._actions if a.help is not argparse.SUPPRESS]
    plain = [a for a in taken if not a.option_strings and not is_subcommands(a)]
    options = [a for a in taken if a.option_strings]
    for title, actions in (("ARGUMENTS", plain), ("OPTIONS", options)):
        if actions and heading == ".SH":
            yield f".SH {title}"
        if actions:
            yield from pairs([(invocation(a), expanded(parser, a)) for a in actions])


def invocation(action: argparse.Action) -> str:
    """How an argument is written on the command line."""
    value = "" if action.nargs == 0 else str(action.metavar or action.dest.upper())
    if not action.option_strings:
        return value
    return ", ".join(f"{option} {value}".rstrip() for option in action.option_strings)


def expanded(parser: argparse.ArgumentParser, action: argparse.Action) -> str:
    """The help of an argument, as argparse prints it."""
    text: str = parser._get_formatter()._expand_help(action) if action.help else ""
    return text


def synopsis(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The usage, the program in bold."""
    usage = " ".join(parser.format_usage().removeprefix("usage: ").split())
    yield f".B {escaped(parser.prog)}"
    yield from prose(usage.removeprefix(parser.prog).strip())


def pairs(told: list[tuple[str, str]] | tuple[tuple[str, str], ...]) -> Iterator[str]:
    """A list of terms and what they mean."""
    for term, text in told:
        yield ".TP"
        yield f".B {escaped(term)}"
        yield from prose(text or "see above")


def prose(text: str) -> Iterator[str]:
    """Text in lines of a width that every tool likes."""
    for line in textwrap.wrap(text, 66, break_on_hyphens=False, break_long_words=False):
        yield escaped(line)


def escaped(text: str) -> str:
    """Text that roff takes for nothing else: dashes that can be copied, no requests."""
    safe = text.replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


def is_subcommands(action: argparse.Action) -> bool:
    """Whether an argument is the choice of a command."""
    return isinstance(action, argparse._SubParsersAction)


def subcommands(
    parser: argparse.ArgumentParser,
) -> argparse._SubParsersAction[argparse.ArgumentParser] | None:
    """The commands of a parser, if it has some."""
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            return action
    return None


if __name__ == "__main__":
    main(Path(sys.argv[1]))

"""Random values of the types that messages are decoded into, and values that are almost that.

`text(kind, words, rng)` is one message as JSON: a value of the type, with some of its parts put in from
`words` (names and ids that exist), and every other time bent: a field lost, doubled or of another type,
numbers and texts beyond their bounds, nesting, what is no JSON at all.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import inspect

ODD: tuple[Any, ...] = (
    *(None, True, 0, -1, 1.5, 1e308, -1e-308, 2**53, 2**63, 2**64, -(2**63) - 1, 10**400),
    *("", " ", "\0", "é", "\u202e", "\ud800", "a" * 70_000, "😀" * 400, "null", "../..", "%s"),
    *([], {}, [[]], {"": ""}, [None] * 600, {"type": "offer"}, {str(i): i for i in range(600)}),
)
RAW = (
    *(
        "",
        "{",
        "]",
        "nul",
        '{"type":',
        '"',
        "{}" * 300,
        "[" * 50_000,
        '{"a":' * 20_000,
        "1" * 5_000,
    ),
    *(
        '{"type":"offer","type":"answer"}',
        '{"type":"\\ud800"}',
        "\ufeff{}",
        "NaN",
        "{'type':1}",
        "\x00",
    ),
)


def text(kind: object, words: Sequence[str], rng: random.Random) -> str:
    """One message."""
    if rng.random() < 0.03:
        return rng.choice(RAW)
    made = value(inspect.type_info(kind), words, rng)
    if rng.random() < 0.5:
        made = bent(made, rng)
    told = json.dumps(made, ensure_ascii=rng.random() < 0.5)
    if rng.random() < 0.05:
        at = rng.randrange(len(told) + 1)
        told = told[:at] + rng.choice(("", ",", '"', "\\", "\0", "e")) + told[at + 1 :]
    return told.encode("utf-8", "ignore").decode()


def value(info: inspect.Type, words: Sequence[str], rng: random.Random) -> Any:
    """Any value of a type, as JSON has it."""
    make = _MAKERS.get(type(info))
    return rng.choice(ODD) if make is None else make(info, words, rng)


def bent(made: Any, rng: random.Random) -> Any:
    """The same, wrong in one place or two."""
    if isinstance(made, dict) and made and rng.random() < 0.9:
        name = rng.choice(list(made))
        match rng.randrange(4):
            case 0:
                return {key: one for key, one in made.items() if key != name}
            case 1:
                return made | {name: bent(made[name], rng)}
            case 2:
                return made | {name: rng.choice(ODD)}
            case _:
                return made | {f"{name}x": rng.choice(ODD)}
    if isinstance(made, list) and made and rng.random() < 0.8:
        return [bent(one, rng) for one in made[: rng.randrange(len(made) + 1)]]
    return rng.choice(ODD)


def _struct(info: Any, words: Sequence[str], rng: random.Random) -> dict[str, Any]:
    tag = {} if info.tag_field is None else {info.tag_field: info.tag}
    wanted = [one for one in info.fields if one.required or rng.random() < 0.5]
    return tag | {one.encode_name: value(one.type, words, rng) for one in wanted}


def _text(info: Any, words: Sequence[str], rng: random.Random) -> str:
    if rng.random() < 0.6:
        return rng.choice(words)
    most = min(info.max_length or 50, 400)
    return "".join(
        rng.choice("ab é😀\n<") for _ in range(rng.randrange(info.min_length or 0, most + 1))
    )


def _map(info: Any, words: Sequence[str], rng: random.Random) -> dict[str, Any]:
    pairs = range(rng.randrange(4))
    return {rng.choice(words): value(info.value_type, words, rng) for _ in pairs}


def _number(info: Any, _words: Sequence[str], rng: random.Random) -> int:
    return rng.choice((0, 1, 2, 3, 7, 100, 2**31, int(info.le or 10), int(info.ge or 0)))


_MAKERS: dict[type[inspect.Type], Callable[[Any, Sequence[str], random.Random], Any]] = {
    inspect.StructType: _struct,
    inspect.StrType: _text,
    inspect.IntType: _number,
    inspect.DictType: _map,
    inspect.FloatType: lambda _info, _words, rng: rng.uniform(-10, 1e9),
    inspect.BoolType: lambda _info, _words, rng: rng.random() < 0.5,
    inspect.NoneType: lambda _info, _words, _rng: None,
    inspect.LiteralType: lambda info, _words, rng: rng.choice(info.values),
    inspect.EnumType: lambda info, _words, rng: rng.choice(list(info.cls)).value,
    inspect.UnionType: lambda info, words, rng: value(rng.choice(info.types), words, rng),
    inspect.TupleType: lambda info, words, rng: [value(one, words, rng) for one in info.item_types],
    inspect.ListType: lambda info, words, rng: [
        value(info.item_type, words, rng) for _ in range(rng.randrange(4))
    ],
    inspect.VarTupleType: lambda info, words, rng: [
        value(info.item_type, words, rng) for _ in range(rng.randrange(4))
    ],
}

"""Walks of the configuration's schema, and a strategy that makes any value of it.

Both follow `msgspec.inspect`, so a new key is covered without a change here. Only tests import it.
"""

from collections.abc import Iterator
from typing import Any

import msgspec
from hypothesis import strategies as st
from msgspec import inspect

from matchd.config.schema import Config


def keys(kind: type[msgspec.Struct] = Config, path: str = "") -> Iterator[str]:
    """Dotted paths of all keys that are no tables, those of `turn.server` and of one mode included."""
    for name, at in _fields(kind):
        below = f"{path}.{name}" if path else name
        item = at.item_type if isinstance(at, inspect.VarTupleType) else at
        if isinstance(at, inspect.DictType):
            item, below = at.value_type, f"{below}.default"
        if isinstance(item, inspect.StructType):
            yield from keys(item.cls, below)
        else:
            yield below


def _fields(kind: type[msgspec.Struct]) -> list[tuple[str, inspect.Type]]:
    info = inspect.type_info(kind)
    assert isinstance(info, inspect.StructType)
    return [(field.name, field.type) for field in info.fields]


def values(kind: inspect.Type) -> st.SearchStrategy[Any]:  # noqa: PLR0911  # one for each kind
    """Any value that the decoder accepts for this type."""
    match kind:
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType():
            return st.sampled_from(kind.values)
        case inspect.StrType() if kind.pattern:
            return st.from_regex(kind.pattern.replace("$", r"\Z"))
        case inspect.DictType():
            return st.dictionaries(values(kind.key_type), values(kind.value_type), max_size=2)
        case inspect.StrType():
            # TOML is UTF-8, so a surrogate has no place in it.
            return st.text(st.characters(exclude_categories=["Cs"]), min_size=kind.min_length or 0)
        case inspect.VarTupleType():
            least, most = kind.min_length or 0, min(kind.max_length or 3, 3)
            return st.lists(values(kind.item_type), min_size=least, max_size=most).map(tuple)
        case inspect.StructType():
            return st.builds(kind.cls, **{f.name: values(f.type) for f in kind.fields})
    return _numbers(kind)


def _numbers(kind: inspect.Type) -> st.SearchStrategy[Any]:
    if isinstance(kind, inspect.IntType):
        return st.integers(kind.ge, kind.le)
    assert isinstance(kind, inspect.FloatType)
    low = kind.gt if kind.ge is None else kind.ge
    high = kind.lt if kind.le is None else kind.le
    return st.floats(low, high, exclude_min=kind.ge is None, exclude_max=kind.le is None)


def configs() -> st.SearchStrategy[Config]:
    """Any configuration that the decoder accepts, whatever the rules between keys say."""
    return values(inspect.type_info(Config))

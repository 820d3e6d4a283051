"""Records whose secret fields never show: not in a repr, a traceback or a rich table.

Only `matchd.turn` uses it. Equality, hashing and encoding still see every field: encoding a
credential for its owner is the point of having one.
"""

from typing import Any, ClassVar

import msgspec


class Hidden(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen record that leaves the fields named in `_hidden` out of its repr."""

    _hidden: ClassVar[frozenset[str]] = frozenset()

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        """List (name, value) of the fields that may be shown; rich reads this one."""
        shown = (name for name in self.__struct_fields__ if name not in self._hidden)
        return [(name, getattr(self, name)) for name in shown]

    def __repr__(self) -> str:
        """Write the record without its hidden fields."""
        shown = ", ".join(f"{name}={value!r}" for name, value in self.__rich_repr__())
        return f"{type(self).__name__}({shown})"

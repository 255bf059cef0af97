"""A remark: a code from a closed list with its parameters, to be turned into a sentence by the report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from wirewitness.model.errors import Bug
from wirewitness.model.instant import Instant

if TYPE_CHECKING:
    from wirewitness.model.reason import Code

Param: TypeAlias = str | int | float | bool | tuple[str, ...] | None


@dataclass(frozen=True)
class Remark:
    """`code` is a member's spelling in `model.reason`; `params` has exactly the names listed there."""

    code: str
    params: dict[str, Param] = field(default_factory=dict)

    @classmethod
    def of(cls, code: Code, /, **params: Param) -> Remark:
        """A remark checked against its code's parameters; `from_=` stands for the parameter `from`."""
        given = {name.rstrip("_"): _plain(value) for name, value in params.items()}
        if set(given) != set(code.params):
            raise Bug(f"remark '{code.value}' takes {code.params}, not {tuple(given)}")
        return cls(str(code.value), {name: given[name] for name in code.params})

    def __hash__(self) -> int:
        return hash((self.code, tuple(self.params.items())))


def _plain(value: Param) -> Param:
    return value.text if isinstance(value, Instant) else value

"""What the project says to people: one file a language, the same keys in each.

`Texts` looks a sentence up by its dotted key. A key that a closed list should have and has not is our bug
and raises; a value that the world chose (an unknown kind, a country) is shown as it came.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import TYPE_CHECKING, TypeAlias

from wirewitness.report.figures import Figures
from wirewitness.report.language import Language
from wirewitness.report.spelling import Spelling

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from wirewitness.model.reason import Code
    from wirewitness.model.remark import Remark

Tree: TypeAlias = "dict[str, Tree | str]"

# The parameter that decides between `one` and `other`: the first of these that a sentence is given.
_COUNTS = ("n", "count", "attempts", "contacts", "chunks")

# Where French sets a narrow no-break space; the files have an ordinary one, which is easier to write.
_FRENCH_SPACE = re.compile(r" (?=[:;!?»%])|(?<=«) ")


@cache
def _load(name: str) -> Tree:
    tree: Tree = tomllib.loads(files(__name__).joinpath(f"{name}.toml").read_text("utf-8"))
    return tree


def _walk(tree: Tree, key: str) -> Tree | str | None:
    """The node at a dotted key; a table may itself have dotted names ("identifier.imei")."""
    if key in tree:
        return tree[key]
    head, dot, rest = key.partition(".")
    while dot:
        branch = tree.get(head)
        if isinstance(branch, dict) and (found := _walk(branch, rest)) is not None:
            return found
        more, dot, rest = rest.partition(".")
        head = f"{head}.{more}"
    return None


@dataclass(frozen=True)
class Texts:
    """The sentences and figures of one language.

    >>> Texts(Language.EN)("outcome.not_tested.word")
    'Not tested'
    """

    language: Language

    @cached_property
    def figures(self) -> Figures:
        """How numbers, sizes and times are written."""
        return Figures(self.language)

    @property
    def tree(self) -> Tree:
        """All texts of the language, as in its file."""
        return _load(self.language.value)

    def __call__(self, key: str, /, **values: object) -> str:
        """The sentence at `key` with {names} filled in; a missing key raises KeyError."""
        found = self.find(key, **values)
        if found is None:
            raise KeyError(key)
        return found

    def find(self, key: str, /, **values: object) -> str | None:
        """As a call, but None when there is no such key."""
        return self._filled(_walk(self.tree, key), values)

    def label(self, table: str, value: str) -> str:
        """The word for `value` in `table`; a value that nobody listed is shown as it is."""
        found = _walk(self.tree, f"{table}.{value}") if value else None
        return found if isinstance(found, str) else value

    def remark(self, codes: type[Code], remark: Remark) -> str:
        """The sentence of a code of one of the closed lists, its parameters in words."""
        key = f"{codes.__name__.lower()}.{remark.code}"
        spelling = Spelling(self)
        words = {name: spelling.spell(name, value) for name, value in remark.params.items()}
        sentence = self._filled(_walk(self.tree, key), words, remark.params)
        if sentence is None:
            raise KeyError(key)
        return sentence

    def kind(self, value: str) -> str:
        """The word for a data kind."""
        return self.label("kind", value)

    def country(self, code: str) -> str:
        """A country's name for its ISO 3166-1 code, or the code itself."""
        found = _walk(_load("countries"), f"{self.language.value}.{code}")
        return found if isinstance(found, str) else code

    def condition(self, states: Mapping[str, str]) -> str:
        """`network: Wi-Fi, backup: off` for `{"network": "wifi", "backup": "off"}`; `a|b` means either."""
        colon = self("report.colon")
        return self.join(
            self.label("condition", key)
            + colon
            + " / ".join(self.label("value", one) for one in value.split("|"))
            for key, value in sorted(states.items())
        )

    def join(self, items: Iterable[str]) -> str:
        """Items joined as the language joins them."""
        return ("、" if self.language == "zh" else ", ").join(items)

    def _filled(
        self,
        node: Tree | str | None,
        values: Mapping[str, object],
        counts: Mapping[str, object] | None = None,
    ) -> str | None:
        if isinstance(node, dict):
            if "other" not in node:
                return None
            node = node["one" if "one" in node and self._is_one(counts or values) else "other"]
        if not isinstance(node, str):
            return None
        if self.language == "fr":
            node = _FRENCH_SPACE.sub("\u202f", node)
        return node.format_map({name: self._plain(value) for name, value in values.items()})

    def _is_one(self, values: Mapping[str, object]) -> bool:
        count = next((values[name] for name in _COUNTS if name in values), None)
        if not isinstance(count, (int, float)):
            return False
        # The plural rules of CLDR: French counts 0 and 1.5 as one.
        return abs(count) < 2 if self.language == "fr" else count == 1

    def _plain(self, value: object) -> str:
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            return self.figures.amount(value)
        return str(value)

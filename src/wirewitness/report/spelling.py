"""The parameters of a remark in words: what a parameter means goes by its name (see `model.reason`)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirewitness.model.instant import Instant

if TYPE_CHECKING:
    from collections.abc import Callable

    from wirewitness.model.remark import Param
    from wirewitness.report.texts import Texts


class Spelling:
    """Writes parameters in the language of `texts`."""

    def __init__(self, texts: Texts) -> None:
        self._texts = texts
        figures = texts.figures
        self._numbers: dict[str, Callable[[float], str]] = {
            "bytes": figures.size,
            "s": figures.duration,
            "p": figures.chance,
            "hours": lambda hours: figures.duration(hours * 3600),
            "share": lambda share: figures.percent(share, 1),
        }
        self._words: dict[str, Callable[[str], str]] = {
            "kinds": texts.kind,
            "keys": lambda key: texts.label("condition", key),
            "condition": self._condition,
            "country": texts.country,
            "reason": lambda reason: texts.label("opaque", reason),
            "how": lambda how: texts.label("refused", how),
            "source": lambda kind: texts.label("source", kind),
            "sources": lambda kind: texts.label("source", kind),
            "lacks": lambda lack: texts.label("lack", lack),
            "by": lambda by: texts.label("value", by),
            **dict.fromkeys(("from", "until", "first", "last", "time"), self._time),
        }

    def spell(self, name: str, value: Param) -> str:
        """The words for the parameter `name`; None and an empty text are "unknown"."""
        if value is None or value == "":
            return self._texts("report.unknown")
        if isinstance(value, tuple):
            return self._texts.join(self.spell(name, item) for item in value) or self._texts("report.none")
        if isinstance(value, bool):
            return self._texts("report.yes" if value else "report.no")
        if isinstance(value, str):
            return self._words.get(name, str)(value)
        return self._numbers.get(name.rpartition("_")[2], self._texts.figures.amount)(value)

    def _condition(self, text: str) -> str:
        """`network=wifi, backup=off` in words; what is not of that form stays."""
        parts = [part.strip().partition("=") for part in text.split(",")]
        if not all(equals for _, equals, _ in parts):
            return text
        return self._texts.condition({key: value for key, _, value in parts})

    def _time(self, text: str) -> str:
        try:
            return self._texts.figures.time(Instant.parse(text))
        except ValueError:
            return text

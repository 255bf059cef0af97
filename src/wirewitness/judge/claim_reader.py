"""The claims of a case file. A claim that bundles several statements is refused, with the split suggested."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal, cast

from wirewitness.judge.audit_export import read_condition
from wirewitness.judge.events_log import check_state
from wirewitness.judge.toml_values import read_kinds, read_period
from wirewitness.model.case_file import Claim, Control, RhythmClaim, StateClaim
from wirewitness.model.kind import ALL_ANSWERS
from wirewitness.model.toml_text import TomlTable
from wirewitness.model.verdict import Polarity

ABOUT = ("exposure", "contact", "answer", "state")
_KNOWN = (
    "id", "polarity", "about", "data", "match", "hosts", "countries", "when", "consent", "rhythm", "state",
    "from", "until", "controls", "source", "quote", "date", "text",
)  # fmt: skip
_ONLY_OF = {"data": ("exposure", "answer"), "rhythm": ("contact",), "state": ("state",)}
_SORT_OF = {"data": "exposure", "rhythm": "contact", "state": "state"}


def read_claims(tables: Sequence[TomlTable], controls: Sequence[Control]) -> tuple[Claim, ...]:
    """All claims, in file order; controls are named by id."""
    claims: list[Claim] = []
    known = {control.id for control in controls}
    for table in tables:
        claim = _claim(table)
        if any(claim.id == before.id for before in claims):
            raise table.error(f"the id '{claim.id}' is used twice; each claim has one verdict", "id")
        for name in claim.controls:
            if name not in known:
                raise table.error(f"there is no [[control]] with the id '{name}'", "controls")
        claims.append(claim)
    return tuple(claims)


def _claim(table: TomlTable) -> Claim:
    table.only(*_KNOWN)
    about = cast("Literal['exposure', 'contact', 'answer', 'state']", table.choice("about", ABOUT))
    _refuse_bundle(table, about)
    source, date = table.text("source", default=""), table.text("date", default="")
    return Claim(
        id=table.text("id"),
        polarity=Polarity(table.choice("polarity", tuple(Polarity))),
        about=about,
        data=_data(table, about),
        match_all=table.choice("match", ("any", "all"), default="any") == "all",
        hosts=tuple(host.lower() for host in table.texts("hosts")),
        countries=_countries(table),
        when=read_condition(table.values.get("when", {}), lambda text: table.error(text, "when")),
        uncovered_only=table.choice("consent", ("any", "uncovered"), default="any") == "uncovered",
        rhythm=_rhythm(table),
        state=_state(table) if about == "state" else None,
        period=read_period(table),
        controls=table.texts("controls"),
        source=", ".join(part for part in (source, date) if part),
        quote=table.text("quote", default=""),
        text=_text(table),
    )


def _refuse_bundle(table: TomlTable, about: str) -> None:
    """One claim, one statement: what else it holds belongs into a claim of its own."""
    name = table.text("id")
    for key, sorts in _ONLY_OF.items():
        if key in table.values and about not in sorts:
            raise table.error(
                f"the claim '{name}' is about {about} and also has '{key}': it bundles several statements; "
                f"split it into '{name}a' (about = \"{about}\") and '{name}b' "
                f"(about = \"{_SORT_OF[key]}\", with '{key}')",
                key,
            )


def _data(table: TomlTable, about: str) -> tuple[tuple[str, ...], ...]:
    if about not in _ONLY_OF["data"]:
        return ()
    entries = read_kinds(table)
    for kind in (kind for entry in entries for kind in entry):
        if (kind in ALL_ANSWERS) != (about == "answer"):
            other = "answer" if kind in ALL_ANSWERS else "exposure"
            raise table.error(f"'{kind}' belongs to a claim about {other}, not about {about}", "data")
    return entries


def _countries(table: TomlTable) -> tuple[str, ...]:
    countries = table.texts("countries")
    for country in countries:
        if len(country) != 2 or not country.isalpha():
            raise table.error(f"'{country}' is not a country code of two letters, such as CN", "countries")
    return tuple(country.upper() for country in countries)


def _rhythm(table: TomlTable) -> RhythmClaim | None:
    value: Any = table.values.get("rhythm")
    if value is None:
        return None
    if not isinstance(value, dict) or value.get("periodic") is not True:
        raise table.error(
            "'rhythm' should be { periodic = true }, with every_s and tolerance if wanted", "rhythm"
        )
    if unknown := set(value) - {"periodic", "every_s", "tolerance"}:
        raise table.error(f"'{min(unknown)}' is not known in 'rhythm'", "rhythm")
    every, tolerance = value.get("every_s"), value.get("tolerance", 0.2)
    for number in (every, tolerance):
        if number is not None and (
            isinstance(number, bool) or not isinstance(number, (int, float)) or number <= 0
        ):
            raise table.error("'every_s' and 'tolerance' should be numbers above 0", "rhythm")
    return RhythmClaim(None if every is None else float(every), float(tolerance))


def _state(table: TomlTable) -> StateClaim:
    value: Any = table.values.get("state")
    if not isinstance(value, dict) or not {"key", "value"} <= set(value) <= {"key", "value", "by"}:
        raise table.error('\'state\' should be { key = "backup", value = "on", by = "owner" }', "state")
    try:
        check_state(str(value["key"]), str(value["value"]))
    except ValueError as error:
        raise table.error(str(error), "state") from None
    return StateClaim(str(value["key"]), str(value["value"]), value.get("by"))


def _text(table: TomlTable) -> dict[str, str]:
    value = table.values.get("text", {})
    if not isinstance(value, dict) or not all(isinstance(v, str) for v in value.values()):
        raise table.error("'text' should hold a sentence for each language, as { en = \"...\" }", "text")
    return dict(value)

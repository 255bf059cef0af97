"""Results hold facts by their ids: no table, no result and no list of inputs prints a value of the owner's,
neither as it is nor as it was sent."""

from __future__ import annotations

import base64
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import quote, quote_plus

import pyarrow.parquet as pq
import pytest

from wirelab.cli import main as wirelab
from wirewitness import case

pytestmark = pytest.mark.lab


def spoken(folder: Path) -> dict[str, str]:
    """Every value of the owner's files of at least eight letters, by what it is."""
    owner = tomllib.loads((folder / "owner.toml").read_text())
    values = {fact["id"]: fact["value"] for fact in owner["fact"] if "value" in fact}
    sms = ET.parse(folder / "sms.xml").getroot()
    values |= {f"sms {n}": message.attrib["body"] for n, message in enumerate(sms)}
    lines = (folder / "contacts.vcf").read_text().splitlines()
    values |= {
        f"contact {n}": line.partition(":")[2] for n, line in enumerate(lines) if line.startswith("TEL")
    }
    return {what: value for what, value in values.items() if len(value) >= 8}


def written(value: str) -> set[str]:
    """The value as it is and as a query, a body or a name would carry it."""
    data = value.encode()
    code = base64.b64encode(data).decode()
    forms = {value, quote(value, safe=""), quote_plus(value), data.hex()}
    # The first bytes alone are enough: a table that held the beginning would hold the value.
    return {
        form.lower()[:24]
        for form in {*forms, code.rstrip("="), code.rstrip("=").translate({43: "-", 47: "_"})}
    }


def printed(folder: Path) -> dict[str, str]:
    """All text of an audited folder but for the report's evidence."""
    texts = {name: (folder / name).read_text().lower() for name in ("result.json", "inputs.json")}
    for path in sorted((folder / "tables").glob("*.parquet")):
        table = pq.read_table(path)
        for name in table.column_names:
            texts[f"{path.stem}.{name}"] = "\n".join(
                {str(cell) for cell in table.column(name).to_pylist()}
            ).lower()
    return texts


@pytest.mark.parametrize("world", ["as_alleged", "message_in_update_query"])
def test_no_result_and_no_table_holds_a_value(world, tmp_path):
    assert wirelab(["play", world, "--seed", "3", "-o", str(tmp_path / "played")]) == 0
    result = case.audit([], tmp_path / "audit", case=tmp_path / "played" / "case.toml")
    assert {exposure.fact for exposure in result.exposures} - {None}, (
        "nothing was found: nothing is shown here"
    )
    texts = printed(tmp_path / "audit")
    assert len(texts) > 50
    values = spoken(tmp_path / "played")
    assert len(values) > 20
    told = {
        (what, where)
        for what, value in values.items()
        for form in written(value)
        for where, text in texts.items()
        if form in text
    }
    assert told == set()

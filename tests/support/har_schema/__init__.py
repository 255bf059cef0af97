"""HAR 1.2 by its JSON Schemas (the npm package har-schema 2.0.0, ISC; its licence stands beside this file)."""

from __future__ import annotations

import json
from pathlib import Path

from jsonschema import Draft6Validator, FormatChecker
from referencing import Registry, Resource
from referencing.jsonschema import DRAFT6

_ALL = json.loads(Path(__file__).with_name("schemas.json").read_text("utf-8"))
_REGISTRY = Registry().with_resources(
    (f"{name}#", Resource(contents=schema, specification=DRAFT6)) for name, schema in _ALL.items()
)


def har_errors(document: object) -> list[str]:
    """What is wrong with a HAR, a sentence each; none when it is one."""
    validator = Draft6Validator(_ALL["har.json"], registry=_REGISTRY, format_checker=FormatChecker())
    return [f"{one.json_path}: {one.message}" for one in validator.iter_errors(document)]

"""Which category of the registry an app belongs to: a table with reasons (``app_categories.toml``)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files

from optin.protocol.preference import CATEGORIES


def load_categories(text: str) -> Mapping[str, str]:
    """Package name to category. A row without a reason, or of an unknown category, is a ValueError."""
    found: dict[str, str] = {}
    for row in tomllib.loads(text)["category"]:
        if row.get("name") not in CATEGORIES or not row.get("reason") or not row.get("packages"):
            raise ValueError(f"the row {row.get('name')!r} lacks a known name, a reason or packages")
        for package in row["packages"]:
            if found.setdefault(package, row["name"]) != row["name"]:
                raise ValueError(f"{package} is in two categories")
    return found


CATEGORY_OF = load_categories(files("optin.agent").joinpath("app_categories.toml").read_text("utf-8"))

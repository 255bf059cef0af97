"""Which cells of a CSV file a spreadsheet would compute instead of showing them."""

from __future__ import annotations

_FORMULA = ("=", "+", "-", "@", "＝", "＋", "－", "＠")


def computes(cell: str) -> bool:
    """Whether a spreadsheet takes the text for a formula.

    >>> computes("=1+1"), computes("1+1")
    (True, False)
    """
    return cell.lstrip().startswith(_FORMULA) or cell.startswith(("\t", "\r"))

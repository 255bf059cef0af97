"""The witness: reads what a phone sent, and gives every claim about it a graded verdict.

The pipeline stands in `wirewitness.case`; the words in `wirewitness.model`; what Python users call in
`wirewitness.api`:

>>> import wirewitness as ww
>>> case = ww.audit("x.pcapng", keys="keys.log", owner="owner.toml")
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from wirewitness.api import Case, Table, audit, open_case

__version__ = "0.1.0"
__all__ = ["Case", "Table", "__version__", "audit", "open_case"]


def __getattr__(name: str) -> Any:
    """The API, loaded when it is asked for: the command line and the model need none of it."""
    if name not in __all__:
        raise AttributeError(f"module 'wirewitness' has no attribute '{name}'")
    from wirewitness import api  # noqa: PLC0415 - late, or every import of a part would load the whole

    return getattr(api, name)

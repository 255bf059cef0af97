"""The page's templates as byte code, kept beside Python's own: compiling them takes 0.1 s of each audit.

It follows Python's rules for `__pycache__`: written where that may be written, made anew for another source,
Python, Jinja or language, and never needed: what is damaged or cannot be kept is compiled.
"""

from __future__ import annotations

import os
import pickle
import sys
from contextlib import suppress
from importlib.metadata import version
from typing import TYPE_CHECKING

from jinja2 import FileSystemBytecodeCache

if TYPE_CHECKING:
    from pathlib import Path

    from jinja2.bccache import Bucket


class Compiled(FileSystemBytecodeCache):
    """Jinja's cache of files, for which a bad file is none."""

    def load_bytecode(self, bucket: Bucket) -> None:
        """What was kept, if it is whole."""
        try:
            super().load_bytecode(bucket)
        except (OSError, EOFError, ValueError, TypeError, pickle.UnpicklingError):
            bucket.reset()

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep it; a full disk is no reason to fail."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def compiled_templates(folder: Path, language: str) -> Compiled | None:
    """The cache in `folder`; None where nothing may be kept."""
    if sys.dont_write_bytecode or not os.access(folder, os.W_OK):
        return None
    return Compiled(str(folder), f"%s.{language}.{version('jinja2')}.jinja")

"""What a server holds: the cases it shows, drafts with uploaded files, and the jobs that audit them."""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from wirewitness.model.errors import ArgumentError
from wirewitness.web.jobs import Job, Jobs, Order
from wirewitness.web.uploads import MOST_FILES

_ID = re.compile(r"[0-9a-f]{16}")


@dataclass
class Desk:
    """`work` is the folder for uploads and audits; `max_upload` bounds all uploads of a draft, in bytes."""

    work: Path
    max_upload: int
    language: str = "en"
    cases: dict[str, Path] = field(default_factory=dict)
    jobs: Jobs = field(default_factory=Jobs)
    used: dict[str, int] = field(default_factory=dict)

    def show(self, folders: Sequence[Path]) -> None:
        """Put audited folders on the list."""
        for folder in folders:
            if not (folder / "result.json").is_file():
                raise ArgumentError(f"{folder} is not the folder of an audit: it holds no result.json")
            self.cases[f"c{len(self.cases) + 1}"] = folder

    def new_draft(self) -> str:
        """A folder for uploads."""
        name = secrets.token_hex(8)
        self.draft(name).mkdir(parents=True)
        self.used[name] = 0
        return name

    def draft(self, name: str) -> Path:
        """The folder of a draft; `ArgumentError` for a name that we did not give."""
        if not _ID.fullmatch(name):
            raise ArgumentError("there is no such draft")
        return self.work / name

    def room(self, name: str) -> int:
        """Bytes that may still come."""
        if name not in self.used:
            raise ArgumentError("there is no such draft")
        if sum(1 for _ in self.draft(name).rglob("*")) > MOST_FILES:
            raise ArgumentError(f"a draft holds at most {MOST_FILES} files")
        return self.max_upload - self.used[name]

    def start(self, name: str) -> Job:
        """Audit what was uploaded."""
        folder = self.draft(name)
        case = folder / "case.toml"
        captures = sorted((folder / "capture").glob("*"))
        if not captures and not case.is_file():
            raise ArgumentError("there is no capture yet: choose one")
        owner = folder / "owner.toml"
        order = Order(
            captures=tuple(str(path) for path in captures),
            output=str(folder / "audit"),
            keys=tuple(str(path) for path in sorted((folder / "keys").glob("*"))),
            owner=str(owner) if owner.is_file() else None,
            case=str(case) if case.is_file() else None,
            language=self.language,
        )
        try:
            return self.jobs.start(name, order)
        except ValueError as error:
            raise ArgumentError(str(error)) from None

    def finished(self, job: Job) -> str | None:
        """The name under which a job's case is shown, once it is done."""
        if job.state != "done":
            return None
        for name, folder in self.cases.items():
            if folder == job.output:
                return name
        self.show([job.output])
        return list(self.cases)[-1]

    def case(self, name: str) -> Path:
        """The folder of a case that is shown."""
        if name not in self.cases:
            raise ArgumentError("there is no such case")
        return self.cases[name]

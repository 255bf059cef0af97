"""What the cloud keeps: opaque chunks, consent records by the phone's word, and sums of noised answers."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from optin.ledger.book import ConsentBook

if TYPE_CHECKING:
    from optin.protocol.diagnostic import DiagnosticReport
    from optin.protocol.preference import PreferenceReport


class MemoryStore:
    """All in memory: for tests and the laboratory. A chunk is bytes without meaning here."""

    def __init__(self) -> None:
        """Begin empty."""
        self.consents = ConsentBook()
        self.chunks: dict[str, bytes] = {}
        self.interest: Counter[str] = Counter()
        self.reports = 0
        self.diagnostics: list[DiagnosticReport] = []

    def add_preferences(self, report: PreferenceReport) -> None:
        """Add a report to the sums; the report itself is not kept."""
        self.reports += 1
        self.interest.update(report.answers)

    def add_chunk(self, name: str, sealed: bytes) -> None:
        """Store a chunk; the same name with other bytes is refused, so that nobody overwrites a backup."""
        if self.chunks.setdefault(name, sealed) != sealed:
            raise ValueError("a chunk of that name exists with other content")

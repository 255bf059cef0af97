"""The other forms of a result: CSV time line, Markdown, STIX 2.1, HAR. Pure functions; texts out.

Nothing in them is a private value, but for a HAR that was asked to reveal the bodies.
"""

from enum import StrEnum

from wirewitness.report.formats.har import render_har
from wirewitness.report.formats.markdown import render_markdown
from wirewitness.report.formats.stix import render_stix
from wirewitness.report.formats.time_line import render_csv


class Format(StrEnum):
    """What `wirewitness report --format` writes."""

    HTML = "html"
    JSON = "json"
    CSV = "csv"
    MD = "md"
    STIX = "stix"
    HAR = "har"

    @property
    def file(self) -> str:
        """The file's name in the case folder."""
        return {"html": "report.html", "json": "result.json", "stix": "report.stix.json"}.get(
            self.value, f"report.{self.value}"
        )


__all__ = ["Format", "render_csv", "render_har", "render_markdown", "render_stix"]

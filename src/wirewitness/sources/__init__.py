"""What is no packet capture: importers, one kind of file each, known by content and never by the file's name.

>>> from pathlib import Path
>>> recognise(Path("no such file")) is None
True
"""

from __future__ import annotations

from pathlib import Path

from wirewitness.model.telling import Source, ToldMessage
from wirewitness.sources import eve, har, mitmproxy_flows, system_logs, tables, tshark_ek, zeek
from wirewitness.sources.importer import FileSource, Importer
from wirewitness.sources.reading import head_of

IMPORTERS: tuple[Importer, ...] = (
    har.IMPORTER,
    mitmproxy_flows.IMPORTER,
    zeek.IMPORTER,
    eve.IMPORTER,
    tshark_ek.IMPORTER,
    tables.PCAPDROID,
    tables.TRACKER_CONTROL,
    system_logs.APP_PRIVACY_REPORT,
    system_logs.INTRUSION_LOG,
)
"""Asked in this order; the first that knows the file reads it."""


def recognise(path: Path) -> Source | None:
    """The importer's view of a file, or of a folder of Zeek logs; None for what no importer knows."""
    if path.is_dir():
        logs = zeek.logs_of(path)
        return zeek.ZeekFolder(path, logs) if logs else None
    if not path.is_file():
        return None
    head = head_of(path)
    importer = next((one for one in IMPORTERS if one.recognise(head)), None)
    return FileSource(path, importer) if importer is not None else None


def find_message(
    source: Source, flow: str, stream: int, number: int, *, from_client: bool
) -> ToldMessage | None:
    """The message that a finding stands in, read again; None when the file has no such message."""
    keys: set[int] = set()
    for told in source.tell():
        if isinstance(told, ToldMessage):
            same = (told.stream, told.number, told.from_client) == (stream, number, from_client)
            if same and told.key in keys:
                return told
        elif getattr(told, "id", None) == flow:
            keys.add(told.key)  # type: ignore[union-attr]
    return None

"""Every capture of the corpus is read or refused with one sentence: no crash, no hang, bounded memory."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from decoded import read_tables

from wirewitness.model.errors import InputError

CAPTURES = {
    "ndpi": 538,
    "pcapng-suite": 48,
    "suricata-verify": 984,
    "tcpdump": 667,
    "wireshark": 122,
    "zeek": 804,
}
MEMORY_MIB = 400


def is_capture(path) -> bool:
    """By name: `.pcap`, `.pcapng` or `.cap`, perhaps compressed or numbered."""
    return bool({".cap", ".pcap", ".pcapng"} & set(path.suffixes)) and path.suffix not in {".out", ".txt"}


def refusal(path, into) -> str:
    """Why the capture is refused, or nothing when it is read."""
    try:
        read_tables(path, into)
    except InputError as error:
        return str(error)
    return ""


def read_all(paths, into) -> tuple[dict[str, str], float]:
    """Of each capture that was refused the sentence; and the most memory of this process in MiB (Linux)."""
    refused = {path.name: sentence for path in paths if (sentence := refusal(path, into))}
    status = dict(line.split(":", 1) for line in Path("/proc/self/status").read_text().splitlines())
    return refused, int(status["VmHWM"].split()[0]) / 1024


@pytest.mark.parametrize("folder", CAPTURES)
def test_every_capture_is_read(corpus, tmp_path, folder):
    captures = [path for path in (corpus / folder).rglob("*") if path.is_file() and is_capture(path)]
    assert len(captures) == CAPTURES[folder]
    # In a process of its own: this one may have needed more for other tests.
    with ProcessPoolExecutor(max_workers=1, mp_context=get_context("spawn")) as fresh:
        refused, peak_mib = fresh.submit(read_all, captures, tmp_path).result()
    assert refused == {}
    assert peak_mib <= MEMORY_MIB


def test_what_is_no_capture_is_refused_with_one_sentence(corpus, tmp_path):
    others = [path for path in (corpus / "tcpdump").rglob("*") if path.is_file() and not is_capture(path)]
    assert others
    for path in others:
        sentence = refusal(path, tmp_path)
        assert sentence.startswith(f"{path}: ")
        assert sentence.endswith(".")
        assert "\n" not in sentence

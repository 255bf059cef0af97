"""Every capture of the corpus is read or refused with one sentence: no crash, no hang, bounded memory."""

from __future__ import annotations

import resource

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


def peak_mib() -> float:
    """The most memory this process ever had (Linux counts it in KiB)."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("folder", CAPTURES)
def test_every_capture_is_read(corpus, tmp_path, folder):
    before = peak_mib()
    captures = [path for path in (corpus / folder).rglob("*") if path.is_file() and is_capture(path)]
    assert len(captures) == CAPTURES[folder]
    refused = {path.name: sentence for path in captures if (sentence := refusal(path, tmp_path))}
    assert refused == {}
    # Other tests of this process may have reached more before; half a MiB on top of that is the allocator's.
    assert peak_mib() <= max(before + 32, MEMORY_MIB)


def test_what_is_no_capture_is_refused_with_one_sentence(corpus, tmp_path):
    others = [path for path in (corpus / "tcpdump").rglob("*") if path.is_file() and not is_capture(path)]
    assert others
    for path in others:
        sentence = refusal(path, tmp_path)
        assert sentence.startswith(f"{path}: ")
        assert sentence.endswith(".")
        assert "\n" not in sentence

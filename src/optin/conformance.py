"""Test vectors of the protocol, and a test that another implementation can run against itself.

The other program reads one JSON object a line, ``{"op": ..., "input": ...}``, and answers each with one line,
``{"output": ...}``. ``python -m optin.conformance`` is such a program: our own.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from optin.ledger.merkle import (
    MemoryNodes,
    append,
    extends,
    hash_leaf,
    includes,
    prove_consistency,
    prove_inclusion,
    root,
)
from optin.protocol.canonical import encode_canonical
from optin.protocol.catalogue import Catalogue, Recommendation, rank
from optin.protocol.chunk import name_chunk, open_chunk, seal_again
from optin.protocol.consent import Consent
from optin.protocol.exchange import Request
from optin.protocol.manifest import derive_chunk, name_manifest
from optin.protocol.moment import parse_moment
from optin.protocol.phrase import derive, render_phrase, stretch
from optin.protocol.preference import QUESTIONS, PreferenceReport
from optin.protocol.proof import PROOF_HEADER, digest_of, prove
from optin.protocol.signed_record import SignedRecord
from optin.protocol.signing import public_key

Input = Mapping[str, Any]


def _root(given: Input) -> str:
    nodes = MemoryNodes()
    for size, entry in enumerate(given["entries"]):
        append(nodes, size, hash_leaf(bytes.fromhex(entry)))
    return root(nodes, len(given["entries"])).hex()


def _record(given: Input) -> str:
    consent = Consent.parse(encode_canonical(given["consent"]))
    seed = bytes.fromhex(given["seed"])
    return SignedRecord.make(consent, seed, withdrawn=given["withdrawn"]).encoded.decode()


def _proof(given: Input) -> str:
    request = Request(given["method"], given["host"], given["path"], (), bytes.fromhex(given["body"]))
    seed, nonce = bytes.fromhex(given["seed"]), bytes.fromhex(given["nonce"])
    proven = prove(request, given["use"], seed, parse_moment(given["time"]), nonce)
    return proven.header(PROOF_HEADER) or ""


def _seal(given: Input) -> str:
    key, header = bytes.fromhex(given["key"]), bytes.fromhex(given["header"])
    return digest_of(seal_again(bytes.fromhex(given["content"]), "0" * 64, key, header).sealed)


def _open(given: Input) -> str:
    key, header = bytes.fromhex(given["key"]), bytes.fromhex(given["header"])
    sealed = seal_again(bytes.fromhex(given["content"]), "0" * 64, key, header).sealed
    return open_chunk(sealed, key).hex()


def _report(given: Input) -> str:
    return (
        PreferenceReport(given["week"], given["model"], given["epsilon"], given["answers"]).encode().decode()
    )


def _includes(given: Input) -> str:
    proof = [bytes.fromhex(step) for step in given["proof"]]
    leaf = hash_leaf(bytes.fromhex(given["entry"]))
    return str(includes(leaf, given["leaf"], given["size"], proof, bytes.fromhex(given["root"]))).lower()


def _extends(given: Input) -> str:
    proof = [bytes.fromhex(step) for step in given["proof"]]
    heads = bytes.fromhex(given["first_root"]), bytes.fromhex(given["second_root"])
    return str(extends(given["first"], heads[0], given["second"], heads[1], proof)).lower()


def _rank(given: Input) -> str:
    entries = tuple(Recommendation(**row) for row in given["recommendations"])
    catalogue = Catalogue(entries, {(first, second): lift for first, second, lift in given["together"]})
    return " ".join(each.entry.package for each in rank(catalogue, given["minutes"]))


OPERATIONS: Mapping[str, Callable[[Input], str]] = {
    "canonical": lambda given: encode_canonical(given["document"]).decode(),
    "public_key": lambda given: public_key(bytes.fromhex(given["seed"])).hex(),
    "log_root": _root,
    "log_includes": _includes,
    "log_extends": _extends,
    "consent_record": _record,
    "request_proof": _proof,
    "phrase": lambda given: render_phrase(bytes.fromhex(given["entropy"])),
    "root_key": lambda given: stretch(given["phrase"]).hex(),
    "derive": lambda given: derive(bytes.fromhex(given["root"]), given["use"]).hex(),
    "chunk_name": lambda given: name_chunk(bytes.fromhex(given["content"]), bytes.fromhex(given["key"])),
    "chunk_sealed_sha256": _seal,
    "chunk_round_trip": _open,
    "manifest_name": lambda given: name_manifest(
        bytes.fromhex(given["key"]), given["kind"], given["number"], given["part"]
    ),
    "manifest_key": lambda given: derive_chunk(bytes.fromhex(given["key"]), given["name"]).hex(),
    "preference_report": _report,
    "rank": _rank,
}
"""What an implementation must be able to compute, by name."""
_SEED, _KEY, _HEADER = "01" * 32, "02" * 32, "03" * 24
_CONSENT = {
    "id": "consent-00112233445566778899aabbccddeeff",
    "data": ["photo"],
    "hosts": ["cloud.example"],
    "purpose": "backup",
    "from": "2014-07-20T08:00:00Z",
    "until": None,
    "when": {"network": "wifi"},
}


def _proofs() -> Iterator[tuple[str, Input]]:
    """A true and a false proof of each kind, over seven entries."""
    entries = [bytes([number]) for number in range(7)]
    nodes = MemoryNodes()
    for size, entry in enumerate(entries):
        append(nodes, size, hash_leaf(entry))
    inclusion = [step.hex() for step in prove_inclusion(nodes, 4, 7)]
    consistency = [step.hex() for step in prove_consistency(nodes, 3, 7)]
    included = {"leaf": 4, "size": 7, "proof": inclusion, "root": root(nodes, 7).hex()}
    yield "log_includes", {"entry": "04", **included}
    yield "log_includes", {"entry": "05", **included}
    grown = {"first": 3, "second": 7, "proof": consistency, "second_root": root(nodes, 7).hex()}
    yield "log_extends", {"first_root": root(nodes, 3).hex(), **grown}
    yield "log_extends", {"first_root": root(nodes, 4).hex(), **grown}


INPUTS: Sequence[tuple[str, Input]] = (
    ("canonical", {"document": {"b": 1, "a": [1.5, "\u00e9", None, True], "": {}}}),
    ("public_key", {"seed": _SEED}),
    ("log_root", {"entries": []}),
    ("log_root", {"entries": ["", "00", "10", "2021", "3031"]}),
    *_proofs(),
    ("consent_record", {"consent": _CONSENT, "seed": _SEED, "withdrawn": False}),
    (
        "consent_record",
        {"consent": {**_CONSENT, "until": "2014-07-21T08:00:00Z"}, "seed": _SEED, "withdrawn": True},
    ),
    (
        "request_proof",
        {
            "method": "POST",
            "host": "cloud.example",
            "path": "/v1/preferences",
            "use": _CONSENT["id"],
            "time": "2014-07-20T08:00:01Z",
            "nonce": "04" * 16,
            "body": "7b7d",
            "seed": _SEED,
        },
    ),
    ("phrase", {"entropy": "00112233445566778899aabbccddeeff"}),
    ("root_key", {"phrase": render_phrase(bytes.fromhex("00112233445566778899aabbccddeeff"))}),
    ("derive", {"root": _KEY, "use": "sign"}),
    ("derive", {"root": _KEY, "use": "name"}),
    ("derive", {"root": _KEY, "use": "manifest"}),
    ("chunk_name", {"content": "68656c6c6f", "key": _KEY}),
    ("chunk_sealed_sha256", {"content": "", "key": _KEY, "header": _HEADER}),
    ("chunk_sealed_sha256", {"content": "68656c6c6f", "key": _KEY, "header": _HEADER}),
    ("chunk_round_trip", {"content": "80" + "00" * 40, "key": _KEY, "header": _HEADER}),
    ("manifest_name", {"key": _KEY, "kind": "photo", "number": 7, "part": 0}),
    ("manifest_key", {"key": _KEY, "name": "ab" * 32}),
    (
        "preference_report",
        {
            "week": "2014-W30",
            "model": "VN-2014",
            "epsilon": 2.0,
            "answers": {name: number % 2 for number, name in enumerate(QUESTIONS)},
        },
    ),
    (
        "rank",
        {
            "recommendations": [
                {"package": f"app.{name}", "title": name, "category": name, "popularity": popularity}
                for name, popularity in (("games", 0.5), ("music", 0.5), ("travel", 0.4))
            ],
            "together": [["games", "travel", 2.0]],
            "minutes": {"games": 90, "music": 30, "night_use": 500},
        },
    ),
)


def render_vectors() -> str:
    """The vectors as JSON text; docs/optin/vectors.json holds it."""
    rows = [{"op": op, "input": given, "output": OPERATIONS[op](given)} for op, given in INPUTS]
    return json.dumps({"format": "optin-vectors/1", "vectors": rows}, indent=1, ensure_ascii=True) + "\n"


def check_program(command: Sequence[str], timeout_s: float = 300) -> list[str]:
    """Ask a program every vector; one sentence for each answer that is wrong or missing."""
    rows = json.loads(render_vectors())["vectors"]
    asked = "".join(json.dumps({"op": row["op"], "input": row["input"]}) + "\n" for row in rows)
    ended = subprocess.run(
        list(command), input=asked, capture_output=True, text=True, timeout=timeout_s, check=False
    )
    lines = ended.stdout.splitlines()
    wrong = []
    for number, row in enumerate(rows):
        try:
            output = json.loads(lines[number])["output"]
        except (IndexError, ValueError, KeyError, TypeError):
            wrong.append(f"vector {number} ({row['op']}): no answer")
            continue
        if output != row["output"]:
            wrong.append(f"vector {number} ({row['op']}): answered {output!r}, right is {row['output']!r}")
    return wrong


def main() -> None:
    """Answer the questions of standard input."""
    for line in sys.stdin:
        question = json.loads(line)
        answer = {"output": OPERATIONS[question["op"]](question["input"])}
        sys.stdout.write(json.dumps(answer) + "\n")


if __name__ == "__main__":
    main()

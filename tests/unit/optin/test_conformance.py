"""The test vectors of the protocol are those of the program, and the conformance test catches a wrong one."""

from __future__ import annotations

import sys
from pathlib import Path

from optin.cli import main
from optin.cli.reference import list_commands, render_reference
from optin.conformance import INPUTS, OPERATIONS, check_program, render_vectors
from optin.protocol.preference import QUESTIONS

DOCS = Path(__file__).parents[3] / "docs/optin"


def test_the_vectors_of_the_document_are_up_to_date():
    assert (DOCS / "vectors.json").read_text() == render_vectors(), "write what render_vectors gives"


def test_every_operation_has_a_vector_and_stands_in_the_document():
    assert {op for op, _ in INPUTS} == set(OPERATIONS)
    text = (DOCS / "protocol.md").read_text()
    assert not [op for op in OPERATIONS if f"`{op}`" not in text]
    assert set(dict(INPUTS)["preference_report"]["answers"]) == set(QUESTIONS)


def test_our_own_program_passes(capsys):
    assert main(["conformance", "--", sys.executable, "-m", "optin.conformance"]) == 0
    assert "are right" in capsys.readouterr().out


def test_a_program_that_answers_wrongly_or_not_at_all_is_caught():
    assert len(check_program([sys.executable, "-c", "print('{\"output\": 1}')"])) == len(INPUTS)


def test_the_page_of_commands_is_what_the_commands_say():
    page = (DOCS / "cli.md").read_text()
    assert page == render_reference(), "run: python -m optin.cli.reference > docs/optin/cli.md"
    assert {"cloud", "watch", "release", "conformance"} < {words[0] for words in list_commands()}

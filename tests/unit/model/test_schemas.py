"""The JSON Schemas and the readers say the same: what one takes the other takes, what one refuses the other does."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
import small_world

from wirewitness.find.owner_file import read_owner
from wirewitness.judge.case_reader import read_case
from wirewitness.model.errors import InputError

SCHEMAS = Path(__file__).parents[3] / "schemas"


def schema(name):
    return json.loads((SCHEMAS / f"{name}.schema.json").read_text())


@pytest.mark.parametrize("name", ["case", "owner", "result"])
def test_each_is_a_schema_itself(name):
    jsonschema.Draft202012Validator.check_schema(schema(name))


def test_a_result_a_case_and_an_owner_file_fit_their_schemas(tmp_path):
    result = small_world.as_alleged().audit(tmp_path)
    jsonschema.validate(json.loads(result.text), schema("result"))
    jsonschema.validate(json.loads((tmp_path / "audit" / "result.json").read_text()), schema("result"))
    jsonschema.validate(tomllib.loads((tmp_path / "case.toml").read_text()), schema("case"))
    jsonschema.validate(tomllib.loads((tmp_path / "owner.toml").read_text()), schema("owner"))


WRONG_CASES = {
    "another format": 'format = "wirewitness-case/2"',
    "an unknown key": "colour = 1",
    "an unknown state": '[states]\nmood = "good"',
    "a value that a state has not": '[states]\nbackup = "perhaps"',
    "an unknown kind": '[[consent]]\nid = "a"\npurpose = "p"\ndata = ["shoe_size"]',
    "a time without a zone": '[[control]]\nid = "a"\ndata = ["photo"]\nfrom = "2014-07-20T08:00:00"',
    "an exposure without data": '[[claim]]\nid = "a"\npolarity = "denies"\nabout = "exposure"',
    "an exposure with a rhythm": '[[claim]]\nid = "a"\npolarity = "denies"\nabout = "exposure"\ndata = ["photo"]\n'
    "rhythm = { periodic = true }",
    "a state without the state": '[[claim]]\nid = "a"\npolarity = "denies"\nabout = "state"',
    "a country by its name": '[[claim]]\nid = "a"\npolarity = "denies"\nabout = "contact"\ncountries = ["China"]',
    "a polarity of its own": '[[claim]]\nid = "a"\npolarity = "hints"\nabout = "contact"',
    "a recorder on the moon": '[[capture]]\npath = "case.toml"\nvantage = "moon"',
}


@pytest.mark.parametrize("mistake", WRONG_CASES)
def test_a_wrong_case_is_wrong_for_both(mistake, tmp_path):
    text = WRONG_CASES[mistake]
    if "format" not in text:
        text = 'format = "wirewitness-case/1"\n' + text
    path = tmp_path / "case.toml"
    path.write_text(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema("case"))
    with pytest.raises(InputError):
        read_case(path)


WRONG_OWNERS = {
    "another format": 'format = "wirewitness-owner/9"',
    "a kind that is none": '[[fact]]\nid = "a"\nkind = "shoe_size"\nvalue = "42"',
    "no value": '[[fact]]\nid = "a"\nkind = "location"',
    "an empty value": '[[fact]]\nid = "a"\nkind = "location"\nvalue = "  "',
    "value and file": '[[fact]]\nid = "a"\nkind = "location"\nvalue = "x"\nfile = "owner.toml"',
}


@pytest.mark.parametrize("mistake", WRONG_OWNERS)
def test_a_wrong_owner_file_is_wrong_for_both(mistake, tmp_path):
    text = WRONG_OWNERS[mistake]
    if "format" not in text:
        text = 'format = "wirewitness-owner/1"\n' + text
    path = tmp_path / "owner.toml"
    path.write_text(text)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(tomllib.loads(text), schema("owner"))
    with pytest.raises(InputError):
        read_owner(path)

"""A sealed bundle commits to every row of every table; a redacted copy shows one row and proves it."""

from __future__ import annotations

import io
import json
import shutil
import zipfile

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sealing import CUSTODY, forge, members

import wirewitness as ww
from wirewitness.bundle import merkle, redact_bundle, seal_case, verify_bundle
from wirewitness.bundle.rows import row_salt, row_tree
from wirewitness.cli import main
from wirewitness.model.errors import ArgumentError, InputError

SECRET = bytes(32)


def parquet(rows: list[dict[str, object]]) -> io.BytesIO:
    file = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, pa.schema([("host", pa.string()), ("n", pa.int64())])), file)
    file.seek(0)
    return file


@settings(deadline=None, max_examples=60)
@given(
    rows=st.lists(
        st.fixed_dictionaries({"host": st.sampled_from(["a", "b", "é", ""]), "n": st.integers(0, 9)}),
        max_size=40,
    ),
    data=st.data(),
)
def test_each_row_opens_to_the_root_whatever_the_order(rows, data) -> None:
    tree = row_tree(SECRET, "message", parquet(rows))
    assert tree.rows == len(rows)
    shuffled = data.draw(st.permutations(rows))
    assert row_tree(SECRET, "message", parquet(list(shuffled))).root == tree.root
    assert not rows or row_tree(SECRET, "flow", parquet(rows)).root != tree.root
    assert row_tree(SECRET, "message", parquet([*rows, {"host": "new", "n": 1}])).root != tree.root
    if rows:
        row = data.draw(st.sampled_from(rows))
        salt = row_salt(SECRET, "message", row)
        place = tree.place(merkle.leaf(salt, "message", row))
        proof = merkle.Proof("message", place, tree.rows, salt, row, tree.path(place))
        assert merkle.opens_to(proof) == tree.root
        stranger = {**row, "n": 10}
        assert tree.place(merkle.leaf(row_salt(SECRET, "message", stranger), "message", stranger)) == -1


def findings_of_copy(path) -> dict[str, object]:
    with zipfile.ZipFile(path) as archive:
        return json.loads(archive.read("part/data/findings.json"))


def test_a_copy_shows_one_row_and_proves_it(sealed, tmp_path, capsys) -> None:
    part = tmp_path / "part.zip"
    assert main(["redact", str(sealed), "-o", str(part), "--row", "message:1", "--quiet"]) == 0
    done = verify_bundle(part)
    assert (done.shown, done.rows) == (0, 1)
    document = findings_of_copy(part)
    (row,) = document["rows"]
    assert row["table"] == "message"
    assert row["document"]["host"] == "api.vendor.example"
    capsys.readouterr()
    assert main(["verify", str(part)]) == 0
    assert "Rows of tables in it: one" in capsys.readouterr().out
    assert main(["verify", str(part), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["rows_shown"] == 1


def test_copy_and_bundle_name_the_same_seal(sealed, tmp_path, capsys) -> None:
    """A newcomer noted down one seal and was shown another."""
    part = tmp_path / "part.zip"
    seal = verify_bundle(sealed, rerun=False).seal
    assert main(["redact", str(sealed), "-o", str(part), "--keep", "C1"]) == 0
    assert main(["verify", str(part)]) == 0
    said = capsys.readouterr().out
    assert said.count(f"Seal of the sealed bundle that it comes from: {seal}") == 2
    assert main(["redact", str(sealed), "-o", str(tmp_path / "p2.zip"), "--keep", "C1", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["sealed_bundle"] == seal


def test_rows_and_findings_stand_side_by_side(sealed, tmp_path) -> None:
    part = tmp_path / "part.zip"
    redact_bundle(
        sealed, part, keep=["C1"], rows=[("message", 1), ("flow", 1), ("message", 1)], custody=CUSTODY
    )
    done = verify_bundle(part)
    assert (done.shown, done.rows) == (1, 2)
    with zipfile.ZipFile(part) as archive:
        assert not any(name.endswith((".parquet", ".pcap")) for name in archive.namelist())


@pytest.mark.parametrize("change", ["value", "table", "place", "root", "unopened"])
def test_a_forged_row_is_refused(sealed, tmp_path, change) -> None:
    part = tmp_path / "part.zip"
    redact_bundle(sealed, part, keep=[], rows=[("flow", 1), ("message", 1)], custody=CUSTODY)

    def forged(document) -> None:
        row = next(one for one in document["rows"] if one["table"] == "message")
        if change == "value":
            row["document"]["host"] = "innocent.example"
        elif change == "table":
            row["table"] = "flow"
        elif change == "place":
            row["index"] += 1
        elif change == "root":
            next(one for one in document["findings"] if one["document"]["table"] == "message")["document"][
                "root"
            ] = "0" * 64
        else:
            document["findings"] = [
                one for one in document["findings"] if one["document"]["table"] != "message"
            ]

    files = members(part)
    document = json.loads(files["part/data/findings.json"])
    forged(document)
    forge(part, {**files, "part/data/findings.json": json.dumps(document).encode()})
    with pytest.raises(InputError, match=r"does not belong|not what a redacted bundle holds"):
        verify_bundle(part)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("message", "write a table and the row's number"),
        ("message:x", "write a table and the row's number"),
        ("message:0", "the first is 1"),
        ("message:9999", "the table has"),
        ("secrets:1", "there is no such table"),
    ],
)
def test_a_row_that_there_is_not_is_one_sentence(sealed, tmp_path, capsys, row, said) -> None:
    assert main(["redact", str(sealed), "-o", str(tmp_path / "part.zip"), "--row", row]) == 2
    assert said in capsys.readouterr().err
    assert not (tmp_path / "part.zip").exists()
    with pytest.raises(ArgumentError, match="nothing to show"):
        redact_bundle(sealed, tmp_path / "part.zip", keep=[], custody=CUSTODY)


def unsigned(audited, path):
    seal_case(audited, path, custody=CUSTODY, secret=SECRET)
    return path, members(path)


TABLE = "case/data/result/tables/message.parquet"


def test_a_table_of_other_rows_is_refused_by_name_and_one_written_otherwise_is_not(audited, tmp_path) -> None:
    path, files = unsigned(audited, tmp_path / "case.zip")
    table = pq.read_table(io.BytesIO(files[TABLE]))
    same, other = io.BytesIO(), io.BytesIO()
    pq.write_table(table, same, compression="none")
    pq.write_table(table.set_column(table.schema.get_field_index("host"), "host", [["x", "x"]]), other)
    forge(path, {**files, TABLE: same.getvalue()})
    done = verify_bundle(path)
    assert done.rerun is not None
    assert done.rerun.differences == ()
    for wrong in (other.getvalue(), b"no table at all", files[TABLE][:-9]):
        forge(path, {**files, TABLE: wrong})
        with pytest.raises(InputError, match=r"tables/message\.parquet' does not hold the rows"):
            verify_bundle(path)
        with pytest.raises(InputError, match=r"is not a table|does not hold the rows"):
            redact_bundle(path, tmp_path / "part.zip", keep=[], rows=[("message", 1)], custody=CUSTODY)
    assert not (tmp_path / "part.zip").exists()


def test_a_table_changed_before_sealing_is_told_by_the_audit_made_again(audited, tmp_path) -> None:
    forged = tmp_path / "audit"
    shutil.copytree(audited, forged)
    kept = (forged / "inputs.json").read_text("utf-8").replace('"../', f'"{audited.parent}/')
    (forged / "inputs.json").write_text(kept, "utf-8")
    path = forged / "tables" / "message.parquet"
    table = pq.read_table(path)
    pq.write_table(table.slice(0, 0), path)
    seal_case(forged, tmp_path / "case.zip", custody=CUSTODY, secret=SECRET)
    done = verify_bundle(tmp_path / "case.zip")
    assert done.rerun is not None
    assert done.rerun.differences == ("table message: not the same rows",)


def test_an_unpacked_bundle_is_a_case_that_can_be_explored(sealed, tmp_path) -> None:
    with zipfile.ZipFile(sealed) as archive:
        archive.extractall(tmp_path / "out")
    case = ww.open_case(tmp_path / "out" / "case" / "data" / "result")
    assert case.tables["message"].arrow().num_rows == 2

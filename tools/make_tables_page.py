"""The page docs/reference/tables.md: the columns are the core's, their meanings the comments of record.rs.

python tools/make_tables_page.py           writes the page
"""

from __future__ import annotations

import re
from pathlib import Path

from wirewitness import _core

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "reference" / "tables.md"
RECORD = ROOT / "crates" / "wirecore" / "src" / "record.rs"
HEAD = """\
# The tables

`tables/*.parquet` in an audited folder: the rows as they left the core, before anything was judged. Any
Parquet reader opens them; in Python with DuckDB:

    duckdb.sql("SELECT host, sum(app_bytes_client) FROM 'audit/tables/flow.parquet' GROUP BY host").show()

- **They hold facts by number, never by value.** Values of parameters, a path or a host name in which a
  fact was found, and names of fields that are a fact are `*`; of link-layer addresses only the maker's part
  is kept. What nobody listed (another person's name in a path, a certificate's subject) may still be there:
  treat them as private.
- `*_ns` are integer nanoseconds since 1970-01-01 UTC. No column is ever null: what is absent is the empty
  text, 0 or false.
- `client` is the side that opened the flow, `up` is what leaves the phone; `*_client` and `*_server` are what
  each sent.
- `capture` is the index into `captures` of result.json. `flow.id` is the `flow` of the other tables; `flow`,
  `stream`, `number` and `from_client` together name a message.
- `steps` is JSON: `[{"codec":"json","start":0,"end":20,"path":"/a"}]`; each range lies in the output of the
  step before.
- The schema's version (VERSION) stands in each file's metadata as `wirewitness.schema`.

What was judged stands in `result.json`, whose shape is
[result.schema.json](../../schemas/result.schema.json).
The words of `anomaly.kind`, `flow.opaque_reason` and of the codecs in `steps` are the
[closed lists](closed-lists.md). This page is made by `python tools/make_tables_page.py` from the comments of
`crates/wirecore/src/record.rs`; a test holds the two together.
"""
STRUCT = re.compile(
    r"((?:^///[^\n]*\n)+)(?:#\[[^\n]*\n)*pub struct (\w+) \{\n(.*?)^\}", re.MULTILINE | re.DOTALL
)
FIELD = re.compile(r"((?:^    ///[^\n]*\n)+)    pub (\w+):", re.MULTILINE)


def render_tables() -> str:
    """The page as Markdown."""
    structs = {
        name: (_text(about), _fields(body)) for about, name, body in STRUCT.findall(RECORD.read_text("utf-8"))
    }
    parts = [HEAD.replace("VERSION", str(_core.SCHEMA_VERSION))]
    for table, empty in _core.Decoder.empty_tables():
        about, fields = structs[table.capitalize()]
        if table == "anomaly":
            fields |= structs["Odd"][1]
        lines = [f"## {table}", "", about, "", "| column | type | meaning |", "|---|---|---|"]
        lines += [f"| `{c.name}` | {c.type} | {_meaning(fields, c.name)} |" for c in empty.schema]
        parts.append("\n".join(lines) + "\n")
    return "\n".join(parts)


def _meaning(fields: dict[str, str], column: str) -> str:
    field = re.sub(r"_(client|server)$", "", column) if column not in fields else column
    return fields[field].replace("|", "\\|")


def _fields(body: str) -> dict[str, str]:
    return {name: _text(comment) for comment, name in FIELD.findall(body)}


def _text(comment: str) -> str:
    return re.sub(
        r"\[(`\w+`)\]",
        r"\1",
        " ".join(line.strip().removeprefix("///").strip() for line in comment.splitlines()),
    )


if __name__ == "__main__":
    PAGE.write_text(render_tables(), encoding="utf-8")

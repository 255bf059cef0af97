"""The tables of the cloud. There is none of owners: what is kept hangs on consent records and vault keys."""

from __future__ import annotations

from sqlalchemy import Column, Float, Integer, LargeBinary, MetaData, String, Table

METADATA = MetaData()

ENTRY = Table(
    "log_entry", METADATA,
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
    Column("received", Float, nullable=False),
)  # fmt: skip
NODE = Table(
    "log_node", METADATA,
    Column("level", Integer, primary_key=True, autoincrement=False),
    Column("position", Integer, primary_key=True, autoincrement=False),
    Column("hash", LargeBinary, nullable=False),
)  # fmt: skip
CONSENT = Table(
    "consent", METADATA,
    Column("id", String(64), primary_key=True),
    Column("key", String(64), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
    Column("position", Integer, nullable=False),
    Column("received", Float, nullable=False),
    Column("withdrawn", Float),
    Column("withdrawal", Integer),
)  # fmt: skip
NONCE = Table(
    "nonce", METADATA,
    Column("nonce", String(32), primary_key=True),
    Column("until", Float, nullable=False, index=True),
)  # fmt: skip
CHUNK = Table(
    "chunk", METADATA,
    Column("vault", String(64), primary_key=True),
    Column("name", String(64), primary_key=True),
    Column("consent", String(64), nullable=False, index=True),
    Column("digest", String(64), nullable=False),
    Column("size", Integer, nullable=False),
    Column("offset", Integer, nullable=False),
)  # fmt: skip
SUM = Table(
    "preference_sum", METADATA,
    Column("week", String(8), primary_key=True),
    Column("model", String(64), primary_key=True),
    Column("epsilon", Float, primary_key=True),
    Column("metric", String(32), primary_key=True),
    Column("reports", Integer, nullable=False),
    Column("ones", Integer, nullable=False),
)  # fmt: skip
PAIR = Table(
    "preference_pair", METADATA,
    Column("week", String(8), primary_key=True),
    Column("model", String(64), primary_key=True),
    Column("epsilon", Float, primary_key=True),
    Column("first", String(32), primary_key=True),
    Column("second", String(32), primary_key=True),
    Column("both", Integer, nullable=False),
)  # fmt: skip
FIGURES = Table(
    "catalogue_figures", METADATA,
    Column("week", String(8), primary_key=True),
    Column("epsilon", Float, nullable=False),
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip
DIAGNOSTIC = Table(
    "diagnostic", METADATA,
    Column("number", Integer, primary_key=True),
    Column("consent", String(64), nullable=False, index=True),
    Column("body", LargeBinary, nullable=False),
)  # fmt: skip

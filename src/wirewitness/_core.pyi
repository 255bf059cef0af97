from collections.abc import Callable, Iterator
from typing import final

import pyarrow as pa

from wirewitness.model.telling import ToldFlow, ToldMessage, ToldName

__all__ = [
    "SCHEMA_VERSION",
    "Album",
    "CaptureError",
    "CaptureInfo",
    "Decoder",
    "Teller",
    "__version__",
    "check_key_log",
    "choose_phone",
    "closed_lists",
    "find_in",
    "fingerprints",
    "picture",
    "picture_of_pixels",
    "piece_print",
    "prescan",
    "read_messages",
    "rederive_each",
    "rederive_told",
]

SCHEMA_VERSION: int
__version__: str

class CaptureError(Exception): ...

@final
class CaptureInfo:
    path: str
    sha256: str
    packets: int
    bytes: int
    first_ns: int | None
    last_ns: int | None
    dropped: int | None
    secrets: int
    format: str
    links: list[int]
    ran: list[tuple[int, int]]
    partial: bool

@final
class Decoder:
    def __new__(
        cls,
        paths: list[str],
        *,
        keylogs: list[bytes],
        plain: list[tuple[int, bytes, bool, str]],
        digests: list[tuple[int, str, int, bytes, bytes]],
        files: list[tuple[int, bytes, int, bytes]],
        pictures: list[tuple[int, bytes]],
        salted: list[tuple[int, bytes]],
        fact_of: list[int],
        rules: list[tuple[int, bool, str, str, int, int, list[tuple[str, str]], int]],
        chunk_keys: list[tuple[str, bytes]],
        phone_addresses: list[str],
        phone_macs: list[str],
        secrets_from: list[CaptureInfo] = ...,
        numbers: list[int] | None = ...,
        keylog_names: list[str] = ...,
        read: Callable[[int], bytes] | None = ...,
    ) -> Decoder: ...
    def __iter__(self) -> Iterator[tuple[str, pa.RecordBatch]]: ...
    def __next__(self) -> tuple[str, pa.RecordBatch]: ...
    @property
    def bytes_read(self) -> int: ...
    @staticmethod
    def empty_tables() -> list[tuple[str, pa.RecordBatch]]: ...
    @staticmethod
    def empty_windows() -> list[tuple[str, pa.RecordBatch]]: ...

@final
class Teller:
    def __new__(
        cls,
        *,
        plain: list[tuple[int, bytes, bool, str]],
        digests: list[tuple[int, str, int, bytes, bytes]],
        files: list[tuple[int, bytes, int, bytes]],
        pictures: list[tuple[int, bytes]],
        salted: list[tuple[int, bytes]],
        fact_of: list[int],
        rules: list[tuple[int, bool, str, str, int, int, list[tuple[str, str]], int]],
        chunk_keys: list[tuple[str, bytes]],
        phone_addresses: list[str],
    ) -> Teller: ...
    def begin_capture(self, index: int) -> None: ...
    def flow(self, key: int, told: ToldFlow) -> None: ...
    def message(self, key: int, told: ToldMessage) -> None: ...
    def name(self, told: ToldName) -> None: ...
    def skipped(self, offset: int, detail: str) -> None: ...
    def end_flow(self, key: int) -> None: ...
    def end_capture(self) -> None: ...
    @property
    def full(self) -> bool: ...
    def take(self) -> list[tuple[str, pa.RecordBatch]]: ...

@final
class Album:
    def __new__(cls, pictures: list[tuple[int, bytes]]) -> Album: ...
    def find(self, picture: bytes) -> tuple[int, str, float] | None: ...
    def look(self, file: bytes) -> tuple[tuple[int, str, float] | None, str]: ...

def picture(file: bytes) -> tuple[bytes | None, str]: ...
def picture_of_pixels(width: int, height: int, pixels: bytes) -> tuple[bytes | None, str]: ...
def piece_print(file: bytes, block: int) -> bytes: ...
def prescan(path: str, read: Callable[[int], bytes] | None = ...) -> CaptureInfo: ...
def choose_phone(infos: list[CaptureInfo]) -> tuple[list[str], list[str], str]: ...
def check_key_log(data: bytes) -> tuple[int, list[tuple[int, str]]]: ...
def rederive_each(
    paths: list[str],
    *,
    keylogs: list[bytes],
    findings: list[tuple[tuple[str, int, int, bool], str, list[tuple[str, int, int, str]]]],
    chunk_keys: list[tuple[str, bytes]],
) -> list[tuple[list[tuple[str, bytes]], str | None]]: ...
def read_messages(
    paths: list[str], *, keylogs: list[bytes], messages: list[tuple[str, int, int, bool]]
) -> list[tuple[tuple[str, int, int, bool], bytes, list[tuple[str, bytes]], bytes]]: ...
def rederive_told(
    told: ToldMessage,
    *,
    place: str,
    steps: list[tuple[str, int, int, str]],
    chunk_keys: list[tuple[str, bytes]],
) -> list[tuple[str, bytes]]: ...
def fingerprints(file: bytes) -> list[tuple[bytes, int]]: ...
def find_in(
    bodies: list[bytes], forms: list[bytes], left_out: str | None = ...
) -> list[list[tuple[int, list[str]]]]: ...
def closed_lists() -> list[tuple[str, list[tuple[str, str]]]]: ...

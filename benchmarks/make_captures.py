"""Makes the captures: plain HTTP/1.1, TLS 1.3 with its key log around both HTTPs, small packets; an owner.

    python benchmarks/make_captures.py FOLDER [--megabytes 500] [--block 16] [--seed 2014] [--only tls13 ...]

A block of conversations (`--block` megabytes) is made once and repeated with other addresses and times
until the size is reached, so that a gigabyte takes seconds. The same seed gives the same plain captures;
TLS keys are OpenSSL's.
"""

from __future__ import annotations

import argparse
import random
import time
from collections.abc import Callable
from pathlib import Path

import http2_sessions
from facts import Fact, owner, write_owner
from quic_sessions import QuicPair
from recording import Block, write_capture
from tls_sessions import TlsPair
from traffic import Exchange, sessions

BLOCK_MEGABYTES = 16
MEGABYTE = 1_000_000
FIRST_PORT = 20_000
SMALL_FRAME = 100


def turns(exchanges: list[Exchange]) -> list[tuple[bool, bytes]]:
    """What the sides of a connection of HTTP/1.1 say, `(up, bytes)`."""
    return [turn for one in exchanges for turn in ((True, one.request), (False, one.response))]


def plain_http(chance: random.Random, facts: list[Fact], size: int, _: Path) -> Block:
    """Connections to port 80."""
    block = Block()
    for number, (_host, exchanges) in enumerate(sessions(chance, facts, size)):
        block.add_connection((FIRST_PORT + number, 80), turns(exchanges))
    return block


def tls13(chance: random.Random, facts: list[Fact], size: int, folder: Path) -> Block:
    """The same inside TLS 1.3, port 443; writes `tls13.keys`."""
    keys = folder / "tls13.keys"
    keys.unlink(missing_ok=True)
    pair = TlsPair(folder, keys)
    block = Block()
    for number, (host, exchanges) in enumerate(sessions(chance, facts, size)):
        block.add_connection((FIRST_PORT + number, 443), pair.flights(host, turns(exchanges)))
    return block


def tls13_h2(chance: random.Random, facts: list[Fact], size: int, folder: Path) -> Block:
    """The same as streams of HTTP/2 inside TLS 1.3; writes `tls13-h2.keys`."""
    keys = folder / "tls13-h2.keys"
    keys.unlink(missing_ok=True)
    pair = TlsPair(folder, keys, "h2")
    block = Block()
    for number, (host, exchanges) in enumerate(sessions(chance, facts, size)):
        flights = pair.flights(host, http2_sessions.turns(host, exchanges))
        block.add_connection((FIRST_PORT + number, 443), flights)
    return block


def http3(chance: random.Random, facts: list[Fact], size: int, folder: Path) -> Block:
    """The same over HTTP/3, UDP port 443; writes `http3.keys`."""
    pair = QuicPair(folder / "http3.keys")
    block = Block()
    for number, (host, exchanges) in enumerate(sessions(chance, facts, size)):
        for up, data in pair.datagrams(host, exchanges):
            block.add_udp(up=up, ports=(FIRST_PORT + number, 443), payload=data)
    return block


def small_packets(chance: random.Random, _facts: list[Fact], size: int, _: Path) -> Block:
    """Frames of 100 bytes: four fifths TCP of a protocol of their own, one fifth UDP."""
    block = Block()
    number = 0
    while len(block.data) < size:
        ports = (FIRST_PORT + number, 5222)
        if number % 5 == 4:
            for up in (True, False) * 20:
                block.add_udp(up=up, ports=(ports[0], 3478), payload=b"\1" + chance.randbytes(57))
        else:
            # 46 bytes fill a frame of 100 after 14, 20 and 20 of headers.
            flights = [(turn % 2 == 0, chance.randbytes(46)) for turn in range(40)]
            block.add_connection(ports, flights, frame_bytes=SMALL_FRAME)
        number += 1
    return block


KINDS: dict[str, Callable[[random.Random, list[Fact], int, Path], Block]] = {
    "plain-http": plain_http,
    "tls13": tls13,
    "tls13-h2": tls13_h2,
    "http3": http3,
    "small-packets": small_packets,
}


def make(
    folder: Path, kind: str, megabytes: int, seed: int, block: int = BLOCK_MEGABYTES
) -> tuple[Path, int]:
    """Writes one capture of at least so many megabytes; gives its path and the number of packets."""
    folder.mkdir(parents=True, exist_ok=True)
    chance = random.Random(f"{kind} {seed}")
    made = KINDS[kind](chance, owner(seed), min(block, megabytes) * MEGABYTE, folder)
    path = folder / f"{kind}.pcap"
    return path, write_capture(path, made, megabytes * MEGABYTE)


def main() -> None:
    """Reads the command line and writes the captures."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=int, default=500, help="size of each capture")
    parser.add_argument("--block", type=int, default=BLOCK_MEGABYTES, help="megabytes made once and repeated")
    parser.add_argument("--seed", type=int, default=2014)
    parser.add_argument("--only", nargs="+", choices=KINDS, default=list(KINDS))
    options = parser.parse_args()
    for kind in options.only:
        begin = time.perf_counter()
        path, packets = make(options.folder, kind, options.megabytes, options.seed, options.block)
        took = time.perf_counter() - begin
        print(f"{path}: {path.stat().st_size / 1e6:.0f} MB, {packets} packets, made in {took:.1f} s")
    write_owner(options.folder / "owner.toml", owner(options.seed))


if __name__ == "__main__":
    main()

"""Small inputs that the fuzzer begins with, one folder a parser: fuzz/seeds/.

python tools/make_fuzz_seeds.py [TARGET ...]

They are made here and by libraries of the development environment; nothing is taken from captures of others.
Seeds named `found-...` come from the fuzzer and are left alone. Sessions of QUIC differ from run to run: name
what is to be made anew.
"""

from __future__ import annotations

import sys

from fuzz_seeds import bodies, captures, connections, conversations
from fuzz_seeds.script import SEEDS

SOURCES = (
    captures.captures,
    captures.packets,
    connections.connections,
    connections.certificate,
    bodies.bodies,
    conversations.conversations,
)


def main() -> None:
    """Writes the seeds of the targets named, or of all."""
    wanted = set(sys.argv[1:])
    for source in SOURCES:
        for target, name, data in source():
            if not wanted or target in wanted:
                path = SEEDS / target / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(data)


if __name__ == "__main__":
    main()

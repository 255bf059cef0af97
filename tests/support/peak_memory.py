"""The most memory of a program, measured beside a small process and not beside the tests' own.

What a process needed before it became another program counts for the other too (Linux), so that a program
started by a large process of tests seems to need as much as the tests.
"""

from __future__ import annotations

import sys

_WATCH = """
import os, subprocess, sys
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.DEVNULL)
_, status, usage = os.wait4(process.pid, 0)
print(usage.ru_maxrss)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def watched(*command: str) -> list[str]:
    """The command, watched: it prints the most memory of `command` in KiB and ends as it did."""
    return [sys.executable, "-c", _WATCH, *command]

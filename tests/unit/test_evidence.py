"""The windows of bytes behind findings: written as they were, and without loading what an audit does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given
from hypothesis import strategies as st

from wirewitness.evidence import Window, read_evidence, write_evidence

STAGES = st.lists(st.tuples(st.text(st.characters(exclude_categories=["Cs"])), st.integers(0, 2**63 - 1)))
WINDOWS = st.builds(Window, st.integers(0, 2**64 - 1), st.binary(max_size=300), STAGES.map(tuple))


@given(st.dictionaries(st.text("0123456789abcdef", min_size=1), WINDOWS, max_size=5))
def test_what_is_read_is_what_was_written(windows):
    with TemporaryDirectory() as folder:
        write_evidence(Path(folder), windows.items())
        assert read_evidence(Path(folder)) == windows


def test_writing_does_not_load_pandas(tmp_path):
    """Arrow asks of every list whether it is one of pandas: half a second and 60 MB where that is installed."""
    code = (
        "import sys; from pathlib import Path; from wirewitness.evidence import Window, write_evidence; "
        "write_evidence(Path(sys.argv[1]), [('1', Window(0, b'x', (('body', 1),)))]); "
        "sys.exit('pandas' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr

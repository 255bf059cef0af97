"""The tutorial as a newcomer walks it: every command of docs/tutorial.md, in its order, in an empty folder."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

PAGE = Path(__file__).parents[2] / "docs" / "tutorial.md"


@pytest.mark.lab
def test_every_command_of_the_tutorial_runs(tmp_path) -> None:
    blocks = re.findall(r"```sh\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    assert len(blocks) >= 7
    shell = shutil.which("sh")
    if shell is None:
        pytest.skip("there is no shell")
    environment = {
        **os.environ,
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "LANG": "C.UTF-8",
        "LC_ALL": "C.UTF-8",
    }
    script = "set -e\n" + "\n".join(blocks)
    done = subprocess.run(
        [shell, "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-2000:]
    for words in (
        "Recorded on this device",
        "Audited again, offline",
        "belongs to the sealed bundle",
        "report.csv",
        "Seal: ",
    ):
        assert words in done.stdout
    assert sorted(path.name for path in (tmp_path / "lesson").glob("*.zip")) == ["case.zip", "part.zip"]

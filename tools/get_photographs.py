"""Fetches Debian's packages of desktop backgrounds and puzzles: real pictures for tools/measure_pictures.py.

    python tools/get_photographs.py                     # into .bench/photographs, some 240 MB downloaded
    python tools/get_photographs.py --folder ELSEWHERE palapeli-data

Each package is downloaded with `apt-get download` and unpacked with `dpkg-deb -x` into a folder that bears
its name; nothing is installed and no root is needed. What is there already is left as it is. For Debian and
what is made of it; run `apt-get update` first where the lists of packages are old.
"""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

FOLDER = Path(__file__).parents[1] / ".bench" / "photographs"
PACKAGES = (
    "debian-edu-artwork-buster",
    "debian-edu-artwork-emerald",
    "debian-edu-artwork-homeworld",
    "debian-edu-artwork-softwaves",
    "gnome-backgrounds",
    "lomiri-wallpapers-16.04",
    "lomiri-wallpapers-20.04",
    "mate-backgrounds",
    "palapeli-data",
    "plasma-workspace-wallpapers",
    "sway-backgrounds",
    "ukui-wallpapers",
)


def main() -> int:
    """Fetch what is lacking; exit code 1 when a package could not be had."""
    parser = argparse.ArgumentParser(description="Fetch Debian's packages of pictures.")
    parser.add_argument("packages", nargs="*", default=PACKAGES, metavar="PACKAGE")
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where each gets a folder of its own")
    options = parser.parse_args()
    if lacking := [name for name in ("apt-get", "dpkg-deb") if shutil.which(name) is None]:
        sys.exit(f"{' and '.join(lacking)} not found: these packages can be had on Debian and its kin only.")
    options.folder.mkdir(parents=True, exist_ok=True)
    failed = [name for name in options.packages if not fetch(name, options.folder)]
    if failed:
        print(f"Not had: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


def fetch(package: str, folder: Path) -> bool:
    """Download and unpack one, unless its folder stands already; False when it could not be had."""
    if (folder / package).exists():
        return True
    # Unpacked beside its place and then moved: a folder that bears a package's name is whole.
    with tempfile.TemporaryDirectory(dir=folder, prefix=".") as fresh:
        # Called by root, apt-get would download as a user who may not write here.
        command = ["apt-get", "download", "--quiet", "-o", "APT::Sandbox::User=root", package]
        if subprocess.run(command, cwd=fresh, check=False).returncode:
            return False
        (file,) = Path(fresh).glob("*.deb")
        subprocess.run(["dpkg-deb", "-x", str(file), f"{fresh}/unpacked"], check=True)
        Path(fresh, "unpacked").rename(folder / package)
    return True


if __name__ == "__main__":
    raise SystemExit(main())

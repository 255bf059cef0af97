"""No GPL or AGPL in what is installed: the linked Rust crates and the Python packages of the plain install.

    python tools/check_licences.py

Prints each offender and exits with 1; prints one line and exits with 0 when there is none.
"""

from __future__ import annotations

import json
import re
import subprocess
import sys
from importlib import metadata

# A licence expression that offers a free choice with one of these is fine.
PERMISSIVE = re.compile(
    r"MIT|Apache|BSD|ISC|Zlib|Unicode|CC0|PSF|Python Software Foundation|MPL|Mozilla|0BSD|Unlicense|BSL",
    re.IGNORECASE,
)
COPYLEFT = re.compile(r"\bA?GPL", re.IGNORECASE)


def rust_offenders() -> list[str]:
    """Crates in the dependency tree of the workspace whose every licence choice is unknown or copyleft."""
    run = subprocess.run(
        ["cargo", "metadata", "--format-version", "1", "--locked", "--offline"],
        capture_output=True,
        check=True,
    )
    packages = json.loads(run.stdout)["packages"]
    return [
        f"crate {p['name']} {p['version']}: {p['license'] or p['license_file']}"
        for p in packages
        if not PERMISSIVE.search(p["license"] or "")
    ]


def python_offenders() -> list[str]:
    """Packages that the plain install of wirewitness pulls in, with a copyleft or missing licence."""
    seen: set[str] = set()
    waiting = ["wirewitness"]
    offenders = []
    while waiting:
        name = re.sub(r"[-_.]+", "-", waiting.pop()).lower()
        if name in seen:
            continue
        seen.add(name)
        try:
            package = metadata.distribution(name)
        except metadata.PackageNotFoundError:
            continue  # a dependency for another platform
        for requirement in package.requires or []:
            wanted, _, marker = requirement.partition(";")
            if "extra" not in marker:
                waiting.append(re.split(r"[\s<>=!~\[(]", wanted.strip(), maxsplit=1)[0])
        meta = package.metadata
        licence = " ".join(
            [meta.get("License-Expression") or "", (meta.get("License") or "")[:200]]
            + [c for c in meta.get_all("Classifier") or [] if c.startswith("License")]
        )
        if COPYLEFT.search(licence.replace("LGPL", "")) or not PERMISSIVE.search(licence):
            offenders.append(f"package {name} {package.version}: {licence.strip() or 'no licence named'}")
    return offenders


def main() -> int:
    """Check both; the exit code says whether all is well."""
    offenders = rust_offenders() + python_offenders()
    for offender in offenders:
        print(offender)
    if not offenders:
        print("licences: no GPL or AGPL in the plain install")
    return 1 if offenders else 0


if __name__ == "__main__":
    sys.exit(main())

"""The owner's data as files.

``owner.toml`` with a folder of photos, a vCard file and an SMS backup beside it.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from wirelab.owner.contacts import render_contacts
from wirelab.owner.messages import render_messages

if TYPE_CHECKING:
    from pathlib import Path

    from wirelab.owner.person import Owner

FORMAT = "wirewitness-owner/1"


def write_owner(owner: Owner, folder: Path) -> None:
    """Write the owner file and what it names into an existing folder."""
    photos = folder / "photos"
    photos.mkdir()
    for photo in owner.photos:
        (photos / photo.name).write_bytes(photo.data)
    (folder / "contacts.vcf").write_text(render_contacts(owner.contacts), encoding="utf-8", newline="")
    (folder / "sms.xml").write_text(render_messages(owner.messages), encoding="utf-8")
    lines = [
        f'format = "{FORMAT}"',
        'photos = "photos"',
        'contacts = "contacts.vcf"',
        'messages = "sms.xml"',
    ]
    for fact in owner.facts():
        # A JSON string is a TOML basic string for every text that holds no control characters.
        value = json.dumps(fact.value, ensure_ascii=False)
        lines += ["", "[[fact]]", f'id = "{fact.id}"', f'kind = "{fact.kind}"', f"value = {value}"]
    (folder / "owner.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")

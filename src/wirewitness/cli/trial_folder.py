"""The folder of a plan: the trials file, the sealed seed, canaries, an owner file, a checklist."""

from __future__ import annotations

import hashlib
import json
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from wirewitness.cli.trial_checklist import checklist
from wirewitness.judge.canaries import contact_card, contact_email, message_text, photo_bytes
from wirewitness.judge.trial_plan import Schedule, Wanted, make_trials
from wirewitness.judge.trials_reader import read_trials
from wirewitness.model.json_text import json_text

if TYPE_CHECKING:
    from wirewitness.model.trials import Trials
    from wirewitness.report.texts import Texts

_CONTACTS = 3


def write_folder(folder: Path, wanted: Wanted, schedule: Schedule, seed: str, texts: Texts) -> Trials:
    """Make the canaries and write all files; the plan as it was read back."""
    (folder / "photos").mkdir(parents=True)
    planting = _Planting(folder, seed)
    trials = make_trials(wanted, schedule, seed, planting.plant)
    (folder / "trials.json").write_text(json_text(trials), encoding="utf-8")
    (folder / "seed.txt").write_text(seed + "\n", encoding="utf-8")
    for number in range(1, _CONTACTS + 1):
        planting.plant(f"canary-contact-{number}", "contact", 0)
    planting.write_contacts()
    owner = ['format = "wirewitness-owner/1"\n', *planting.facts]
    (folder / "owner.toml").write_text("\n".join(owner), encoding="utf-8")
    read = read_trials(folder / "trials.json")
    text = checklist(read, planting.texts, texts)
    (folder / "checklist.md").write_text(text, encoding="utf-8")
    return read


@dataclass
class _Planting:
    """Makes canaries in a folder, and remembers them as facts of the owner."""

    folder: Path
    seed: str
    facts: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    cards: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def plant(self, name: str, kind: str, size: int) -> str:
        """Makes one; its SHA-256."""
        if kind == "photo":
            data = photo_bytes(self.seed, name, size)
            (self.folder / "photos" / f"{name}.jpg").write_bytes(data)
            value = f'file = "photos/{name}.jpg"'
        elif kind == "contact":
            card = contact_card(self.seed, name, size)
            self.cards[_window_of(name)].append(card)
            data = card.encode()
            value = f'value = "{contact_email(self.seed, name)}"'
        else:
            self.texts[name] = message_text(self.seed, name, size)
            data = self.texts[name].encode()
            value = f"value = {json.dumps(self.texts[name])}"
        self.facts.append(f'[[fact]]\nid = "{name}"\nkind = "{kind}"\n{value}\n')
        return hashlib.sha256(data).hexdigest()

    def write_contacts(self) -> None:
        """One file of cards for each window, and one with those that belong to none."""
        for window, cards in self.cards.items():
            path = self.folder / ("contacts.vcf" if window == "canary" else f"contacts/{window}.vcf")
            path.parent.mkdir(exist_ok=True)
            path.write_text("".join(cards), encoding="utf-8", newline="")


def _window_of(name: str) -> str:
    """`T-contact-04` of `canary-T-contact-04-02`; `canary` of `canary-contact-1`."""
    window = name.removeprefix("canary-").rpartition("-")[0]
    return "canary" if window == "contact" else window

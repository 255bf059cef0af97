"""What the vendor said.

The phone asks every half hour for software updates and recommendations, and gets them; the owner activates
preferences on the second day, and from then on one noised report a day goes up. Backup stays off. After the
built-in software was disabled and uninstalled nothing goes to the vendor at all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from wirelab.vendor.honest import tell_honestly

if TYPE_CHECKING:
    from wirelab.stage import Stage

TITLE = "As explained: update checks and noised preferences, nothing else"


def play(stage: Stage) -> None:
    """The whole course of events."""
    tell_honestly(stage)

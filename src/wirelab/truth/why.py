"""Why a claim cannot be told under a sight: the closed list of true reasons.

Also how a result may name each.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


class Why(StrEnum):
    """What kept a perfect witness from knowing."""

    NO_KEYS = "no_keys"
    SEALED = "sealed"
    UNEXPLAINED = "unexplained"
    REFUSED = "refused"
    NOT_RECORDED = "not_recorded"
    NO_EVENTS = "no_events"
    CONTROL_UNSEEN = "control_unseen"
    PLACE_UNKNOWN = "place_unknown"


NAMED_BY: Mapping[Why, frozenset[str]] = {
    Why.NO_KEYS: frozenset(
        {
            "unread_bytes:no_keys",
            "unread_bytes:keys_do_not_fit",
            "unread_unnamed:no_keys",
            "unread_unnamed:keys_do_not_fit",
        }
    ),
    Why.SEALED: frozenset({"unread_bytes:own_encryption", "unread_unnamed:own_encryption"}),
    Why.UNEXPLAINED: frozenset({"unexplained_tokens"}),
    Why.REFUSED: frozenset({"refused"}),
    Why.NOT_RECORDED: frozenset({"hours_missing", "hours_unproven"}),
    Why.NO_EVENTS: frozenset(
        {
            "no_events",
            "condition_unknown",
            "exposure_condition_unknown",
            "consent_unknown",
            "consent_basis_unknown",
        }
    ),
    Why.CONTROL_UNSEEN: frozenset({"control_failed"}),
    Why.PLACE_UNKNOWN: frozenset({"country_unknown"}),
}
"""Codes of a verdict's reasons; with the reason why bytes stayed unread after a colon."""

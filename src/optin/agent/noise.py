"""Randomised response by OpenDP, for a real phone: its randomness is the system's, its arithmetic is proven.

The library is loaded when the first report is drawn, not while the agent lies idle.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_TOLERANCE = 1e-9


def opendp_noise(bit: int, epsilon: float) -> int:
    """The bit, told truly with probability e^epsilon / (1 + e^epsilon)."""
    return int(_measurement(epsilon)(bool(bit)))


@lru_cache(maxsize=8)
def _measurement(epsilon: float) -> Callable[[bool], bool]:
    from opendp.measurements import make_randomized_response_bool  # noqa: PLC0415 - 30 MB that idling does without
    from opendp.mod import enable_features  # noqa: PLC0415

    enable_features("contrib")
    measurement: Any = make_randomized_response_bool(math.exp(epsilon) / (1 + math.exp(epsilon)))
    # OpenDP states the loss by itself; one that is larger than what the owner was told is our bug.
    if float(measurement.map(1)) > epsilon + _TOLERANCE:
        raise AssertionError("OpenDP states a larger privacy loss than asked for")
    noised: Callable[[bool], bool] = measurement
    return noised

"""Noise upon the cloud's published counts, by OpenDP: discrete Laplace, whose arithmetic is proven.

The library is loaded when figures are drawn, once a week.
"""

from __future__ import annotations

from typing import Any

_TOLERANCE = 1e-9


def opendp_count_noise(counts: list[int], sensitivity: int, epsilon: float) -> list[int]:
    """The counts with noise. ``sensitivity``: how much one phone can change them, summed over all."""
    from opendp.domains import atom_domain, vector_domain  # noqa: PLC0415 - 30 MB, needed once a week
    from opendp.measurements import make_laplace  # noqa: PLC0415
    from opendp.metrics import l1_distance  # noqa: PLC0415
    from opendp.mod import enable_features  # noqa: PLC0415

    enable_features("contrib")
    domain, metric = vector_domain(atom_domain(T="i64")), l1_distance(T="i64")
    measurement: Any = make_laplace(domain, metric, scale=sensitivity / epsilon)
    # OpenDP states the loss by itself; one that is larger than what is published would be our bug.
    if float(measurement.map(sensitivity)) > epsilon + _TOLERANCE:
        raise AssertionError("OpenDP states a larger privacy loss than asked for")
    return [int(count) for count in measurement(counts)]

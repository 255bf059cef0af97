"""No false accusation in small honest worlds. A thousand of them are judged by `make soundness`."""

from __future__ import annotations

import pytest
from honest_worlds import SIGHTS, accusations, honest_world
from small_world import outcomes


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("seed", range(8))
def test_nobody_honest_is_accused(seed, sight, tmp_path):
    world, sent = honest_world(seed, sight)
    assert accusations(outcomes(world.audit(tmp_path)), sent) == []

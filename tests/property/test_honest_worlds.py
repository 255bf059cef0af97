"""No false accusation in small honest worlds, no false comfort where apps refuse. `make soundness` judges many more."""

from __future__ import annotations

import pytest
from honest_worlds import SIGHTS, accusations, honest_world, refusing_world
from small_world import outcomes


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("seed", range(8))
def test_nobody_honest_is_accused(seed, sight, tmp_path):
    world, sent = honest_world(seed, sight)
    assert accusations(outcomes(world.audit(tmp_path)), sent) == []


@pytest.mark.parametrize("seed", range(6))
def test_whoever_refuses_is_not_comforted_though_nearly_all_was_readable(seed, tmp_path):
    result = refusing_world(seed).audit(tmp_path)
    found = outcomes(result)
    found.pop("A1")
    assert set(found.values()) == {"cannot_tell"}
    assert all(control.passed for control in result.controls)
    assert result.coverage.readable_up_bytes >= 0.99 * result.coverage.up_bytes
    for verdict in result.verdicts:
        reasons = {reason.code: reason.params for reason in verdict.reasons}
        if verdict.claim != "A1":
            assert reasons["refused"]["attempts"] > 0
            assert reasons["refused_by_apps"]["apps"] == ("com.vendor.cloud",)

"""The stated privacy loss, measured by an attack; and what many noised reports say together."""

from __future__ import annotations

import math
import random
from datetime import UTC, datetime

import pytest
from clopper_pearson import lower_bound, upper_bound
from optin_life import API, ask

from optin.agent.noise import opendp_noise
from optin.agent.preferences import EPSILON, TOTAL, compute_report, noise_from
from optin.agent.switch import Switch
from optin.cloud.statistics import SMALLEST_COHORT, SmallCohortError, estimate
from optin.protocol.exchange import Request
from optin.protocol.metric import METRICS, load_metrics
from optin.protocol.preference import QUESTIONS, PreferenceReport, name_week

NOW = datetime(2014, 7, 22, 6, tzinfo=UTC)
RUNS, ALPHA = 20_000, 1e-4
ALL = dict.fromkeys(QUESTIONS, 600)


def measured_loss(hits_of_one: int, hits_of_other: int, runs: int = RUNS) -> float:
    """What an attacker has shown: a loss that the build has at least, with an error rate of 2 ALPHA."""
    low = lower_bound(hits_of_one, runs, ALPHA)
    return math.log(low / upper_bound(hits_of_other, runs, ALPHA)) if low else -math.inf


def attack(noise, epsilon=EPSILON) -> float:
    """Tell an owner who likes everything from one who likes nothing: count the ones of a report."""
    hits = [
        sum(sum(compute_report(owner, "m", NOW, noise, epsilon).answers.values()) >= 8 for _ in range(RUNS))
        for owner in (ALL, {})
    ]
    return measured_loss(*hits)


def test_an_attack_on_20000_reports_shows_no_more_than_the_stated_loss():
    assert 0 < attack(noise_from(random.Random(5).randbytes)) <= EPSILON


def test_the_attack_catches_noise_that_is_off_and_a_loss_ten_times_as_large():
    assert attack(lambda bit, _: bit) > EPSILON
    assert attack(noise_from(random.Random(6).randbytes), EPSILON * 10) > EPSILON


def test_the_attack_catches_a_reused_seed():
    """Two weeks under one seed: where the noised bits differ, the true ones did. Stated for both: twice the loss."""
    stated = 2 * EPSILON / len(QUESTIONS)

    def two_weeks(changes: bool, seed: int, *, reused: bool) -> bool:
        first, second = random.Random(seed), random.Random(seed if reused else -seed - 1)
        answers = [
            noise_from(source.randbytes)(bit, EPSILON / len(QUESTIONS))
            for source, bit in ((first, 1), (second, 0 if changes else 1))
        ]
        return answers[0] != answers[1]

    for reused in (False, True):
        hits = [
            sum(two_weeks(changes, seed, reused=reused) for seed in range(4000)) for changes in (True, False)
        ]
        assert (measured_loss(*hits, runs=4000) > stated) is reused


def test_opendp_tells_each_bit_within_its_loss():
    epsilon = EPSILON / len(QUESTIONS)
    hits = [sum(opendp_noise(bit, epsilon) for _ in range(4000)) for bit in (1, 0)]
    assert 0 < measured_loss(*hits, runs=4000) <= epsilon


def test_the_estimate_over_5000_phones_is_within_its_margin():
    rng = random.Random(9)
    noise = noise_from(rng.randbytes)
    sums = dict.fromkeys(QUESTIONS, 0)
    for phone in range(5000):
        owner = ALL if phone % 10 < 3 else {}
        for metric, answer in compute_report(owner, "m", NOW, noise).answers.items():
            sums[metric] += answer
    found = estimate((EPSILON, metric, 5000, ones) for metric, ones in sums.items())
    missed = [e for e in found if abs(e.share - 0.3) > e.margin]
    assert len(missed) <= 2, "of ten margins of 95 %"
    print(f"error of the share at 5,000 phones: +-{found[0].margin:.3f} (95 %)")  # noqa: T201 - the figure is asked for


def test_few_phones_are_no_cohort(life):
    with pytest.raises(SmallCohortError):
        estimate([(EPSILON, "games", SMALLEST_COHORT - 1, 50)])
    answer = ask(life.cloud, Request("GET", API, "/v1/statistics/VN-2014/2014-W30"))
    assert answer.status == 403
    for number in range(SMALLEST_COHORT):
        report = PreferenceReport("2014-W30", "VN-2014", EPSILON, dict.fromkeys(QUESTIONS, number % 2))
        life.cloud.store.add_preferences(report, f"{number:032x}", NOW)
    answer = ask(life.cloud, Request("GET", API, "/v1/statistics/VN-2014/2014-W30"))
    assert answer.status == 200
    assert {row["reports"] for row in answer.json()["estimates"]} == {SMALLEST_COHORT}


def test_the_budget_is_booked_and_when_it_is_spent_nothing_leaves_any_more(life):
    life.agent.agree(Switch.PREFERENCES, life.now)
    life.pass_time(2)
    assert life.agent.chest.spent() == {name_week(life.now): EPSILON}
    life.agent.chest.keep_spent("2013-W01", TOTAL - 1.5 * EPSILON)
    assert not [r for r in life.pass_time(24 * 8) if r.path == "/v1/preferences"]


def test_a_metric_without_a_reason_does_not_load():
    assert len(METRICS) == len(set(QUESTIONS))
    with pytest.raises(ValueError, match="reason"):
        load_metrics(
            '[[metric]]\nname="x"\ntype="threshold"\ninput="y"\nat_least=1\nlifetime_weeks=1\nreview="z"\n'
        )

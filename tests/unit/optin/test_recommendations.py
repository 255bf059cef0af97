"""Recommendations: one signed catalogue for all, with noised figures; what is the owner's own stays on the phone."""

from __future__ import annotations

import math
import random
from datetime import timedelta

import numpy as np
import pytest
from optin_life import ADDRESS, API, KEYS, MORNING, ask, make_life
from sqlalchemy import insert

from optin.agent.preferences import EPSILON, compute_report, noise_from
from optin.agent.switch import Switch
from optin.cloud.count_noise import opendp_count_noise
from optin.cloud.popularity import EPSILON as FIGURES_EPSILON
from optin.cloud.popularity import SENSITIVITY, estimate_figures
from optin.cloud.tables import PAIR, SUM
from optin.cloud.week_sums import PAIRS, WeekSums
from optin.protocol.catalogue import Catalogue, Recommendation, rank
from optin.protocol.exchange import Request
from optin.protocol.preference import CATEGORIES, QUESTIONS, name_week

ENTRIES = (
    Recommendation("a.games", "Quest", "games", 0.5),
    Recommendation("a.music", "Tunes", "music", 0.5),
    Recommendation("a.travel", "Trips", "travel", 0.4),
)
PATH = "/v1/recommendations/vn-2014"


def fetched(life):
    answer = ask(life.cloud, Request("GET", API, PATH))
    return Catalogue.parse(answer.body, life.now, ADDRESS.catalogue_key)


def simulated(seed, phones, games=0.6, joint=0.3):
    """Sums as that many noised reports give them: all categories are liked by half, but for games; by chance, but
    for games and music, which ``joint`` like both."""
    truthful = 1 / (1 + math.exp(-EPSILON / len(QUESTIONS)))
    both = np.array([[0.5 + joint - games, games - joint], [0.5 - joint, joint]])[[0, 0, 1, 1], [0, 1, 0, 1]]
    told = np.array([[truthful, 1 - truthful], [1 - truthful, truthful]])
    pairs = np.kron(told, told).T @ both.reshape(4)  # of (music, games)
    patterns = np.repeat(pairs / 64, 64)
    drawn = np.random.default_rng(seed).multinomial(phones, patterns)
    bits = {"music": 7, "games": 6} | {name: n for n, name in enumerate(CATEGORIES[2:])}
    number = np.arange(256)

    def count(*names):
        mask = np.all([(number >> bits[name]) & 1 for name in names], axis=0)
        return int(drawn[mask].sum())

    return WeekSums(
        EPSILON, phones, {name: count(name) for name in CATEGORIES}, {pair: count(*pair) for pair in PAIRS}
    )


def report_many(life, phones, seed=1):
    """As if that many phones had reported the week of now."""
    sums, key = simulated(seed, phones), {"week": name_week(life.now), "epsilon": EPSILON}
    rows = [
        {**key, "model": "m", "metric": name, "reports": phones, "ones": ones}
        for name, ones in sums.ones.items()
    ]
    pairs = [
        {**key, "model": "m", "first": pair[0], "second": pair[1], "both": both}
        for pair, both in sums.both.items()
    ]
    with life.cloud.store.transaction() as connection:
        connection.execute(insert(SUM), rows)
        connection.execute(insert(PAIR), pairs)


@pytest.fixture
def life():
    made = make_life()
    made.cloud.catalogue = ENTRIES
    return made


def test_requests_for_what_comes_back_are_the_same_bytes_for_all_owners_of_a_model():
    """Whatever the owner uses, agreed to, backed up; whatever was drawn on the phone."""
    asked = []
    for seed, minutes in ((1, {}), (2, dict.fromkeys(QUESTIONS, 900)), (3, {"games": 61})):
        owner = make_life(seed)
        owner.agent.agree(Switch.UPDATES, owner.now)
        if seed > 1:
            owner.agent.agree(Switch.PREFERENCES, owner.now)
            owner.agent.agree(Switch.BACKUP_PHOTOS, owner.now)
            owner.agent.offer("photo", "a.jpg", bytes(seed))
        sent = owner.pass_time(30, minutes=minutes)
        asked.append({request for request in sent if request.method == "GET"})
        assert len(asked[-1]) == 2
    assert asked[0] == asked[1] == asked[2], "method, host, path, headers and body"
    assert not any(request.headers or request.body for request in asked[0])


def test_the_catalogue_is_one_for_all_and_carries_noised_popularity(life):
    report_many(life, 8000)
    life.now += timedelta(weeks=1)
    catalogue = fetched(life)
    assert catalogue.figures.week == "2014-W29"
    assert (catalogue.figures.reports, catalogue.figures.epsilon) == (8000, FIGURES_EPSILON)
    share, margin = catalogue.figures.shares["games"]
    assert abs(share - 0.6) < 2 * margin
    assert 0.1 < margin < 0.25
    popularity = {entry.category: entry.popularity for entry in catalogue.entries}
    assert popularity["games"] == pytest.approx(0.5 * min(1, share), abs=1e-3)
    assert popularity["games"] > popularity["travel"]
    assert fetched(life) == catalogue
    other = ask(life.cloud, Request("GET", API, "/v1/recommendations/another-model")).body
    assert other == ask(life.cloud, Request("GET", API, PATH)).body


def test_figures_are_drawn_once_so_that_asking_again_averages_no_noise_out(life):
    drawn = []

    def noise(counts, sensitivity, epsilon):
        drawn.append((sensitivity, epsilon))
        return opendp_count_noise(counts, sensitivity, epsilon)

    life.cloud.noise = noise
    report_many(life, 2000)
    life.now += timedelta(weeks=1)
    assert len({repr(fetched(life)) for _ in range(20)}) == 1
    assert drawn == [(SENSITIVITY, FIGURES_EPSILON)]
    assert life.cloud.store.figures_spent() == fetched(life).figures.spent == FIGURES_EPSILON
    report_many(life, 2000, seed=2)
    life.now += timedelta(weeks=1)
    assert fetched(life).figures.spent == life.cloud.store.figures_spent() == 2 * FIGURES_EPSILON


def test_two_processes_that_draw_at_once_publish_one_draw(life):
    report_many(life, 150)
    week = "2014-W29"
    sums = life.cloud.store.week_sums(week)
    draws = [estimate_figures(sums, week, spent) for spent in (1.0, 2.0)]
    kept = [life.cloud.store.keep_figures(week, 1.0, drawn) for drawn in draws]
    assert kept[1] == kept[0] == draws[0]
    assert life.cloud.store.figures_spent() == 1.0


def test_too_few_reports_give_no_figures_and_the_last_ones_stay(life):
    report_many(life, 99)
    life.now += timedelta(weeks=1)
    assert fetched(life) == Catalogue(ENTRIES)
    assert life.cloud.store.figures_spent() == 0
    report_many(life, 300)
    life.now += timedelta(weeks=1)
    assert fetched(life).figures.week == "2014-W30"
    life.now += timedelta(weeks=1)
    assert fetched(life).figures.week == "2014-W30"


def test_co_preference_is_told_where_it_is_known_and_nowhere_else():
    for seed in range(100):
        few = estimate_figures(simulated(seed, 20_000, 0.5, 0.45), "w", 1.0)
        assert few.together == {}, "twenty thousand phones cannot tell it through this much noise"
        many = estimate_figures(simulated(seed, 4_000_000, 0.5, 0.4), "w", 1.0)
        assert set(many.together) == {("games", "music")}, "and no pair that is chance"
        assert many.together["games", "music"] == pytest.approx(1.6, abs=0.35)
        assert all(abs(share - 0.5) < 2 * margin for share, margin in many.figures.shares.values())


def test_pairs_are_counted_from_real_reports(life):
    rng = random.Random(5)
    for number in range(400):
        report = compute_report({"games": 600}, "VN-2014", life.now, noise_from(rng.randbytes))
        life.cloud.store.add_preferences(report, f"{number:032x}", life.now)
    sums = life.cloud.store.week_sums("2014-W29")
    assert sums.reports == 400
    expected = 400 / 4
    assert all(abs(count - expected) < 60 for count in sums.both.values())
    assert sum(sums.both.values()) > 0


def test_sums_are_kept_for_the_registry_s_lifetime_and_no_longer(life):
    for weeks in (0, 30, 60):
        life.now = MORNING + timedelta(weeks=weeks)
        report = compute_report({}, "VN-2014", life.now, noise_from(random.Random(1).randbytes))
        life.cloud.store.add_preferences(report, f"{weeks:032x}", life.now)
    kept = [
        life.cloud.store.preference_sums(name_week(MORNING + timedelta(weeks=n)), "VN-2014")
        for n in (0, 30, 60)
    ]
    assert kept[0] == [], "a year and more ago"
    assert {row[1] for row in kept[1]} == set(CATEGORIES), "of half a year ago only what may stay a year"
    assert {row[1] for row in kept[2]} == set(QUESTIONS)
    assert sum(life.cloud.store.week_sums(name_week(MORNING + timedelta(weeks=30))).both.values()) > 0


def test_the_cloud_s_noise_holds_its_epsilon_under_attack():
    """20,000 runs per neighbour: the lower bound of the measured loss stays below what is stated."""
    runs, epsilon = 20_000, 1.0
    zeros = opendp_count_noise([0] * runs, 1, epsilon)
    ones = opendp_count_noise([1] * runs, 1, epsilon)
    for threshold in range(-3, 4):
        p = sum(value >= threshold for value in ones) / runs
        q = sum(value >= threshold for value in zeros) / runs
        low = p - 4 * math.sqrt(p * (1 - p) / runs)
        high = q + 4 * math.sqrt(q * (1 - q) / runs)
        assert math.log(low / high) <= epsilon
    assert math.log((sum(v >= 1 for v in ones) / runs) / (sum(v >= 1 for v in zeros) / runs)) > 0.8 * epsilon
    assert opendp_count_noise([0] * 50, 36, 1.0) != opendp_count_noise([0] * 50, 36, 1.0), "no seed is reused"


def test_the_phone_ranks_by_its_owner_s_use():
    catalogue = Catalogue(ENTRIES, {("games", "travel"): 2.0})
    assert [each.entry.category for each in rank(catalogue, {})] == ["games", "music", "travel"]
    music = rank(catalogue, {"music": 300, "night_use": 900})
    assert (music[0].entry.category, music[0].because) == ("music", "music")
    games = rank(catalogue, {"games": 300})
    assert [each.entry.category for each in games] == ["games", "travel", "music"]
    assert [each.because for each in games] == ["games", "games", ""]


def test_a_catalogue_that_is_not_the_cloud_s_own_changes_nothing(life):
    life.agent.agree(Switch.UPDATES, life.now)
    life.pass_time(1)
    assert [each.entry for each in life.agent.recommend(life.now)] == list(ENTRIES)
    life.cloud.catalogue = (Recommendation("evil", "Evil", "games", 1.0),)
    life.cloud.keys = type(KEYS)(b"another cloud's secret, 32 bytes")
    life.pass_time(2)
    assert [each.entry for each in life.agent.recommend(life.now)] == list(ENTRIES)
    assert life.agent.recommend(MORNING + timedelta(days=15)) == (), "nor is an old one shown"
    life.agent.revoke(Switch.UPDATES, life.now)
    assert life.agent.recommend(life.now) == ()

"""Series of contact times whose nature is known: rhythms with what disturbs them, and traffic that has none.

Each generator takes a source of randomness and gives seconds, ascending. Kinds that are *held out* were
written when the detector was done; with the others it was made.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass

DAY = 86_400.0
NIGHT = (23.0, 7.0)
"""Hours in which the phone lies still."""
WINDOWS = (1.0, 3.0, 7.0)
"""Hours after the start of the night at which doze lets waiting alarms through."""


@dataclass(frozen=True)
class Series:
    """Contact times in seconds, and the periods that they keep, one after the other; none: no rhythm."""

    times: list[float]
    periods: tuple[float, ...] = ()


@dataclass(frozen=True)
class Kind:
    """A kind of traffic."""

    name: str
    what: str
    make: Callable[[random.Random], Series]
    held_out: bool = False


def _beats(rng: random.Random, missing: float = 0.0, least: float = 0.0) -> tuple[float, list[float]]:
    """A timer: every minute to every two hours, 24 to 200 beats in a fortnight at most, each a little late.

    Half of the timers keep to a grid, the others count from the beat before.
    """
    period = math.exp(rng.uniform(math.log(60), math.log(7200)))
    count = round(math.exp(rng.uniform(math.log(24), math.log(200))))
    count = min(max(count, math.ceil(least / period)), int(14 * DAY / period))
    jitter = rng.choice((0.0, 0.01, 0.03, 0.06)) * period
    grid, at, times = rng.random() < 0.5, rng.uniform(0, DAY), []
    for _ in range(count):
        late = rng.uniform(-jitter, jitter)
        times.append(at + late)
        at += period + (0 if grid else late)
    return period, [time for time in times if rng.random() >= missing]


def _hour(time: float) -> float:
    return time % DAY / 3600


def _asleep(time: float) -> bool:
    return _hour(time) >= NIGHT[0] or _hour(time) < NIGHT[1]


def _dozed(times: list[float], rng: random.Random) -> list[float]:
    """What is due at night waits for the next maintenance window; all that waits goes at once."""
    out = []
    for time in times:
        if not _asleep(time):
            out.append(time)
            continue
        start = time - (_hour(time) - NIGHT[0]) % 24 * 3600
        window = next(start + w * 3600 for w in (*WINDOWS, 8.0) if start + w * 3600 >= time)
        out.append(window + rng.uniform(0, 15))
    return sorted(out)


def _sessions(rng: random.Random, start: float, until: float, mean_gap: float) -> Iterator[float]:
    """A person: sessions by day, each of some requests with heavy-tailed pauses."""
    at = start
    while (at := at + rng.expovariate(1 / mean_gap)) < until:
        if _asleep(at) and rng.random() < 0.9:
            continue
        inside = at
        for _ in range(1 + int(rng.paretovariate(1.2)) % 30):
            yield inside
            inside += 3 * rng.paretovariate(1.1)


def plain(rng: random.Random) -> Series:
    """A timer with nothing but its jitter."""
    period, times = _beats(rng)
    return Series(times, (period,))


def missed(rng: random.Random) -> Series:
    """Three beats in ten are missed, each by itself."""
    period, times = _beats(rng, 0.3)
    return Series(times, (period,))


def dozed(rng: random.Random) -> Series:
    """The phone dozes at night."""
    period, times = _beats(rng, least=1.5 * DAY)
    return Series(_dozed(times, rng), (period,))


def dozed_missed(rng: random.Random) -> Series:
    """The phone dozes at night, and three beats in ten are missed."""
    period, times = _beats(rng, 0.3, least=1.5 * DAY)
    return Series(_dozed(times, rng), (period,))


def bursty_beats(rng: random.Random) -> Series:
    """Each beat opens several connections."""
    period, times = _beats(rng, 0.1)
    return Series(sorted(t + rng.uniform(0, 6) for t in times for _ in range(rng.randint(1, 5))), (period,))


def mixed(rng: random.Random) -> Series:
    """The owner uses the same host: about as many sessions as beats, each of several requests."""
    period, times = _beats(rng, 0.1)
    people = _sessions(rng, times[0], times[-1], period * rng.uniform(1, 4))
    return Series(sorted([*times, *people]), (period,))


def changed(rng: random.Random) -> Series:
    """From some day on, another period."""
    (first, early), (second, late) = _beats(rng, 0.1), _beats(rng, 0.1)
    while not 1.25 < max(first, second) / min(first, second) < 30:
        second, late = _beats(rng, 0.1)
    shift = early[-1] - late[0] + second
    return Series([*early, *(time + shift for time in late)], (first, second))


def poisson(rng: random.Random) -> Series:
    """At random, at a steady rate."""
    count, span = rng.choice((10, 20, 40, 100, 300, 1000)), rng.uniform(0.2, 7) * DAY
    return Series(sorted(rng.uniform(0, span) for _ in range(count)))


def bursts(rng: random.Random) -> Series:
    """Sessions of Pareto length with Pareto pauses."""
    span = rng.uniform(0.5, 7) * DAY
    starts = [rng.uniform(0, span) for _ in range(rng.randint(2, 60))]
    times = []
    for start in starts:
        at = start
        for _ in range(1 + int(rng.paretovariate(1.0)) % 60):
            times.append(at)
            at += rng.choice((2, 10, 40)) * rng.paretovariate(1.2)
    return Series(sorted(times))


def heavy(rng: random.Random) -> Series:
    """Lognormal pauses."""
    at, times, middle, spread = 0.0, [], rng.uniform(3, 7), rng.uniform(0.7, 1.6)
    for _ in range(rng.choice((12, 30, 80, 300))):
        at += rng.lognormvariate(middle, spread)
        times.append(at)
    return Series(times)


def day(rng: random.Random) -> Series:
    """A person's days: more at some hours, little at night."""
    days, peaks = rng.randint(1, 10), [rng.uniform(7, 23) for _ in range(3)]
    times = [
        d * DAY + 3600 * rng.gauss(rng.choice(peaks), 1.5)
        for d in range(days)
        for _ in range(rng.randint(3, 60))
    ]
    return Series(sorted(t for t in times if t > 0))


def hawkes(rng: random.Random) -> Series:
    """Contacts that excite contacts (Hawkes 1971), by branching."""
    span, fertility, decay = rng.uniform(0.5, 5) * DAY, rng.uniform(0.3, 0.85), 10 ** rng.uniform(1, 3.3)
    todo = [rng.uniform(0, span) for _ in range(rng.randint(5, 80))]
    times: list[float] = []
    while todo and len(times) < 2000:
        at = todo.pop()
        times.append(at)
        children = sum(1 for _ in _arrivals(rng, fertility))
        todo += [at + rng.expovariate(1 / decay) for _ in range(children)]
    return Series(sorted(times))


def _arrivals(rng: random.Random, mean: float) -> Iterator[None]:
    at = rng.expovariate(1)
    while at < mean:
        yield None
        at += rng.expovariate(1)


def browsing(rng: random.Random) -> Series:
    """Pages with Weibull think times (Liu, White and Dumais 2010: shape below one), in visits by day."""
    times: list[float] = []
    scale, shape = rng.uniform(20, 90), rng.uniform(0.6, 0.95)
    for d in range(rng.randint(1, 7)):
        for _ in range(rng.randint(1, 6)):
            at = d * DAY + 3600 * rng.uniform(7, 23)
            for _ in range(rng.randint(2, 40)):
                times += [at + rng.uniform(0, 2) for _ in range(rng.randint(1, 4))]
                at += rng.weibullvariate(scale, shape)
    return Series(sorted(times))


def push(rng: random.Random) -> Series:
    """Messages of several chats: who writes is answered within seconds to minutes; chats fall asleep."""
    times: list[float] = []
    for _ in range(rng.randint(1, 5)):
        at = rng.uniform(0, DAY)
        while at < 4 * DAY and len(times) < 1500:
            if not _asleep(at):
                times.append(at)
            busy = rng.random() < 0.85
            at += rng.lognormvariate(3.6, 1.0) if busy else rng.lognormvariate(8.5, 1.0)
    return Series(sorted(times))


def mixture(rng: random.Random) -> Series:
    """Two or three of the others to one host."""
    parts = rng.sample((poisson, bursts, heavy, day, hawkes, browsing, push), rng.randint(2, 3))
    return Series(sorted(t for part in parts for t in part(rng).times))


def routine(rng: random.Random) -> Series:
    """A person of habits: the same app in the morning, at noon and at night, give or take half an hour."""
    hours = sorted(rng.uniform(6, 23.5) for _ in range(rng.randint(1, 4)))
    slack = rng.uniform(0.2, 1.0)
    times = [
        d * DAY + 3600 * rng.gauss(hour, slack) + extra
        for d in range(rng.randint(5, 14))
        for hour in hours
        if rng.random() < 0.85
        for extra in [0.0] + [60 * rng.paretovariate(1.2) for _ in range(rng.randint(0, 4))]
    ]
    return Series(sorted(max(0.0, t) for t in times))


def walks(rng: random.Random) -> Series:
    """Contacts at each cell or network that a walker meets: pauses of a gamma law, none alike."""
    at, times, shape = 0.0, [], rng.uniform(1.5, 4)
    scale = rng.uniform(60, 900) / shape
    for _ in range(rng.choice((15, 40, 120, 400))):
        at += rng.gammavariate(shape, scale)
        times.append(at)
    return Series(times)


def lost_in_runs(rng: random.Random) -> Series:
    """A bad network: beats are missed in runs (Gilbert 1960), 30 % of all."""
    period, times = _beats(rng)
    kept, good = [], True
    for time in times:
        good = rng.random() < (0.85 if good else 0.35)
        if good:
            kept.append(time)
    return Series(kept, (period,))


def skewed(rng: random.Random) -> Series:
    """Each beat is late by an exponential time, 2 % of the period on the mean; 20 % missed."""
    period, times = _beats(rng, 0.2)
    return Series(sorted(time + rng.expovariate(50 / period) for time in times), (period,))


def retries(rng: random.Random) -> Series:
    """Attempts that fail for a while are made again after 1, 2, 4 ... seconds, up to a quarter of an hour."""
    span, times = rng.uniform(0.5, 5) * DAY, []
    for _ in range(rng.randint(3, 60)):
        at, pause = rng.uniform(0, span), 1.0
        for _ in range(rng.randint(1, 12)):
            times.append(at)
            at += pause * rng.uniform(0.5, 1.5)
            pause = min(2 * pause, 900.0)
    return Series(sorted(times))


def songs(rng: random.Random) -> Series:
    """A request a song, of three to four minutes give or take, as long as somebody listens."""
    length, spread, times = rng.uniform(170, 260), rng.uniform(35, 70), []
    for d in range(rng.randint(1, 6)):
        at = d * DAY + 3600 * rng.uniform(6, 22)
        for _ in range(rng.randint(4, 60)):
            times.append(at)
            at += max(60.0, rng.gauss(length, spread))
    return Series(sorted(times))


def episodes(rng: random.Random) -> Series:
    """A request an episode or chapter, some in a row, of a length that varies by a fifth to a third."""
    length, times = rng.uniform(600, 3000), []
    spread = length * rng.uniform(0.2, 0.33)
    for d in range(rng.randint(2, 10)):
        at = d * DAY + 3600 * rng.uniform(15, 22)
        for _ in range(rng.randint(2, 12)):
            times.append(at)
            at += max(120.0, rng.gauss(length, spread))
    return Series(sorted(times))


def rounds(rng: random.Random) -> Series:
    """A game of rounds, each of many moves (a gamma law), with pauses between games."""
    shape = rng.uniform(8, 25)
    scale, at, times = rng.uniform(40, 400) / shape, rng.uniform(0, DAY), []
    for _ in range(rng.randint(2, 12)):
        for _ in range(rng.randint(5, 60)):
            times.append(at)
            at += rng.gammavariate(shape, scale)
        at += rng.expovariate(1 / 14_400)
    return Series(times)


def switching(rng: random.Random) -> Series:
    """Busy and idle by turns, of exponential lengths; at random within (a modulated Poisson process)."""
    at, times, busy = 0.0, [], True
    rates = 10 ** rng.uniform(-2, -0.8), 10 ** rng.uniform(-4.5, -3)
    for _ in range(rng.randint(4, 60)):
        until = at + rng.expovariate(1 / (rng.uniform(300, 3000) if busy else 7200))
        while (at := at + rng.expovariate(rates[0] if busy else rates[1])) < until and len(times) < 2000:
            times.append(at)
        at, busy = until, not busy
    return Series(times)


def commuter(rng: random.Random) -> Series:
    """Two weeks: on working days a while on the way there and back, some contacts at other times."""
    there, back, times = rng.gauss(7.7, 0.5), rng.gauss(17.5, 0.7), []
    for d in range(14):
        for hour in (there, back) if d % 7 < 5 else ():
            at = d * DAY + 3600 * rng.gauss(hour, 0.15)
            for _ in range(rng.randint(1, 12)):
                times.append(at)
                at += rng.expovariate(1 / 150)
        times += [d * DAY + rng.uniform(7, 23) * 3600 for _ in range(rng.randint(0, 4))]
    return Series(sorted(times))


def waves(rng: random.Random) -> Series:
    """News: a rate that swings with the day and with half of it, thinned from a Poisson process."""
    swing, half, rate = rng.uniform(0.2, 0.9), rng.uniform(0, 0.1), 10 ** rng.uniform(-4, -2)
    at, times, span = 0.0, [], rng.uniform(1, 7) * DAY
    while (at := at + rng.expovariate(rate)) < span and len(times) < 2000:
        phase = 2 * math.pi * at / DAY
        if rng.random() < (1 + swing * math.sin(phase) + half * math.sin(2 * phase)) / 2:
            times.append(at)
    return Series(times)


RHYTHMS = (
    Kind("plain", "a timer with up to 6 % jitter", plain),
    Kind("missed", "30 % of the beats missed", missed),
    Kind("dozed", "doze at night", dozed),
    Kind("dozed_missed", "doze at night, 30 % of the beats missed", dozed_missed),
    Kind("bursty_beats", "several connections a beat, 10 % missed", bursty_beats),
    Kind("mixed", "a person's sessions to the same host, 10 % missed", mixed),
    Kind("changed", "a period that changes, 10 % missed (right: both)", changed),
    Kind("lost_in_runs", "30 % missed, in runs", lost_in_runs, held_out=True),
    Kind("skewed", "late by an exponential time, 20 % missed", skewed, held_out=True),
)
NOTHING = (
    Kind("poisson", "at random", poisson),
    Kind("bursts", "sessions of Pareto length and pauses", bursts),
    Kind("heavy", "lognormal pauses", heavy),
    Kind("day", "a person's days", day),
    Kind("hawkes", "self-exciting", hawkes),
    Kind("browsing", "web pages, Weibull think times", browsing),
    Kind("push", "messages of chats", push),
    Kind("routine", "the same hours every day, within half an hour or so", routine),
    Kind("walks", "gamma pauses, more even than at random", walks),
    Kind("mixture", "two or three of these to one host", mixture),
    Kind("songs", "a request a song", songs),
    Kind("retries", "attempts again after 1, 2, 4 ... seconds", retries, held_out=True),
    Kind("episodes", "a request an episode", episodes, held_out=True),
    Kind("rounds", "a request a round of a game", rounds, held_out=True),
    Kind("switching", "busy and idle by turns", switching, held_out=True),
    Kind("commuter", "working days, there and back", commuter, held_out=True),
    Kind("waves", "a rate that swings with the day", waves, held_out=True),
)

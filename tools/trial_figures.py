"""Makes the figures of docs/method/trials.md anew: null audits, their p-values as a plot, the power table.

    python tools/trial_figures.py            # some minutes; writes docs/method/trials.md and trials_p.svg
    python tools/trial_figures.py --check    # 300 null series; exits with 1 when too many are significant

All is generated at the level of series (bytes by window), with fixed seeds: the same figures every time.
"""

from __future__ import annotations

import sys

import numpy as np
from figures_block import METHOD, put_figures

from wirewitness.judge.trial_evidence import ALPHA, LEAST_E
from wirewitness.judge.trial_plan import PHOTO_CODES
from wirewitness.judge.trial_power import drawn, other_traffic, power_before
from wirewitness.judge.trial_statistics import Floats, analyse
from wirewitness.judge.trials_reader import LEAST_SHUFFLES

PAGE = METHOD / "trials.md"
PLOT = PAGE.with_name("trials_p.svg")
SVG = "http://www.w3.org/2000/svg"
SERIES, SHUFFLES = 3_000, 1_999
AUDITED = LEAST_SHUFFLES
"""Shuffles of an audit: what e-value it would find is told from the tail of fewer."""
TEXT = """\
**Null audits.** {series} generated series of phones that upload nothing planted (quiet, heavy-tailed,
daily, drifting, bursty, switched on once; 20 to 40 windows, one to four destinations, one or two lags;
{shuffles} shuffles): {found} had p at most α = 0.001; {expected} are expected. In {accused} the e-value was
large enough for a verdict as well. No share of p-values below x exceeds x by more than {excess}.

The same bytes in a **before/after comparison that is not randomised** (a setting changed once, halfway):
{wrong} of {series} "significant" at α = 0.001. Drift and habits alone do that; therefore it is not offered
as evidence.

![p-values of null series: flat for randomised trials, heaped at 0 for before/after](trials_p.svg)

**Power** of one series to reach a verdict (p and e-value), three destinations, when 70 % of uploads fall in
their window and half of the others fall in another one:

{power}
"""
NOISES = ((0, "quiet (below 3 kB)"), (100_000, "100 kB"), (500_000, "500 kB"), (2_000_000, "2 MB"))
CODES = np.asarray(PHOTO_CODES, float)


def null_volumes(rng: np.random.Generator, windows: int) -> Floats:
    """Bytes of phones that upload nothing planted: quiet, heavy-tailed, daily, drifting, bursty, switched."""
    shape = (int(rng.integers(1, 5)), int(rng.integers(1, 3)), windows)
    time = np.arange(windows)
    kinds = (
        lambda: rng.integers(0, 3_000, shape).astype(float),
        lambda: rng.pareto(0.8, shape) * 5_000,
        lambda: 2e5 * (1 + np.sin(time * 2 * np.pi / 10)) * np.exp(rng.normal(0, 0.5, shape)),
        lambda: 1e5 * np.exp(np.cumsum(rng.normal(0, 0.5, shape), axis=-1)),
        lambda: np.where(rng.random(shape) < 0.2, rng.choice(CODES[1:], shape), 0.0),
        lambda: np.where(time >= rng.integers(2, windows - 2), 4e5, 4e3) * np.exp(rng.normal(0, 0.3, shape)),
    )
    return np.asarray(kinds[int(rng.integers(len(kinds)))](), float)


def null_series(count: int) -> tuple[Floats, Floats, int]:
    """Of `count` null series: p of the randomised trials, p of before/after on the same bytes, verdicts."""
    ps, before_after, verdicts = np.empty(count), np.empty(count), 0
    for number in range(count):
        rng = np.random.default_rng([7, number])
        draw = drawn(PHOTO_CODES, int(rng.integers(2, 5)), rng)
        volumes = null_volumes(rng, len(draw.arms))
        tested = analyse(volumes, draw, SHUFFLES, number)
        ps[number] = tested.p
        verdicts += any(fit.statistic >= tested.critical(ALPHA, LEAST_E, AUDITED) for fit in tested.fits)
        before_after[number] = compared_p(volumes[0, 0], rng)
    return ps, before_after, verdicts


def compared_p(bytes_: Floats, rng: np.random.Generator) -> float:
    """What is often done instead: a setting is changed once, and bytes before and after are compared."""
    half = len(bytes_) // 2
    ranks = np.argsort(np.argsort(bytes_))
    observed = abs(ranks[half:].mean() - ranks[:half].mean())
    shuffled = rng.permuted(np.tile(ranks, (SHUFFLES, 1)), axis=1)
    others = np.abs(shuffled[:, half:].mean(axis=1) - shuffled[:, :half].mean(axis=1))
    return float((1 + np.count_nonzero(others >= observed - 1e-9)) / (SHUFFLES + 1))


def power_table() -> list[str]:
    """Power by windows and other traffic, 70 % of uploads in their window."""
    lines = ["| other bytes in a window (median) | n = 10 | n = 20 | n = 40 |", "|---|---|---|---|"]
    for median, words in NOISES:
        cells = [
            power_before(
                PHOTO_CODES,
                blocks,
                landing=0.7,
                noise=other_traffic(median),
                repeats=300 if median == 0 and blocks == 2 else 100,
            )
            for blocks in (1, 2, 4)
        ]
        lines.append(f"| {words} | " + " | ".join(f"{cell:.2f}" for cell in cells) + " |")
    return lines


def plot(ps: Floats, others: Floats) -> str:
    """Two histograms of p-values side by side, as SVG; what is uniform is flat along the dashed line."""
    bins = np.linspace(0, 1, 21)
    parts = [
        f'<svg xmlns="{SVG}" viewBox="0 0 760 300" role="img" font-family="sans-serif" font-size="13">',
        '<title>p-values of null series</title><rect width="760" height="300" fill="#fff"/>',
    ]
    for place, (values, words) in enumerate(
        ((ps, "randomised trials"), (others, "before/after, not randomised"))
    ):
        left = 50 + 370 * place
        counts, _ = np.histogram(values, bins)
        shares = counts / len(values)
        top = max(0.12, float(shares.max()) * 1.05)
        parts.append(f'<text x="{left}" y="24">{words}</text>')
        for number, share in enumerate(shares):
            height = 220 * share / top
            box = f'x="{left + 15 * number}" y="{260 - height:.1f}" width="14" height="{height:.1f}"'
            parts.append(f'<rect {box} fill="#4a6fa5"/>')
        line = 260 - 220 * 0.05 / top
        across = f'x1="{left}" x2="{left + 300}" y1="{line:.1f}" y2="{line:.1f}"'
        parts.append(f'<line {across} stroke="#c33" stroke-dasharray="5 4"/>')
        parts += [
            f'<line x1="{left}" x2="{left + 300}" y1="260" y2="260" stroke="#333"/>',
            f'<text x="{left}" y="280">0</text><text x="{left + 292}" y="280">1</text>',
            f'<text x="{left + 145}" y="280">p</text>',
        ]
    return "\n".join([*parts, "</svg>"]) + "\n"


def uniformity(ps: Floats) -> float:
    """The largest excess of the share of p-values below x over x (one-sided Kolmogorov distance)."""
    ordered = np.sort(ps)
    return float(np.max(np.arange(1, len(ordered) + 1) / len(ordered) - ordered))


def figures() -> str:
    """What stands between the marks."""
    ps, others, accused = null_series(SERIES)
    PLOT.write_text(plot(ps, others), encoding="utf-8")
    found, wrong = int(np.count_nonzero(ps <= ALPHA)), int(np.count_nonzero(others <= ALPHA))
    return TEXT.format(
        series=f"{SERIES:,}",
        shuffles=f"{SHUFFLES:,}",
        found=found,
        expected=round(SERIES * ALPHA),
        accused=accused or "none",
        excess=f"{uniformity(ps):.3f}",
        wrong=wrong,
        power="\n".join(power_table()),
    )


def main() -> int:
    """Writes the page and the plot, or checks a few series."""
    if "--check" in sys.argv[1:]:
        ps, _, accused = null_series(300)
        found = int(np.count_nonzero(ps <= ALPHA))
        print(f"{found} of 300 null series significant at {ALPHA}")
        return int(found > 3 or accused > 0)
    put_figures(PAGE, "tools/trial_figures.py", figures())
    return 0


if __name__ == "__main__":
    sys.exit(main())

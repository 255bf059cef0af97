"""Claims about exposures (what goes up) and answers (what comes down)."""

from __future__ import annotations

from collections.abc import Sequence

from wirewitness.judge.blindness import blind_spots
from wirewitness.judge.evidence import Evidence
from wirewitness.judge.matching import Matches, match, place_of
from wirewitness.judge.opinion import Opinion, found, not_found
from wirewitness.judge.scope import Scope
from wirewitness.judge.strength import alternative_of, strength_of
from wirewitness.judge.trial_opinion import shown_by_trials, trial_remarks
from wirewitness.model.case_file import Claim, condition_text
from wirewitness.model.exposure import Exposure
from wirewitness.model.instant import hours
from wirewitness.model.reason import Missing, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.verdict import Outcome

MOST_PLACES = 3


def judge_exposure(claim: Claim, evidence: Evidence) -> Opinion:
    """Shown in all its parts: supported or contradicted. Else silence, if nothing could have hidden it."""
    matches = match(claim, evidence.answers if claim.about == "answer" else evidence.exposures, evidence)
    parts = [any(e.kind in entry for e in matches.shown) for entry in claim.data]
    if all(parts) if claim.match_all else any(parts):
        return Opinion(
            found(claim),
            reasons=_shown(claim, matches.shown, evidence),
            strength=strength_of(matches.shown, evidence),
            alternative=alternative_of(matches.shown, evidence),
            shown=matches.shown,
        )
    return shown_by_trials(claim, evidence) or _silence(claim, matches, evidence)


def _shown(claim: Claim, shown: Sequence[Exposure], evidence: Evidence) -> list[Remark]:
    """What was found where, and that it is as the claim says."""
    about = Reason.ANSWER_SHOWN if claim.about == "answer" else Reason.EXPOSURE_SHOWN
    by_place: dict[tuple[str, str], list[Exposure]] = {}
    for exposure in shown:
        by_place.setdefault((exposure.destination, exposure.address), []).append(exposure)
    places = sorted(by_place.items(), key=lambda item: (-len(item[1]), item[0]))[:MOST_PLACES]
    reasons = [
        Remark.of(
            about,
            count=len(some),
            kinds=tuple(sorted({e.kind for e in some})),
            destination=host or address,
            first=min(e.time for e in some).text,
            last=max(e.time for e in some).text,
        )
        for (host, address), some in places
    ]
    if claim.countries:
        for (host, address), _ in places:
            place = place_of(evidence, host, address)
            reasons.append(
                Remark.of(
                    Reason.EXPOSURE_COUNTRY,
                    address=address,
                    country=place.country,
                    date=place.date,
                    network=place.network,
                    destination=host or address,
                    organisation=place.organisation,
                )
            )
    if claim.when:
        text = condition_text(claim.when)
        reasons.append(Remark.of(Reason.EXPOSURE_CONDITION, count=len(shown), condition=text))
    if claim.uncovered_only:
        reasons.append(Remark.of(Reason.EXPOSURE_UNCOVERED, count=len(shown)))
    return reasons


def _silence(claim: Claim, matches: Matches, evidence: Evidence) -> Opinion:
    scope = Scope(claim, evidence)
    if untested := untested_opinion(scope, unclear=bool(matches.unclear)):
        return untested
    reasons = [
        *_shown_in_part(claim, matches, evidence),
        *_shown_otherwise(claim, matches),
    ]
    blindness = blind_spots(scope, matches)
    tried, to_try = trial_remarks(claim, evidence)
    if blindness.reasons:
        return Opinion(
            Outcome.CANNOT_TELL,
            reasons=tried + blindness.reasons + reasons,
            missing=to_try + blindness.missing,
            shown=matches.shown,
        )
    passed = [evidence.controls[name] for name in claim.controls]
    return Opinion(
        not_found(claim),
        reasons=[
            _nothing(scope),
            *(
                Remark.of(Reason.CONTROL_PASSED, control=one.id, found=one.found, expected=one.expected)
                for one in passed
            ),
            *reasons,
            *tried,
        ],
        shown=matches.shown,
    )


def untested_opinion(scope: Scope, *, unclear: bool = False) -> Opinion | None:
    """*Not tested* when no capture ran in the period, or none under the condition."""
    claim = scope.claim
    if not scope.period_captured:
        period = {
            "from_": None if claim.period.from_ is None else claim.period.from_.text,
            "until": None if claim.period.until is None else claim.period.until.text,
        }
        return Opinion(
            Outcome.NOT_TESTED,
            reasons=[Remark.of(Reason.NO_CAPTURE, **period)],
            missing=[Remark.of(Missing.CAPTURE_PERIOD, **period)],
        )
    captured = scope.nanoseconds("proven", "unproven")
    perhaps = scope.nanoseconds("proven", "unproven", "none", known=False)
    if claim.when and not captured and not perhaps and not unclear:
        condition = condition_text(claim.when)
        return Opinion(
            Outcome.NOT_TESTED,
            reasons=[Remark.of(Reason.NO_CAPTURE_UNDER, condition=condition)],
            missing=[Remark.of(Missing.CAPTURE_UNDER, condition=condition, hosts=claim.hosts, hours=6.0)],
        )
    return None


def _nothing(scope: Scope) -> Remark:
    up = sum(t.down if scope.claim.about == "answer" else t.up for t in scope.named)
    readable = sum(t.readable_down if scope.claim.about == "answer" else t.readable_up for t in scope.named)
    return Remark.of(
        Reason.NOTHING_FOUND,
        kinds=scope.claim.kinds,
        hosts=scope.claim.hosts,
        hours=hours(scope.nanoseconds("proven", "unproven")),
        up_bytes=up,
        readable_up_bytes=readable,
    )


def _shown_in_part(claim: Claim, matches: Matches, evidence: Evidence) -> list[Remark]:
    """Of a claim that needs all its parts: those that were found, and those that were not."""
    if not matches.shown:
        return []
    lacking = [
        kind for entry in claim.data if not any(e.kind in entry for e in matches.shown) for kind in entry
    ]
    return [*_shown(claim, matches.shown, evidence), Remark.of(Reason.PART_NOT_FOUND, kinds=tuple(lacking))]


def _shown_otherwise(claim: Claim, matches: Matches) -> list[Remark]:
    """Findings of these kinds that are not what the claim speaks of."""
    reasons = []
    for question, exposures in sorted(matches.outside.items()):
        count = len(exposures)
        if question == "period":
            reasons.append(Remark.of(Reason.OUTSIDE_PERIOD, count=count))
        elif question == "condition":
            text = condition_text(claim.when)
            reasons.append(Remark.of(Reason.OUTSIDE_CONDITION, count=count, condition=text))
        elif question == "country":
            reasons.append(Remark.of(Reason.OUTSIDE_COUNTRY, count=count))
        elif question == "consent":
            reasons.append(Remark.of(Reason.ALL_COVERED, count=count))
    strangers: dict[str, int] = {}
    for image in matches.strangers:
        destination = image.destination or image.address
        strangers[destination] = strangers.get(destination, 0) + 1
    reasons += [
        Remark.of(Reason.FOREIGN_IMAGES, count=count, destination=destination)
        for destination, count in sorted(strangers.items())
    ]
    if matches.masked:
        reasons.append(Remark.of(Reason.MASKED_ONLY, count=len(matches.masked)))
    return reasons

"""Claims about contacts: that the phone turns to a host at all, or at a steady interval."""

from __future__ import annotations

from collections.abc import Sequence

from wirewitness.find.beats import LEAST_EVENTS
from wirewitness.find.rhythm import find_series_rhythms
from wirewitness.judge.about_exposure import untested_opinion
from wirewitness.judge.blindness import (
    Blindness,
    controls,
    missing_hours,
    refused_attempts,
    unknown_conditions,
)
from wirewitness.judge.evidence import Evidence
from wirewitness.judge.matching import Matches, in_countries
from wirewitness.judge.opinion import Opinion, found, not_found
from wirewitness.judge.scope import Scope
from wirewitness.judge.timeline import holds
from wirewitness.model.case_file import Claim, RhythmClaim, host_matches
from wirewitness.model.instant import Instant, hours
from wirewitness.model.reason import Alternative, Missing, Reason
from wirewitness.model.remark import Remark
from wirewitness.model.rhythm import Rhythm
from wirewitness.model.verdict import Outcome, Polarity, Strength

LEAST_HOURS = 24.0
MOST_PLACES = 3


def judge_contact(claim: Claim, evidence: Evidence) -> Opinion:
    """A contact is seen without keys; a rhythm is measured, with a null test."""
    series = {
        contacts.host: [kept for times in contacts.series if (kept := _kept(claim, times, evidence))]
        for contacts in evidence.contacts
        if host_matches(contacts.host, claim.hosts) and _in_country(claim, contacts.host, evidence)
    }
    series = {host: parts for host, parts in series.items() if parts}
    if claim.rhythm is None:
        return _contact_shown(claim, series) if series else _silence(claim, evidence, 0)
    rhythms = [
        rhythm
        for host, parts in series.items()
        for times in parts
        for rhythm in find_series_rhythms(host, times)
    ]
    if fitting := [rhythm for rhythm in rhythms if _fits(claim.rhythm, rhythm)]:
        return Opinion(
            found(claim),
            reasons=[_rhythm_shown(rhythm) for rhythm in _best(fitting)],
            strength=Strength.MODERATELY_STRONG,
            alternative=Remark.of(Alternative.RANDOM_TIMES),
        )
    if rhythms and claim.rhythm.every_s is not None:
        return _differs(claim, claim.rhythm.every_s, rhythms)
    return _silence(claim, evidence, max((len(parts[0]) for parts in series.values()), default=0))


def _kept(claim: Claim, times: Sequence[int], evidence: Evidence) -> list[int]:
    """The contacts in the claim's period, under its condition."""
    kept = [time for time in times if Instant(time) in claim.period]
    if not claim.when:
        return kept
    return [time for time in kept if holds(claim.when, evidence.timeline.at(Instant(time))) is True]


def _in_country(claim: Claim, host: str, evidence: Evidence) -> bool:
    """Whether the host was met at an address of the claim's countries."""
    if not claim.countries:
        return True
    places = [place for (name, _), place in evidence.places.items() if name == host]
    return any(in_countries(claim, place) is True for place in places)


def _fits(claimed: RhythmClaim, rhythm: Rhythm) -> bool:
    if claimed.every_s is None:
        return True
    return abs(rhythm.period_s - claimed.every_s) <= claimed.tolerance * claimed.every_s


def _best(rhythms: Sequence[Rhythm]) -> list[Rhythm]:
    """One a host, the clearest first."""
    by_host: dict[str, Rhythm] = {}
    for rhythm in sorted(rhythms, key=lambda r: (r.p, r.period_s)):
        by_host.setdefault(rhythm.destination, rhythm)
    return list(by_host.values())[:MOST_PLACES]


def _rhythm_shown(rhythm: Rhythm) -> Remark:
    return Remark.of(
        Reason.RHYTHM_SHOWN,
        destination=rhythm.destination,
        period_s=rhythm.period_s,
        low_s=rhythm.low_s,
        high_s=rhythm.high_s,
        count=rhythm.count,
        missed=rhythm.missed,
    )


def _differs(claim: Claim, every_s: float, rhythms: Sequence[Rhythm]) -> Opinion:
    """A quantified statement against a measured rhythm of another period contradicts an assertion."""
    asserts = claim.polarity is Polarity.ASSERTS
    return Opinion(
        Outcome.CONTRADICTED if asserts else Outcome.WITHSTOOD,
        reasons=[
            Remark.of(
                Reason.RHYTHM_DIFFERS,
                destination=rhythm.destination,
                claimed_s=every_s,
                period_s=rhythm.period_s,
                low_s=rhythm.low_s,
                high_s=rhythm.high_s,
            )
            for rhythm in _best(rhythms)
        ],
        strength=Strength.MODERATELY_STRONG if asserts else None,
        alternative=Remark.of(Alternative.RANDOM_TIMES) if asserts else None,
    )


def _contact_shown(claim: Claim, series: dict[str, list[list[int]]]) -> Opinion:
    largest = sorted(series.items(), key=lambda item: (-len(item[1][0]), item[0]))[:MOST_PLACES]
    return Opinion(
        found(claim),
        reasons=[
            Remark.of(
                Reason.CONTACT_SHOWN,
                count=len(parts[0]),
                destination=host,
                first=Instant(parts[0][0]).text,
                last=Instant(parts[0][-1]).text,
            )
            for host, parts in largest
        ],
        strength=Strength.VERY_STRONG,
        alternative=Remark.of(Alternative.OTHER_APP),
    )


def _silence(claim: Claim, evidence: Evidence, contacts: int) -> Opinion:
    """No contact, or no rhythm in them."""
    scope = Scope(claim, evidence)
    if untested := untested_opinion(scope):
        return untested
    blindness = Blindness()
    time = hours(scope.nanoseconds("proven", "unproven"))
    if claim.rhythm is not None and 0 < contacts < LEAST_EVENTS:
        blindness.add(
            Remark.of(Reason.TOO_FEW_CONTACTS, contacts=contacts, needed=LEAST_EVENTS),
            Remark.of(Missing.CAPTURE_LONGER, hours=LEAST_HOURS),
        )
    elif time < LEAST_HOURS:
        blindness.add(
            Remark.of(Reason.TOO_SHORT, hours=time, needed=LEAST_HOURS),
            Remark.of(Missing.CAPTURE_LONGER, hours=LEAST_HOURS),
        )
    unnamed(scope, blindness)
    unknown_countries(scope, blindness)
    for rule in (unknown_conditions, refused_attempts, missing_hours, controls):
        rule(scope, Matches(), blindness)
    if blindness.reasons:
        return Opinion(Outcome.CANNOT_TELL, reasons=blindness.reasons, missing=blindness.missing)
    if contacts:
        said = Remark.of(Reason.NO_RHYTHM, contacts=contacts, hours=time)
    else:
        said = Remark.of(Reason.NO_CONTACT, hosts=claim.hosts, hours=time)
    return Opinion(not_found(claim), reasons=[said])


def unnamed(scope: Scope, blindness: Blindness) -> None:
    """Flows to addresses that nothing names may be contacts of the claim's hosts."""
    if not scope.claim.hosts:
        return
    for address in sorted({t.address for t in scope.traffic if t.host == "" and (t.flows or t.refused)}):
        size = sum(t.up for t in scope.traffic if t.host == "" and t.address == address)
        blindness.add(
            Remark.of(Reason.UNREAD_UNNAMED, address=address, bytes=size, reason="no_keys"),
            Remark.of(Missing.SUPPLY_KEYS, destination=address),
        )


def unknown_countries(scope: Scope, blindness: Blindness) -> None:
    """Contacts with the claim's hosts at addresses whose country is not known."""
    claim = scope.claim
    if not claim.countries:
        return
    hosts = {
        host
        for (host, _), place in scope.evidence.places.items()
        if host and place.country is None and host_matches(host, claim.hosts)
    }
    for host in sorted(hosts):
        blindness.add(
            Remark.of(Reason.COUNTRY_UNKNOWN, count=1, destination=host), Remark.of(Missing.SUPPLY_DATABASE)
        )

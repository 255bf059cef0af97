"""Routes for what everybody may read: the newest software and the catalogue, the same for every owner."""

from __future__ import annotations

from optin.cloud.exchange import Answer, Question
from optin.cloud.popularity import current_catalogue
from optin.cloud.problem import Problem
from optin.cloud.service import Service
from optin.cloud.statistics import SmallCohortError, estimate


def tell_update(service: Service, _: Question, __: str, ___: str) -> Answer:
    """GET /v1/updates/MODEL/BUILD: the newest software."""
    if service.update is None:
        raise Problem(404, "Not found", "No software is published.")
    return Answer(200, service.update.encode())


def tell_recommendations(service: Service, question: Question, _: str) -> Answer:
    """GET /v1/recommendations/MODEL: the signed catalogue, the same for all; the phone ranks it."""
    hour = f"{question.now:%Y-%m-%dT%H}"
    if hour not in service.kept:
        catalogue = current_catalogue(service.store, service.catalogue, question.now, service.noise)
        service.kept.clear()
        service.kept[hour] = catalogue.encode(question.now, service.keys.catalogue)
    return Answer(200, service.kept[hour])


def tell_statistics(service: Service, _: Question, model: str, week: str) -> Answer:
    """GET /v1/statistics/MODEL/WEEK: shares with their margins, where enough phones reported."""
    try:
        found = estimate(service.store.preference_sums(week, model))
    except SmallCohortError as error:
        raise Problem(403, "Small cohort", f"No figure is given: {error}.") from error
    rows = [
        {"metric": e.metric, "reports": e.reports, "share": round(e.share, 6), "margin95": round(e.margin, 6)}
        for e in found
    ]
    return Answer.of({"week": week, "model": model, "estimates": rows})


def tell_repository(service: Service, _: Question, part: str, file: str) -> Answer:
    """GET /v1/tuf/PART/FILE: a file of the TUF repository; what is in it is signed."""
    path = None if service.repository is None else service.repository / part / file
    if path is None or not path.is_file():
        raise Problem(404, "Not found", "There is no such file.")
    media_type = "application/json" if part == "metadata" else "application/octet-stream"
    return Answer(200, path.read_bytes(), media_type)

"""The routes of the local page. Thin: they read a request, ask the desk and the floors below, and answer."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from wirewitness.judge.case_text import Answers, case_text, claim_library
from wirewitness.judge.event_marks import append_event, event_row
from wirewitness.judge.events_log import read_events
from wirewitness.model.case_file import STATES
from wirewitness.model.decoding import TABLES
from wirewitness.model.errors import ArgumentError, WitnessError
from wirewitness.model.instant import Instant
from wirewitness.report.language import Language
from wirewitness.report.rendering import read_result
from wirewitness.report.texts import Texts
from wirewitness.report.visible import visible
from wirewitness.report.words import device_name, recorded_days
from wirewitness.web.compare import compare_exposures, compare_readable, compare_verdicts
from wirewitness.web.explore import OPERATORS, Filter, as_json, find_rows
from wirewitness.web.guard import REPORT_POLICY, Guard
from wirewitness.web.uploads import place_for, receive

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from starlette.requests import Request

    from wirewitness.web.desk import Desk

MOST_FORM = 1 << 18
_ASSETS = {"app.js": "text/javascript", "app.css": "text/css"}
Answerer = Callable[["Request"], Awaitable[Response]]


def make_app(desk: Desk, token: str, hosts: tuple[str, ...]) -> Guard:
    """The application behind its guard; `hosts` are the values of the Host header that it answers to."""
    page = Page(desk)
    routes = [
        Route("/", page.home),
        Route("/assets/{name}", page.asset),
        Route("/drafts", page.told(page.new_draft), methods=["POST"]),
        Route("/drafts/{draft}/files", page.told(page.upload), methods=["POST"]),
        Route("/drafts/{draft}/audit", page.told(page.start), methods=["POST"]),
        Route("/drafts/{draft}/events", page.told(page.mark), methods=["POST"]),
        Route("/drafts/{draft}/case", page.told(page.write_case), methods=["POST"]),
        Route("/jobs/{job}", page.told(page.job)),
        Route("/jobs/{job}/cancel", page.told(page.cancel), methods=["POST"]),
        Route("/cases/{case}/report", page.report),
        Route("/cases/{case}/explore", page.explore),
        Route("/cases/{case}/rows", page.told(page.rows)),
        Route("/compare", page.compare),
    ]

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        yield
        desk.jobs.close()

    app = Starlette(routes=routes, lifespan=lifespan)
    app.add_exception_handler(WitnessError, page.refused)
    return Guard(app, token, hosts)


class Page:
    """One method a route."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.texts = Texts(Language(desk.language))
        self._templates = Environment(
            loader=PackageLoader("wirewitness.web", "pages"),
            autoescape=True,
            undefined=StrictUndefined,
            finalize=lambda value: visible(value) if type(value) is str else value,
        )
        self._templates.globals["t"] = self.texts

    def told(self, answer: Callable[[Request], Awaitable[Any]]) -> Answerer:
        """A route that answers JSON; a mistake is one sentence in it."""

        async def route(request: Request) -> Response:
            try:
                return JSONResponse(await answer(request))
            except WitnessError as error:
                return JSONResponse({"error": visible(str(error))}, 400)

        return route

    async def refused(self, _request: Request, error: Exception) -> Response:
        """A page that cannot be shown, and why."""
        return self._page("refused.html.j2", 400, why=str(error))

    async def home(self, _request: Request) -> Response:
        """Cases, a new audit, a case file by form, events."""
        library = {name: claim_text_of(row, self.texts) for name, row in claim_library().items()}
        rows = [self._row(name, folder) for name, folder in self.desk.cases.items()]
        return self._page("home.html.j2", cases=rows, claims=library, states=STATES)

    async def asset(self, request: Request) -> Response:
        """Script and style."""
        name = request.path_params["name"]
        if name not in _ASSETS:
            return Response(status_code=404)
        text = files("wirewitness.web").joinpath("pages", name).read_text("utf-8")
        return Response(text, media_type=_ASSETS[name])

    async def new_draft(self, _request: Request) -> dict[str, str]:
        """A place for uploads."""
        return {"draft": self.desk.new_draft()}

    async def upload(self, request: Request) -> dict[str, int]:
        """One file, its bytes as the body."""
        name = request.path_params["draft"]
        room = self.desk.room(name)
        query = request.query_params
        place = place_for(self.desk.draft(name), query.get("role", ""), query.get("name", ""))
        size = await receive(request.stream(), place, room)
        self.desk.used[name] += size
        return {"bytes": size}

    async def start(self, request: Request) -> dict[str, str]:
        """Begin the audit of a draft."""
        return {"job": self.desk.start(request.path_params["draft"]).id}

    async def job(self, request: Request) -> dict[str, object]:
        """How far it is."""
        job = self.desk.jobs.get(request.path_params["job"])
        if job is None:
            raise ArgumentError("there is no such audit")
        words = self.texts.label("cli.stage", job.stage)
        return {
            "state": job.state,
            "stage": words,
            "done": job.done,
            "total": job.total,
            "error": visible(job.error),
            "case": self.desk.finished(job),
        }

    async def cancel(self, request: Request) -> dict[str, str]:
        """Stop it."""
        job = self.desk.jobs.get(request.path_params["job"])
        if job is None:
            raise ArgumentError("there is no such audit")
        await asyncio.to_thread(self.desk.jobs.cancel, job)
        return {"state": job.state}

    async def mark(self, request: Request) -> dict[str, object]:
        """An event, now."""
        form = await self._form(request)
        log = self.desk.draft(request.path_params["draft"]) / "events.csv"
        now = Instant.of(datetime.now(UTC).replace(microsecond=0))
        append_event(log, event_row(str(form.get("event", "")), now, str(form.get("note", ""))))
        events = [f"{one.time.text}  {one.key} {one.value}".rstrip() for one in read_events(log)]
        return {"events": [visible(one) for one in events]}

    async def write_case(self, request: Request) -> dict[str, str]:
        """A case file of the form's answers, kept in the draft."""
        form = await self._form(request)
        folder = self.desk.draft(request.path_params["draft"])
        captures = sorted(path.name for path in (folder / "capture").glob("*"))
        keys = sorted(path.name for path in (folder / "keys").glob("*"))
        text = case_text(
            Answers(
                title=_words(form, "title"),
                vendor=_words(form, "vendor"),
                model=_words(form, "model"),
                build=_words(form, "build"),
                hosts=tuple(_words(form, "hosts").replace(",", " ").split()),
                captures=tuple((f"capture/{one}", f"keys/{keys[0]}" if keys else "") for one in captures),
                taken_by=_words(form, "by"),
                taken_where=_words(form, "where"),
                claims=tuple(str(one) for one in form.get("claims", [])),
            )
        )
        if not (folder / "owner.toml").exists():
            (folder / "owner.toml").write_text('format = "wirewitness-owner/1"\n', "utf-8")
        if not (folder / "events.csv").exists():
            (folder / "events.csv").write_text("time,event,key,value,note\n", "utf-8")
        (folder / "case.toml").write_text(text, "utf-8")
        return {"text": text}

    async def report(self, request: Request) -> Response:
        """The report of a case, with its own policy."""
        path = self.desk.case(request.path_params["case"]) / "report.html"
        if not path.is_file():
            raise ArgumentError("this case has no report.html; run wirewitness report on it")
        return HTMLResponse(path.read_bytes(), headers={"content-security-policy": REPORT_POLICY})

    async def explore(self, request: Request) -> Response:
        """The page of filters."""
        name = request.path_params["case"]
        row = self._row(name, self.desk.case(name))
        return self._page("explore.html.j2", case=row, tables=TABLES, operators=list(OPERATORS))

    async def rows(self, request: Request) -> dict[str, object]:
        """Rows of a table that pass the filters."""
        query = request.query_params
        parts = [query.getlist(key) for key in ("column", "operator", "value")]
        filters = [Filter(*one) for one in zip(*parts, strict=False) if one[0] and one[2]]
        folder = self.desk.case(request.path_params["case"])
        found = await asyncio.to_thread(
            find_rows, folder, query.get("table", "message"), filters, query.get("order", "")
        )
        return as_json(found)

    async def compare(self, request: Request) -> Response:
        """Two cases side by side."""
        names = [request.query_params.get(key, "") for key in ("a", "b")]
        if not all(names):
            return RedirectResponse("./", 303)
        folders = [self.desk.case(name) for name in names]
        left, right = (read_result(folder) for folder in folders)
        return self._page(
            "compare.html.j2",
            left=self._row(names[0], folders[0]),
            right=self._row(names[1], folders[1]),
            readable=compare_readable(left, right, self.texts),
            verdicts=compare_verdicts(left, right, self.texts),
            exposures=compare_exposures(left, right, self.texts),
        )

    def _row(self, name: str, folder: Path) -> dict[str, object]:
        result = read_result(folder)
        return {
            "name": name,
            "title": result.title or folder.name,
            "folder": "/".join(folder.resolve().parts[-2:]),
            "device": device_name(result, self.texts),
            "dates": recorded_days(result, self.texts),
            "verdicts": len(result.verdicts),
            "exposures": len(result.exposures),
        }

    def _page(self, template: str, status: int = 200, **values: object) -> HTMLResponse:
        return HTMLResponse(self._templates.get_template(template).render(**values), status)

    async def _form(self, request: Request) -> dict[str, Any]:
        data = b""
        async for chunk in request.stream():
            data += chunk
            if len(data) > MOST_FORM:
                raise ArgumentError("that is too much for a form")
        try:
            form = json.loads(data)
        except (ValueError, RecursionError):
            raise ArgumentError("the form did not arrive whole") from None
        if not isinstance(form, dict):
            raise ArgumentError("the form did not arrive whole")
        return form


def claim_text_of(row: dict[str, Any], texts: Texts) -> str:
    """The words of a claim of the library."""
    words: dict[str, str] = row["text"]
    return words.get(texts.language.value, words["en"])


def _words(form: dict[str, Any], key: str) -> str:
    return str(form.get(key, "")).strip()[:500]

"""A cloud that is an ASGI application is asked in virtual time."""

import asyncio

import pytest
from starlette.applications import Starlette
from starlette.requests import Request as AsgiRequest
from starlette.responses import JSONResponse
from starlette.routing import Route

from wirelab.asgi import asgi_service
from wirelab.lab import Request


async def echo(request: AsgiRequest) -> JSONResponse:
    body = await request.body()
    return JSONResponse(
        {
            "path": request.url.path, "query": dict(request.query_params), "size": len(body),
            "agent": request.headers.get("user-agent"), "host": request.url.hostname, "scheme": request.url.scheme,
        },
        status_code=201,
    )  # fmt: skip


def test_an_application_answers_through_the_whole_laboratory(stage) -> None:
    story = stage()
    app = Starlette(routes=[Route("/v1/{name}", echo, methods=["POST"])])
    story.lab.host("api.example", story.lab.addresses.pick("CN"), "CN", asgi_service(app))
    story.fetch("api.example", b"x" * 100_000, "/v1/%E4%BD%A0?a=1&b=%20")
    story.run()
    [exchange] = story.answers
    assert exchange.response.status == 201
    assert exchange.response.header("Content-Type") == "application/json"
    for part in (
        b'"size":100000',
        b'"agent":"VendorCloud/5.1"',
        b'"b":" "',
        b'"host":"api.example"',
        b'"scheme":"https"',
    ):
        assert part in exchange.response.body
    assert "/v1/\u4f60".encode() in exchange.response.body


def test_what_the_application_does_not_know_is_its_own_404() -> None:
    assert asgi_service(Starlette())(Request("GET", "api.example", "/none")).status == 404


def test_an_application_that_sleeps_is_refused() -> None:
    async def sleepy(scope, receive, send) -> None:
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="virtual time"):
        asgi_service(sleepy)(Request("GET", "api.example"))


def test_an_application_that_says_nothing_is_named() -> None:
    async def silent(scope, receive, send) -> None:
        await receive()

    with pytest.raises(RuntimeError, match="gave no answer to GET /x"):
        asgi_service(silent)(Request("GET", "api.example", "/x?secret=1"))

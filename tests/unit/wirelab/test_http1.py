"""HTTP/1.1 as clouds really answer: without bodies, in chunks, and closing when they please."""

import pytest

from wirelab.lab import App, Request, Response


@pytest.mark.parametrize(
    ("method", "answer", "got"),
    [
        ("GET", Response(204), b""),
        ("GET", Response(304, (("ETag", '"1"'),)), b""),
        ("HEAD", Response(200, (("Content-Length", "5000"),)), b""),
        ("GET", Response(200, (("Transfer-Encoding", "chunked"),), b"piece" * 9000), b"piece" * 9000),
        ("GET", Response(404, (), b"no such thing"), b"no such thing"),
    ],
)
def test_answers_of_every_shape_leave_the_connection_usable(stage, method, answer, got) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("DE"), "DE", lambda _: answer)
    for second in (0, 5):
        story.lab.clock.after(
            second,
            lambda: story.lab.phone.fetch(Request(method, "a.example"), story.app, story.answers.append),
        )
    story.run()
    assert [(item.response.status, item.response.body) for item in story.answers] == [
        (answer.status, got)
    ] * 2
    assert [sent.number for sent in story.sent if sent.protocol == "http/1.1"] == [0, 1]


def test_a_host_that_closes_after_each_answer_gets_a_new_connection_each_time(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host(
        "a.example",
        story.lab.addresses.pick("DE"),
        "DE",
        lambda _: Response(200, (("Connection", "close"),), b"bye"),
    )
    for second in (0, 5, 10):
        story.lab.clock.after(second, lambda: story.fetch("a.example", b"x"))
    story.run()
    assert len(story.answers) == 3
    assert len({sent.flow for sent in story.sent if sent.protocol == "http/1.1"}) == 3


def test_a_chunked_request_arrives_whole(stage) -> None:
    story = stage()
    story.lab.host("a.example", story.lab.addresses.pick("DE"), "DE", story.cloud)
    request = Request("POST", "a.example", "/", (("Transfer-Encoding", "chunked"),), b"abc" * 30_000)
    story.lab.phone.fetch(request, story.app, story.answers.append)
    story.run()
    assert [asked.body for asked in story.asked] == [request.body]


def test_a_crowd_of_requests_shares_four_connections(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("DE"), "DE", story.cloud)
    for number in range(30):
        story.fetch("a.example", b"%d" % number)
    story.run()
    assert sorted(int(asked.body) for asked in story.asked) == list(range(30))
    assert len({sent.flow for sent in story.sent if sent.protocol == "http/1.1"}) == 4


def test_apps_do_not_share_connections(stage) -> None:
    story = stage()
    story.lab.record(story.folder / "c.pcapng")
    story.lab.host("a.example", story.lab.addresses.pick("DE"), "DE", story.cloud)
    for name in ("one", "two"):
        story.lab.phone.fetch(Request("GET", "a.example"), App(name))
    story.run()
    assert len({sent.flow for sent in story.sent if sent.protocol == "http/1.1"}) == 2


def test_a_header_that_the_world_gave_is_not_given_twice(stage) -> None:
    story = stage()
    story.lab.host("a.example", story.lab.addresses.pick("DE"), "DE", story.cloud)
    headers = (("host", "front.example"), ("USER-AGENT", "mine"), ("content-length", "2"))
    story.lab.phone.fetch(Request("POST", "a.example", "/", headers, b"ok"), story.app)
    story.run()
    assert story.asked[0].headers == headers

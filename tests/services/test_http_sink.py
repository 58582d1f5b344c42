"""The HTTP sink: what it records, and what it answers."""

from __future__ import annotations

import httpx

from tests.services.http_sink import Reply, Sink


def test_it_records_what_arrives(sink: Sink) -> None:
    answer = httpx.post(f"{sink.url}/services/T0/B0", json={"text": "late"}, headers={"X-A": "1"})
    assert (answer.status_code, answer.text) == (200, "ok")
    (request,) = sink.received
    assert (request.method, request.path) == ("POST", "/services/T0/B0")
    assert request.json() == {"text": "late"}
    assert request.headers["x-a"] == "1"


def test_it_answers_what_it_is_told_to(sink: Sink) -> None:
    sink.replies["/token"] = Reply(200, {"access_token": "t"})
    sink.reply = Reply(503, "later")
    assert httpx.put(f"{sink.url}/token?x=1").json() == {"access_token": "t"}
    assert httpx.get(sink.url).status_code == 503
    assert [request.method for request in sink.received] == ["PUT", "GET"]

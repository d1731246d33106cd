# SPDX-License-Identifier: Apache-2.0
"""POST /events as anybody may send it."""

import json
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest


@pytest.fixture
def event(playground, module):
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    return playground.delivery_body("git.pullrequest.created", pull)


def test_a_wrong_password_is_refused(server, event):
    assert server.post_event(event, password="wrong-password")[0] == 401
    assert server.post_event(event, user="other")[0] == 401


def test_without_credentials_nothing_is_taken(server, event):
    status, _ = server.request("POST", "/events", event, {"Content-Type": "application/json"})
    assert status == 401


def test_the_password_is_asked_before_the_body_is_read(server):
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as client:
        client.sendall(b"POST /events HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n"
                       b"Content-Length: 100000\r\nExpect: 100-continue\r\n\r\n")
        assert client.recv(64).startswith(b"HTTP/1.1 401")


@pytest.mark.parametrize("body", [
    "", "{", "[]", "null", "7", '{"eventType": 1}', '{"eventType": "git.pullrequest.created"}',
    '{"eventType": "git.pullrequest.created", "resource": null}', "{}" * 3, "[" * 100000,
    '{"eventType": "git.pullrequest.created", "resource": {"pullRequestId": 1e400}}',
])
def test_what_is_no_event_is_refused_with_a_reason(server, body):
    status, text = server.post_event(body)
    assert status == 400
    assert text.strip()


def test_unknown_events_are_taken_and_left(server):
    status, text = server.post_event(json.dumps({
        "id": "1", "eventType": "build.complete", "resource": {"id": 1}}))
    assert status == 200
    assert "build.complete" in text


@pytest.mark.parametrize("content_type", [
    "application/json; charset=utf-8", "application/json;charset=UTF-8", "Application/JSON"])
def test_the_content_type_may_have_parameters(server, event, content_type):
    assert server.post_event(event, content_type=content_type)[0] == 200


def test_another_content_type_is_refused(server, event):
    assert server.post_event(event, content_type="text/plain")[0] == 415


def test_I1_the_same_delivery_is_taken_once(server, event):
    first, second = server.post_event(event), server.post_event(event)
    assert (first[0], second[0]) == (200, 200)
    assert "nothing to do" in second[1]


def test_I1_deliveries_that_come_together_are_each_told_what_became_of_them(server, playground, event):
    playground.wait_for_deliveries()  # the event itself
    bodies = [json.dumps({**json.loads(event), "id": str(number)}) for number in range(20)] * 2
    with ThreadPoolExecutor(len(bodies)) as senders:
        answers = list(senders.map(server.post_event, bodies))
    assert {status for status, _ in answers} == {200}
    told = [text for _, text in answers]
    assert told.count("no new commit: nothing to do") == 20
    assert told.count("seen before: nothing to do") == 20


def test_I8_a_body_over_the_limit_is_refused(server):
    status, _ = server.post_event("x" * (5 << 20))
    assert status == 413


def test_health_and_status(server):
    assert json.loads(server.get("/healthz")[1]) == {"status": "ok"}
    assert json.loads(server.get("/readyz")[1]) == {"status": "ok"}
    status = json.loads(server.get("/status")[1])
    assert status["shutting_down"] is False
    assert status["in_progress_operations"] == 0
    assert status["version"]
    assert server.get("/nothing")[0] == 404
    assert server.get("/events")[0] == 405


def test_a_pattern_that_is_none_stops_the_start(make_server):
    server = make_server(start=False, autoplan_file_list="**/*.tf,[a")
    server.start(wait=False)
    assert server.wait_for_death() == 1
    assert "--autoplan-file-list" in server.log() and "[a" in server.log()

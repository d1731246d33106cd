# SPDX-License-Identifier: Apache-2.0
"""
SIGKILL at every step of the way of an event: the server is started again, and the pull request ends
up with the same comments and statuses as without the kill, once each (I1, I7). An apply that was
killed midway is reported and never repeated.
"""

import http.client
import json
import re
import sqlite3
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from server import BUILD_ROOT, wait_until

# On the way of what no event told of, which has its test in test_reconcile.py.
OF_LOOKING = {"pulls-listed", "missed-stored", "hook-enabled"}

STEPS = subprocess.run([BUILD_ROOT / "tests" / "crash" / "list-steps"], check=True,
                       capture_output=True, text=True).stdout.split()
STEPS = [step for step in STEPS if step not in OF_LOOKING]

# The way of an unlock and of a close, which have a story of their own.
OF_RELEASE = ["command-claimed", "locks-released", "results-stored", "post-claimed", "post-answered", "post-stored"]

# While terraform applies there is no telling how far it came.
MIDWAY = {"plan-consumed", "apply-done"}
# What plan and apply both go through is a place to die in each of them.
OF_ONE = MIDWAY | {"projects-selected", "checked-out", "locks-taken", "init-done", "plan-done", "plan-checked", "apply-recorded"}


@pytest.fixture
def crashing(make_server):
    def make(at):
        server = make_server(start=False, program=BUILD_ROOT / "tests" / "crash" / "hadal-crash")
        server.extra_env["CRASH_AT"] = at
        return server

    return make


def normal(text):
    """What is the same in two runs of the same story."""
    text = re.sub(r"[0-9a-f]{40}|\b[0-9a-f]{7,10}\b", "COMMIT", text)
    text = re.sub(r"hadal:[\w:-]+", "hadal:KEY", text)
    text = re.sub(r"/[^\s\"]*states/", "STATES/", text)
    return re.sub(r"id=[0-9a-f-]{36}|\[id=[^\]]*\]", "ID", text)


def told(pull):
    comments = sorted(normal(comment.text) for comment in pull.comments(by="bot"))
    statuses = sorted((status.name, status.state, status.description)
                      for status in pull.status_history() if status.state != "pending")
    return comments, statuses


def story(server, playground, module, survive):
    """Opens a pull request, plans, applies; survive() runs after each thing that may kill."""
    net = module("net")
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    survive()
    pull.wait_for_comment(containing="1 to add")
    pull.wait_for_status("Atlantis Bot/atlantis/plan", "succeeded")
    server.wait_until_idle()
    pull.comment("atlantis apply")
    survive()
    return pull, net


@pytest.fixture(scope="module")
def expected():
    return {}


def survivor(server, playground):
    """After each thing that may kill: the one death is seen, and the server is started again."""
    def is_settled():
        if server.process.poll() is not None:
            return "dead"
        try:
            playground.wait_for_deliveries(timeout=0)
            return "idle" if server.is_idle() else None
        except (AssertionError, OSError):
            return None

    def survive():
        if "CRASH_AT" not in server.extra_env:
            return
        if wait_until(is_settled, "the server dies or has nothing left to do") == "dead":
            server.wait_for_death()
            del server.extra_env["CRASH_AT"]
            server.start()

    return survive


def finished(pull, server):
    pull.wait_for_comment(containing="Apply")
    pull.wait_for_status("Atlantis Bot/atlantis/apply", ("succeeded", "failed"))
    server.wait_until_idle()


def test_the_story_without_a_kill(crashing, playground, module, expected):
    server = crashing("never").start()
    pull, net = story(server, playground, module, lambda: None)
    finished(pull, server)
    assert net.applied() == ["one"]
    expected["told"] = told(pull)


@pytest.mark.parametrize("at", [step for step in STEPS if step not in MIDWAY | {"locks-released"}]
                         + [f"{step}:2" for step in STEPS if step not in OF_ONE | {"locks-released"}])
def test_I1_I7_a_kill_changes_nothing(crashing, playground, module, expected, at):
    server = crashing(at).start()
    pull, net = story(server, playground, module, survivor(server, playground))
    finished(pull, server)
    assert "CRASH_AT" not in server.extra_env, f"{at} was never reached"
    assert net.applied() == ["one"]
    if expected:
        assert told(pull) == expected["told"]


def stored_deliveries(server):
    with sqlite3.connect(f"file:{server.data_dir}/hadal.db?mode=ro", uri=True) as database:
        return {key for (key,) in database.execute("SELECT key FROM delivery")}


def test_I1_what_was_answered_before_a_kill_is_stored_and_the_rest_may_come_again(crashing, playground, module):
    server = crashing("event-stored:20").start()
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    playground.wait_for_deliveries()
    event = json.loads(playground.delivery_body("git.pullrequest.created", pull))
    bodies = {key: json.dumps({**event, "id": key}) for key in (f"delivery-{number:02}" for number in range(40))}

    def send(key):
        try:
            return key, server.post_event(bodies[key])
        except (OSError, http.client.HTTPException):
            return key, None

    def send_all():
        with ThreadPoolExecutor(8) as senders:
            return {key: answer for key, answer in senders.map(send, bodies) if answer}

    answered = send_all()
    server.wait_for_death()
    assert 0 < len(answered) < 20
    stored = stored_deliveries(server)
    assert all(any(key in name for name in stored) for key in answered)
    del server.extra_env["CRASH_AT"]
    server.start()
    again = send_all()
    assert {status for status, _ in again.values()} == {200} and again.keys() == bodies.keys()
    assert all(again[key][1] == "seen before: nothing to do" for key in answered)
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    assert len(stored_deliveries(server)) == 1 + len(bodies)
    assert len(pull.comments(by="bot")) == 1


@pytest.mark.parametrize("at", sorted(MIDWAY))
def test_I1_an_apply_killed_midway_is_reported_and_never_repeated(crashing, playground, module, at):
    server = crashing(at).start()
    pull, net = story(server, playground, module, survivor(server, playground))
    finished(pull, server)
    assert "CRASH_AT" not in server.extra_env
    (report,) = [comment for comment in pull.comments(by="bot") if "interrupted" in comment.text.lower()]
    assert report.thread_status == "active"
    assert "The state is not locked." in report.text or "The state is locked (ID " in report.text
    pull.wait_for_status("Atlantis Bot/atlantis/apply", "failed")
    applied = net.applied()
    assert applied in (None, [], ["one"])

    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="no plan that could be applied")
    assert net.applied() == applied


def unlock(pull):
    pull.comment("atlantis unlock")
    return "### Unlock: 1 project given up"


def abandon(pull):
    pull.abandon()
    return "### Closed: 1 lock released"


def release_story(crashing, playground, module, at, give_up):
    """Plans, and gives up what it holds with a server that dies at a step; what that is told as."""
    server = crashing("never").start()
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    server.stop()
    server.extra_env["CRASH_AT"] = at
    server.start()
    begin = give_up(pull)
    if at != "never":
        survivor(server, playground)()
        assert "CRASH_AT" not in server.extra_env, f"{at} was never reached"
    pull.wait_for_comment(containing=begin)
    server.wait_until_idle()
    return told(pull)


@pytest.fixture(scope="module")
def expected_release():
    return {}


@pytest.mark.parametrize("give_up, at", [(unlock, step) for step in ["never"] + OF_RELEASE]
                         + [(abandon, step) for step in ["never", "pull-read"] + OF_RELEASE])
def test_I7_a_kill_changes_nothing_in_the_reply_to_a_release(crashing, playground, module, expected_release,
                                                             give_up, at):
    now = release_story(crashing, playground, module, at, give_up)
    assert len(now[0]) == 2
    assert now == expected_release.setdefault(give_up, now)

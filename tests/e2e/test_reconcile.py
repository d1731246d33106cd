# SPDX-License-Identifier: Apache-2.0
"""
What no webhook tells of: the server was down, or the host sent nothing. It looks by itself, acts once, and what
arrives late changes nothing (I1, I5).
"""

import pytest

PLAN = "Atlantis Bot/atlantis/plan"


@pytest.fixture
def lost(playground):
    """Events that happen from now on are kept back: lost() again lets them go, as a late delivery."""
    def set_held(held=True):
        playground.control("POST", "deliveries/hold", {"held": held})
        if not held:
            playground.wait_for_deliveries()

    return set_held


@pytest.fixture
def known(make_server, playground, repo, module):
    """A server that knows the repository by a planned pull request, and is stopped."""
    server = make_server()
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    playground.wait_for_deliveries()
    server.stop()
    return server, pull


def comments(pull, text):
    return [comment for comment in pull.comments(by="bot") if text in comment.text]


def looked(server):
    server.wait_for(lambda: "findings" in server.status() and server.status()["findings"]["checked_at"] > 0,
                    "the server looked around")


def late(server, lost):
    """What was lost arrives after all."""
    lost(False)
    server.wait_until_idle()


def test_I1_a_pull_request_that_was_opened_meanwhile_is_planned_once(known, repo, module, lost):
    server, _ = known
    lost()
    other = repo.open_pull_request({"dns/main.tf": module("dns").text()})
    server.start()
    other.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    late(server, lost)
    assert len(comments(other, "1 to add")) == 1


def test_I5_pushes_that_were_missed_are_one_plan(known, module, lost):
    server, pull = known
    lost()
    pull.push({"net/main.tf": module("net", values=("one", "two")).text()})
    head = pull.push({"net/main.tf": module("net", values=("one", "two", "three")).text()})
    server.start()
    pull.wait_for_comment(containing="3 to add")
    server.wait_until_idle()
    late(server, lost)
    assert len(comments(pull, "3 to add")) == 1 and not comments(pull, "2 to add")
    assert pull.head == head


def test_I1_a_comment_that_was_missed_is_acted_on_once(known, lost):
    server, pull = known
    lost()
    pull.comment("atlantis plan")
    server.start()
    pull.wait_for_comments(2, containing="1 to add")
    server.wait_until_idle()
    late(server, lost)
    assert len(comments(pull, "1 to add")) == 2


def test_an_edited_comment_that_was_missed_is_left_alone(known, lost):
    server, pull = known
    lost()
    pull.edit_comment(pull.comment("atlantis help"), "atlantis unlock")
    server.start()
    looked(server)
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 1


def test_I1_an_apply_of_just_now_is_done_once(known, module, lost):
    server, pull = known
    lost()
    pull.comment("atlantis apply")
    server.start()
    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()
    late(server, lost)
    assert len(comments(pull, "### Apply")) == 1
    assert module("net").applied() == ["one"]


def test_an_apply_that_a_missed_push_has_overtaken_is_answered(known, module, lost):
    server, pull = known
    lost()
    pull.comment("atlantis apply")
    pull.push({"net/main.tf": module("net", values=("one", "two")).text()})
    pull.wait_until_older_than(6)
    server.start()
    pull.wait_for_comment(containing="2 to add")
    pull.wait_for_comment(containing="Apply not done")
    server.wait_until_idle()
    late(server, lost)
    assert len(comments(pull, "### Apply")) == 1
    assert module("net").applied() in (None, [])


@pytest.mark.parametrize("close", ["abandon", "complete"])
def test_I6_a_pull_request_that_was_closed_meanwhile_gives_up_its_locks(known, repo, module, lost, close):
    server, pull = known
    lost()
    getattr(pull, close)()
    other = repo.open_pull_request({"net/main.tf": module("net", values=("other",)).text()})
    server.start()
    pull.wait_for_comment(containing="1 lock released")
    server.wait_until_idle()
    other.comment("atlantis plan", deliver=True)
    other.wait_for_comment(containing="1 to add")
    late(server, lost)
    assert len(comments(pull, "lock released")) == 1


def test_what_has_not_changed_costs_a_list_and_a_conversation(known, playground):
    server, pull = known
    before = len(pull.comments())
    playground.forget_requests()
    server.start()
    looked(server)
    server.wait_until_idle()
    calls = [f"{r['method']} {r['path'].rsplit('/', 1)[1]}" for r in playground.requests("rest")]
    assert calls == ["GET pullrequests", "GET threads"]
    assert len(pull.comments()) == before


def test_pull_requests_from_before_the_server_are_left_alone(make_server, playground, module):
    other = playground.create_repo("platform/old", {"README.md": "old\n"})
    old = other.open_pull_request({"net/main.tf": module("net").text()})
    old.comment("atlantis plan")
    port = playground.port
    server = make_server(repo_allowlist=f"127.0.0.1:{port}/playground/platform/*")
    looked(server)
    server.wait_until_idle()
    assert not old.comments(by="bot")


def test_a_repository_is_found_by_the_allowlist(make_server, playground, repo, module, lost):
    port = playground.port
    server = make_server(repo_allowlist=f"127.0.0.1:{port}/playground/platform/*")
    looked(server)
    server.stop()
    lost()
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    server.start()
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    late(server, lost)
    assert len(comments(pull, "1 to add")) == 1


def test_lost_events_of_a_running_server_are_found_and_told(make_server, repo, module, lost):
    server = make_server(reconcile_interval="1s")
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    looked(server)
    lost()
    for values in (("one", "two"), ("one", "two", "three")):
        pull.push({"net/main.tf": module("net", values=values).text()})
        pull.wait_for_comment(containing=f"{len(values)} to add")
    server.wait_for_log("level=warn.*events: webhooks are late or do not arrive: 2 changes")
    assert "events" in [problem["check"] for problem in server.status()["findings"]["problems"]]
    late(server, lost)
    assert len(comments(pull, "2 to add")) == len(comments(pull, "3 to add")) == 1


def test_a_host_that_refuses_is_a_finding(known, playground):
    server, _ = known
    playground.fault(match="rest", count=1000, status=401, containing="pullrequests")
    server.start()
    server.wait_for_log("level=warn.* cannot be listed.*credential was refused")
    found = server.status()["findings"]["problems"]
    assert [f["check"] for f in found] == ["host"] and "cannot be listed" in found[0]["problem"]
    playground.clear_faults()


def test_I9_a_silent_host_does_not_hold_up_the_end(known, playground):
    server, _ = known
    playground.fault(match="rest", count=1, hang_ms=20000, containing="pullrequests")
    server.start()
    server.wait_for(lambda: not playground.faults() or playground.faults()[0]["left"] == 0, "the call hangs")
    server.stop(timeout=5)

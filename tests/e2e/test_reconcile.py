# SPDX-License-Identifier: Apache-2.0
"""
What no webhook tells of: the server was down, or the host sent nothing. It looks by itself, acts once, and what
arrives late changes nothing (I1, I5).
"""

import contextlib
import socket
import subprocess

import pytest

from receiver import Receiver
from server import BUILD_ROOT


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
    """The process that runs now has looked around: what /status has may be of the one before."""
    began = int(server.started_at * 1000)
    server.wait_for(lambda: server.status().get("findings", {}).get("checked_at", 0) >= began, "the server looked around")


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


@pytest.fixture
def small_disk(tmp_path):
    """Makes a directory a disk of its own, of so many MB."""
    mounted = []

    def mount(directory, megabytes):
        directory.mkdir(parents=True)
        if subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={megabytes}m", "none", directory]).returncode:
            pytest.skip("only root may mount, and not everywhere")
        mounted.append(directory)

    yield mount
    for directory in mounted:
        subprocess.run(["umount", "--lazy", directory], check=True)


def test_a_disk_that_is_nearly_full_is_told_until_there_is_room(make_server, small_disk):
    server = make_server(start=False, reconcile_interval="1s")
    small_disk(server.data_dir, 200)
    filler = server.data_dir / "filler"
    filler.write_bytes(bytes(120 << 20))
    server.start()
    server.wait_for_log("level=warn.*disk: .* is nearly full: 7. MB are left")
    assert [problem["check"] for problem in server.status()["findings"]["problems"]] == ["disk"]
    filler.unlink()
    server.wait_for_log("no longer: disk")


SUBSCRIPTIONS = "_apis/hooks/subscriptions"


@pytest.fixture
def addressed(make_server, playground, repo, module):
    """As known; and the server knows under which address events reach it."""
    server = make_server(start=False)
    server.settings["atlantis-url"] = f"http://127.0.0.1:{server.port}"
    server.start()
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    playground.wait_for_deliveries()
    server.stop()
    return server, pull


@contextlib.contextmanager
def somebody_else_at(port):
    """Something answers every event with 500."""
    bound = socket.socket()
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    bound.bind(("127.0.0.1", port))
    with Receiver([500] * 100, bound) as receiver:
        yield receiver


def statuses(playground):
    return {hook["status"] for hook in playground.subscriptions()}


def switch_off(playground, status):
    for hook in playground.rest("GET", SUBSCRIPTIONS).json()["value"]:
        playground.rest("PUT", f"{SUBSCRIPTIONS}/{hook['id']}", {**hook, "status": status})


@pytest.mark.parametrize("status", ["onProbation", "disabledBySystem"])
def test_a_subscription_that_is_out_of_service_is_enabled_again(addressed, playground, module, status):
    server, pull = addressed
    switch_off(playground, status)
    server.start()
    server.wait_for(lambda: statuses(playground) == {"enabled"}, "all subscriptions are enabled")
    server.wait_for_log("is enabled again")
    pull.push({"net/main.tf": module("net", values=("one", "two")).text()})
    pull.wait_for_comment(containing="2 to add")  # with our password: the one it was saved with was masked


def test_a_subscription_that_somebody_switched_off_is_told_of(addressed, playground):
    server, _ = addressed
    switch_off(playground, "disabledByUser")
    server.start()
    looked(server)
    server.wait_for_log("level=warn.*switched off by somebody: enable it")
    assert statuses(playground) == {"disabledByUser"}
    assert {p["check"] for p in server.status()["findings"]["problems"]} == {"subscriptions"}


def test_I1_deliveries_that_failed_are_read_back_and_done_once(addressed, playground, module):
    server, pull = addressed
    with somebody_else_at(server.port):
        pull.push({"net/main.tf": module("net", values=("one", "two")).text()})
        pull.comment("atlantis version")
        playground.wait_for_deliveries()
    assert "onProbation" in statuses(playground)
    lists = {"containing": "git/pullrequests", "status": 404}  # nothing else than the history can tell
    playground.fault(match="rest", count=1000, **lists)
    server.start()
    pull.wait_for_comment(containing="2 to add")
    pull.wait_for_comment(containing="### Version")
    server.wait_for(lambda: statuses(playground) == {"enabled"}, "all subscriptions are enabled")
    server.wait_until_idle()
    playground.clear_faults()
    for delivery in playground.deliveries():
        if delivery["status"] == "failed":
            playground.redeliver(delivery)
    playground.wait_for_deliveries()
    server.wait_until_idle()
    assert len(comments(pull, "2 to add")) == len(comments(pull, "### Version")) == 1


def test_a_history_with_nonsense_and_others_repositories_is_read_past(addressed, playground, module):
    server, pull = addressed
    server.settings["repo-allowlist"] = f"127.0.0.1:{playground.port}/playground/platform/*"
    other = playground.create_repo("other/secret", {"README.md": "x\n"})
    hook = playground.rest("GET", SUBSCRIPTIONS).json()["value"][0]
    with somebody_else_at(server.port):
        foreign = other.open_pull_request({"net/main.tf": module("net").text()})
        foreign.comment("atlantis plan")
        for event in ("[]", "{}", '{"eventType": "git.pullrequest.updated", "resource": null}',
                      '{"eventType": "ms.vss-code.git-pullrequest-comment-event", "resource": {"comment": {}}}'):
            playground.wait_for_delivery(playground.send_event(event, subscription=hook["id"]), "failed")
        pull.comment("atlantis version")
        playground.wait_for_deliveries()
    playground.fault(match="rest", count=1000, status=404, containing="git/pullrequests")  # only the history tells
    server.start()
    pull.wait_for_comment(containing="### Version")
    server.wait_for(lambda: statuses(playground) == {"enabled"}, "all subscriptions are enabled")
    server.wait_until_idle()
    playground.clear_faults()
    assert not foreign.comments(by="bot")


def test_without_the_right_to_see_subscriptions_that_is_told_once(addressed, playground):
    server, _ = addressed
    playground.fault(match="rest", count=1000, status=403, containing="hooks/")
    server.settings["reconcile-interval"] = "1s"
    server.start()
    playground.forget_requests()
    server.wait_for(lambda: len(playground.requests("rest", containing="hooks/")) >= 3, "three looks")
    lines = [line for line in server.log().splitlines() if "subscriptions of service hooks cannot be" in line]
    assert len(lines) == 1 and "View subscriptions" in lines[0], lines
    playground.clear_faults()
    server.wait_for(lambda: not server.status()["findings"]["problems"], "nothing is wrong any more")
    server.wait_for_log("no longer: subscriptions")


def test_a_look_without_news_is_three_calls(addressed, playground):
    server, _ = addressed
    server.settings["reconcile-interval"] = "1s"
    server.start()
    looked(server)
    playground.forget_requests()
    server.wait_for(lambda: len(playground.requests("rest", containing="hooks/subscriptions")) >= 2, "two more looks")
    calls = [f"{r['method']} {r['path'].rsplit('/', 1)[1]}" for r in playground.requests("rest")]
    at = calls.index("GET pullrequests")
    assert calls[at:at + 3] == ["GET pullrequests", "GET threads", "GET subscriptions"]
    assert set(calls) == set(calls[at:at + 3])


@pytest.mark.parametrize("at", ["pulls-listed", "missed-stored", "missed-stored:2", "hook-enabled"])
def test_I1_a_kill_while_it_looks_changes_nothing(addressed, playground, module, at):
    server, pull = addressed
    with somebody_else_at(server.port):
        pull.push({"net/main.tf": module("net", values=("one", "two")).text()})
        pull.comment("atlantis version")
        playground.wait_for_deliveries()
    server.program = BUILD_ROOT / "tests" / "crash" / "hadal-crash"
    server.extra_env["CRASH_AT"] = at
    server.start(wait=False)
    server.wait_for_death()
    del server.extra_env["CRASH_AT"]
    server.wait_for(lambda: not server.children(), "what it was just starting has ended too")
    server.start()
    pull.wait_for_comment(containing="2 to add")
    pull.wait_for_comment(containing="### Version")
    server.wait_for(lambda: statuses(playground) == {"enabled"}, "all subscriptions are enabled")
    server.wait_until_idle()
    assert len(comments(pull, "2 to add")) == len(comments(pull, "### Version")) == 1


def test_what_a_label_keeps_away_is_not_put_forward_with_every_look(make_server, playground, repo, module):
    server = make_server(reconcile_interval="1s", disable_autoplan_label="by-hand")
    with playground.hooks_held():
        pull = repo.open_pull_request({"net/main.tf": module("net").text()})
        pull.add_label("by-hand")
    server.wait_for_log("a label asks for no automatic plan")
    server.wait_for_log("missed of .*: pull_updated")  # once: whether the label is still there is not in the list
    server.wait_until_idle()
    playground.forget_requests()
    server.wait_for(lambda: len(playground.requests("rest", containing="git/pullrequests")) >= 2, "two more looks")
    assert {r["path"].rsplit("/", 1)[1] for r in playground.requests("rest")} <= {"pullrequests", "threads"}
    assert not pull.comments(by="bot")


def test_a_pull_request_that_is_gone_with_its_repository_gives_up_its_locks(known, playground, lost):
    server, pull = known
    lost()
    playground.fault(match="GET", count=1, status=404, containing="pullRequests/1")
    pull.abandon()
    server.start()
    pull.wait_for_comment(containing="1 lock released")


def test_one_conversation_that_is_never_answered_does_not_keep_the_rest_from_being_looked_at(addressed, playground, repo,
                                                                                            module, lost):
    server, pull = addressed
    lost()
    with_trouble = repo.open_pull_request({"dns/main.tf": module("dns").text()})
    pull.comment("atlantis version")
    switch_off(playground, "disabledBySystem")
    playground.fault(match="rest", count=100000, status=500, containing=f"pullRequests/{with_trouble.number}/threads")
    server.start()
    pull.wait_for_comment(containing="### Version")
    server.wait_for(lambda: statuses(playground) == {"enabled"}, "all subscriptions are enabled")
    looked(server)
    assert [problem["check"] for problem in server.status()["findings"]["problems"]] == ["host"]
    playground.clear_faults()
    with_trouble.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    late(server, lost)
    assert len(comments(pull, "### Version")) == 1


def test_a_history_that_cannot_be_read_now_is_read_in_the_next_look(addressed, playground, lost):
    server, pull = addressed
    with somebody_else_at(server.port):
        pull.comment("atlantis version")
        playground.wait_for_deliveries()
    playground.fault(match="rest", count=1000, status=404, containing="git/pullrequests")  # only the history tells
    playground.fault(match="GET", count=3, status=503, containing="notifications")
    for hook in playground.rest("GET", SUBSCRIPTIONS).json()["value"]:  # well again, before the server looks
        playground.rest("PUT", f"{SUBSCRIPTIONS}/{hook['id']}", {
            **hook, "status": "enabled",
            "consumerInputs": {**hook["consumerInputs"], "basicAuthPassword": server.webhook_password}})
    server.settings["reconcile-interval"] = "1s"
    server.start()
    pull.wait_for_comment(containing="### Version")
    assert "View subscriptions" not in server.log()
    server.wait_until_idle()
    playground.clear_faults()


def test_more_conversations_than_one_look_reads_are_read_by_the_next(make_server, playground, repo, lost):
    server = make_server(start=False, disable_autoplan=True, reconcile_interval="1s",
                         repo_allowlist=f"127.0.0.1:{playground.port}/playground/platform/*")
    server.start()
    looked(server)
    server.stop()
    lost()
    pulls = [repo.open_pull_request({f"docs/{number}.md": ""}) for number in range(203)]
    for pull in (pulls[0], pulls[-1]):
        pull.comment("atlantis version")
    playground.forget_requests()
    server.start()
    for pull in (pulls[0], pulls[-1]):
        pull.wait_for_comment(containing="### Version")
    assert len(playground.requests("rest", containing="threads")) < 230
    server.wait_until_idle()

# SPDX-License-Identifier: Apache-2.0
"""The page for Prometheus."""

import re
import time

import pytest

METRICS = "metrics: {prometheus: {endpoint: /metrics}}\n"
# https://prometheus.io/docs/instrumenting/exposition_formats: what a line without a comment is.
SAMPLE = re.compile(r'[a-zA-Z_][a-zA-Z0-9_]*(\{[a-z_]+="([^"\\\n]|\\["\\n])*"\})? -?\d+')


def samples(server, path="/metrics"):
    status, body = server.get(path)
    assert status == 200
    lines = [line for line in body.splitlines() if not line.startswith("#")]
    assert lines and all(SAMPLE.fullmatch(line) for line in lines), body
    return dict(line.rsplit(" ", 1) for line in lines)


def test_the_end_of_a_credential_is_a_metric(make_server, rules):
    ends = time.time() + 10 * 86400
    server = make_server(repo_config=rules(METRICS),
                         azuredevops_credential_ends=time.strftime("%Y-%m-%d", time.gmtime(ends)))
    server.wait_for_log("the credential for the host ends soon")
    server.wait_for(lambda: samples(server).get('atlantis_problems{check="credential"}') == "1", "the problem is told")
    found = samples(server)
    assert abs(int(found['atlantis_credential_end_timestamp_seconds{organization=""}']) - ends) < 86400
    assert found['atlantis_problems{check="disk"}'] == "0"


def test_work_and_caches_are_metrics_under_the_names_of_the_operator(make_server, rules, repo, module):
    server = make_server(repo_config=rules("metrics: {prometheus: {endpoint: /my/metrics}}\n"), stats_namespace="ours")
    before = samples(server, "/my/metrics")
    assert "ours_last_event_timestamp_seconds" not in before
    repo.open_pull_request({"net/main.tf": module("net").text()}).wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    after = samples(server, "/my/metrics")
    assert abs(int(after["ours_last_event_timestamp_seconds"]) - time.time()) < 3600
    assert after["ours_queued_commands"] == after["ours_running_commands"] == "0"
    assert not [name for name in after if not name.startswith("ours_")]


def test_there_is_no_page_unless_somebody_wants_it(make_server, rules):
    assert make_server().get("/metrics")[0] == 404
    assert make_server(name="other", repo_config=rules(METRICS)).request("POST", "/metrics")[0] == 405


@pytest.mark.parametrize("path", ["/events", "/events/push", "/status"])
def test_an_endpoint_that_is_taken_is_refused_at_start(make_server, rules, path):
    server = make_server(start=False, repo_config=rules(METRICS.replace("/metrics", path)))
    server.start(wait=False)
    assert server.wait_for_death() == 1
    assert f"metrics: the endpoint {path} is taken" in server.log()

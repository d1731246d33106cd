# SPDX-License-Identifier: Apache-2.0
"""`hadal doctor`: what is wrong with an installation is told, with what to do; what is in order too."""
import http.server
import json
import os
import ssl

import pytest

from identity import KeyPair
from installation import run
from local_server import LocalServer
from mirror import Mirror
from providers import HOST, PLATFORM
from test_credentials import with_secret

SUBSCRIPTIONS = "_apis/hooks/subscriptions"
ALL = ["vso.code_write", "vso.code_status", "vso.identity"]


@pytest.fixture
def server(make_server, playground, mirror):
    """One that nobody has told the host of."""
    server = make_server(start=False, tf_download_url=mirror.url)
    server.settings["atlantis-url"] = f"http://127.0.0.1:{server.port}"
    server.start()
    for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]:
        playground.rest("DELETE", f"{SUBSCRIPTIONS}/{one['id']}")
    return server


@pytest.fixture
def mirror(tmp_path):
    with Mirror(tmp_path) as running:
        running.release("1.11.99")
        yield running


@pytest.fixture
def set_up(server, playground, repo):
    result = run(server, "setup", "azuredevops", "--project", "platform", "--apply")
    assert result.returncode == 0, result.stdout + result.stderr
    return server


@pytest.fixture
def doctor(server, playground):
    """Exit status, and the findings by what they are about."""

    def ask(*words, **changes):
        result = run(server, "doctor", "--json", *words, **changes)
        answer = json.loads(result.stdout)
        assert result.stderr == "" and answer["ok"] == (result.returncode == 0)
        # What a token may is asked by calls that are refused: only those, and nothing has come of them.
        for one in playground.forget_unexpected():
            assert one["status"] == 401 or "/pullRequests/2147483647" in one["path"] or one["method"] == "GET", one
        return result.returncode, answer["findings"]

    return ask


def bad(findings):
    return [one for one in findings if one["state"] != "ok"]


def of(findings, about):
    return [one for one in findings if one["about"].startswith(about)]


def test_a_good_installation_has_nothing_to_tell(doctor, set_up, repo, module):
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    set_up.wait_until_idle()

    status, findings = doctor()

    assert (status, bad(findings)) == (0, [])
    assert [one["about"] for one in findings][:9] == ["settings", "rules of repositories", "data directory",
                                                      "disk space", "database", "events", "git", "terraform", "releases"]
    texts = [one["text"] for one in of(findings, "azuredevops")]
    assert any("the token is of Automation" in text for text in texts)
    assert "5 hooks are enabled" in texts
    assert "ago" in of(findings, "events")[0]["text"]


def test_it_is_told_for_people_too(set_up, playground, repo):
    result = run(set_up, "doctor")
    playground.forget_unexpected()

    assert (result.returncode, result.stderr) == (0, "")
    assert "ok       git: git version 2." in result.stdout
    assert "warning  events: none has come yet\n         look what \"hadal setup\" says\n" in result.stdout


def test_nothing_is_set_up_yet(doctor, server, repo):
    status, findings = doctor()

    assert status == 0
    assert {one["about"]: one["state"] for one in bad(findings)} == {"events": "warning", "azuredevops": "warning"}
    hook, = bad(of(findings, "azuredevops"))
    assert f"no hook to {server.settings['atlantis-url']}/events" in hook["text"]
    assert "hadal setup azuredevops" in hook["advice"]


def test_a_hook_on_probation_is_told(doctor, set_up, playground):
    hook = next(one for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]
                if one["publisherInputs"].get("notificationType") == "PushNotification")
    delivery = playground.send_event("not an event", subscription=hook["id"])
    playground.wait_for_delivery(delivery, "failed")

    told, = bad(of(doctor()[1], "azuredevops"))

    assert told["state"] == "warning" and "hadal setup azuredevops" in told["advice"]
    assert "PushNotification" in told["text"] and "on probation" in told["text"] and "/events/push" in told["text"]


def test_a_hook_that_is_off_is_wrong_and_one_that_is_missing_a_warning(doctor, set_up, playground):
    created, comment = (next(one for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]
                             if one["eventType"].endswith(kind)) for kind in ("created", "comment-event"))
    playground.rest("PUT", f"{SUBSCRIPTIONS}/{created['id']}", {**created, "status": "disabledBySystem"})
    playground.rest("DELETE", f"{SUBSCRIPTIONS}/{comment['id']}")

    status, findings = doctor()

    assert status == 1
    assert [(one["state"], one["text"].partition(" to http")[0]) for one in bad(of(findings, "azuredevops"))] == [
        ("wrong", "the hook for git.pullrequest.created"), ("warning", "no hook tells when a comment is written")]


@pytest.mark.parametrize("change, text", [
    ({"resourceVersion": "1.0"}, "has resource version 1.0 instead of 2.0"),
    ({"consumerInputs": {"resourceDetailsToSend": "minimal"}}, "does not send the whole of an event"),
    ({"consumerInputs": {"basicAuthUsername": "somebody"}}, 'sends as user "somebody"'),
])
def test_a_hook_that_the_server_cannot_use_is_wrong(doctor, set_up, playground, change, text):
    hook = next(one for one in playground.rest("GET", SUBSCRIPTIONS).json()["value"]
                if one["eventType"].endswith("comment-event"))
    inputs = {**hook["consumerInputs"], "basicAuthPassword": set_up.webhook_password, **change.get("consumerInputs", {})}
    playground.rest("PUT", f"{SUBSCRIPTIONS}/{hook['id']}", {**hook, **change, "consumerInputs": inputs})

    told, = bad(of(doctor()[1], "azuredevops"))

    assert told["state"] == "wrong" and "hadal setup azuredevops" in told["advice"]
    assert "comment-event" in told["text"] and text in told["text"]


@pytest.mark.parametrize("scopes, lacks", [
    (["vso.code", "vso.code_status"], ["wrong: Code (read & write)", "warning: Code (read & write)"]),
    (["vso.code", "vso.threads_full"], ["wrong: Code (status)", "warning: Code (read & write)"]),
    (["vso.code_status", "vso.build"], ["wrong: Code (read)"]),
    (ALL, []),
])
def test_a_missing_scope_is_told_by_name(doctor, set_up, playground, scopes, lacks):
    playground.limit(scopes=scopes)

    told = [one for one in of(doctor()[1], "azuredevops") if "lacks" in one["text"]]

    assert [f"{one['state']}: {one['text'].removeprefix('the token lacks ').partition(':')[0]}" for one in told] == lacks
    assert all("scope" in one["advice"] for one in told)


def test_an_identity_of_entra_id_has_no_scopes(doctor, set_up, playground, tmp_path):
    settings, _ = with_secret(playground, tmp_path)
    playground.limit(scopes=["vso.code", "vso.code_status"])

    told = of(doctor(**{name.replace("-", "_"): value for name, value in settings.items()})[1], "azuredevops")

    assert told[0]["text"].startswith("the identity is of ")
    lacks = [one for one in told if "lacks" in one["text"]]
    assert lacks and all("no scopes" in one["advice"] and "give the token" not in one["advice"] for one in lacks)


def test_groups_need_a_scope_of_their_own(doctor, set_up, playground):
    playground.limit(scopes=["vso.code_write"])

    told = bad(of(doctor(gh_team_allowlist="net:plan")[1], "azuredevops"))

    assert [one["text"] for one in told] == ["the token lacks Identity (read): hadal cannot tell who is in which group"]


def test_a_wrong_token_is_told_and_not_shown(doctor, set_up):
    status, findings = doctor(azuredevops_token="wrong-token-of-mine")

    told, = bad(of(findings, "azuredevops"))
    assert (status, told["state"]) == (1, "wrong")
    assert "the credential was refused" in told["text"] and "expired" in told["advice"]
    assert "wrong-token-of-mine" not in json.dumps(findings)


def test_a_wrong_password_of_the_hooks_is_told_by_setup_and_seen_by_doctor(doctor, set_up, playground):
    result = run(set_up, "setup", "azuredevops", "--project", "platform", "--apply",
                 azuredevops_webhook_password="another")
    assert result.returncode == 1 and "did not arrive: Status 401" in result.stdout

    # Hooks that were set right before still have the good one.
    assert bad(of(doctor()[1], "azuredevops")) == []


def test_files_that_are_wrong_are_told_with_their_place(doctor, server, rules, tmp_path):
    path = rules("repos:\n- id: /.*/\n  allowed_overides: []\n")
    blocked = tmp_path / "file"
    blocked.write_text("")

    status, findings = doctor(repo_config=path, data_dir=blocked / "data")

    assert status == 1
    told, = of(findings, "rules of repositories")
    assert told["state"] == "wrong" and f"{path}:3:3" in told["text"]
    told, = of(findings, "data directory")
    assert (told["state"], told["text"]) == ("wrong", f"{blocked} is not a directory")


def test_a_database_that_does_not_open_is_told_and_left_alone(doctor, make_server):
    other = make_server(name="other", start=False)
    other.data_dir.mkdir()
    database = other.data_dir / "hadal.db"
    database.write_text("this is no database, but it is long enough to be taken for one" * 20)
    before = database.read_bytes()

    status, findings = doctor(data_dir=other.data_dir)

    told, = of(findings, "database")
    assert (status, told["state"]) == (1, "wrong") and str(database) in told["text"]
    assert database.read_bytes() == before


def test_a_disk_without_room_is_told(doctor, server):
    status, findings = doctor(data_dir="/proc/hadal")  # a file system that has no blocks

    told, = of(findings, "disk space")
    assert (status, told["state"], told["text"]) == (1, "wrong", "0 MiB free for /proc/hadal")


def test_tools_and_mirrors_that_are_not_there_are_told(doctor, server, tmp_path):
    server.extra_env["PATH"] = str(tmp_path)

    status, findings = doctor(tf_download_url="http://127.0.0.1:1")

    assert status == 1
    assert {one["about"]: one["state"] for one in bad(findings) if not one["about"].startswith(("azure", "events"))} == {
        "git": "wrong", "terraform": "warning", "releases": "warning"}


@pytest.fixture
def https_mirror(tmp_path):
    """Answers everything over https with its status; SSL_CERT_FILE has to name its certificate."""
    pair = KeyPair(tmp_path, name="localhost")
    (tmp_path / "both.pem").write_text(pair.both())

    class Handler(http.server.BaseHTTPRequestHandler):
        status = 404

        def do_GET(self):
            self.send_response(Handler.status)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_):
            pass

    with LocalServer(Handler) as running:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(tmp_path / "both.pem")
        running._server.socket = context.wrap_socket(running._server.socket, server_side=True)
        running.address = f"https://localhost:{running._server.server_port}/"
        running.certificate, running.handler = pair.certificate, Handler
        yield running


@pytest.mark.parametrize("sources, state, text", [
    ('filesystem_mirror {{ path = "{mirror}" }}', "ok", "{mirror} has 2 providers"),
    ('filesystem_mirror {{ path = "{nothing}" }}', "wrong", "{nothing} is no directory"),
    ('filesystem_mirror {{ path = "{empty}" }}', "wrong", "{empty} has no provider"),
    ('filesystem_mirror {{ path = "{empty}" }}\ndirect {{}}', "warning", "{empty} has no provider"),
    ('network_mirror {{ url = "http://mirror.example.com/" }}', "wrong", "is no address that Terraform takes"),
    ('network_mirror {{ url = "https://mirror.example.com" }}', "wrong", "is no address that Terraform takes"),
    ('network_mirror {{ url = "https://127.0.0.1:1/" }}', "wrong", "https://127.0.0.1:1/: "),
    ("direct {{}}", "ok", "providers come from their registries"),
])
def test_provider_mirrors_are_looked_at(doctor, server, tmp_path, sources, state, text):
    names = {name: tmp_path / name for name in ("mirror", "nothing", "empty")}
    (tmp_path / "empty").mkdir()
    (tmp_path / "mirror" / HOST / "acme" / "thing" / "1.2.3" / PLATFORM).mkdir(parents=True)
    (tmp_path / "mirror" / HOST / "acme" / "thing" / f"terraform-provider-thing_2.0.0_{PLATFORM}.zip").write_text("")
    config = tmp_path / "real.tfrc"
    config.write_text("provider_installation {\n" + sources.format(**names) + "\n}\n")
    (tmp_path / "link.tfrc").symlink_to(config)  # as a ConfigMap has it
    server.extra_env["TF_CLI_CONFIG_FILE"] = str(tmp_path / "link.tfrc")

    told, = of(doctor()[1], "provider mirrors")

    assert told["state"] == state and text.format(**names) in told["text"]
    assert ("advice" in told) == (state != "ok")


@pytest.mark.parametrize("status, state", [(404, "ok"), (200, "ok"), (401, "warning"), (503, "warning")])
def test_a_network_mirror_is_asked(doctor, server, https_mirror, tmp_path, status, state):
    config = tmp_path / "mirror.tfrc"
    config.write_text(f'provider_installation {{\n  network_mirror {{ url = "{https_mirror.address}" }}\n}}\n')
    server.extra_env.update(TF_CLI_CONFIG_FILE=str(config), SSL_CERT_FILE=str(https_mirror.certificate))
    https_mirror.handler.status = status

    told, = of(doctor()[1], "provider mirrors")

    assert told["state"] == state and https_mirror.address in told["text"]


def test_a_configuration_of_terraform_that_is_not_there_is_told(doctor, server, tmp_path):
    server.extra_env["TF_CLI_CONFIG_FILE"] = str(tmp_path / "gone.tfrc")

    status, findings = doctor()

    told, = of(findings, "provider mirrors")
    assert (status, told["state"]) == (1, "wrong") and str(tmp_path / "gone.tfrc") in told["text"]


@pytest.mark.parametrize("version, state", [("git version 2.37.9", "wrong"), ("git version 2.38.0.windows.1", "ok"),
                                            ("git version 3.0", "ok"), ("something else", "wrong")])
def test_a_git_that_is_too_old_is_told(doctor, server, tmp_path, version, state):
    program = tmp_path / "git"
    program.write_text(f"#!/bin/sh\necho {version}\n")
    program.chmod(0o755)
    server.extra_env["PATH"] = f"{tmp_path}:{os.environ['PATH']}"

    told, = of(doctor()[1], "git")

    assert told["state"] == state and version in told["text"]


def test_settings_that_the_server_refuses_are_told(doctor):
    status, findings = doctor(azuredevops_token=None, azuredevops_user=None)

    assert status == 1 and [one["about"] for one in findings] == ["settings"]
    assert "no host is configured" in findings[0]["text"]


def test_nothing_is_changed(set_up, playground, doctor):
    before = playground.rest("GET", SUBSCRIPTIONS).json()
    files = sorted(os.listdir(set_up.data_dir))
    playground.forget_requests()

    doctor()

    assert playground.rest("GET", SUBSCRIPTIONS).json() == before
    assert sorted(os.listdir(set_up.data_dir)) == files


@pytest.mark.parametrize("words, says", [(["now"], 'unexpected "now"'), (["--json=maybe"], "--json")])
def test_a_wrong_question_is_told(make_server, words, says):
    result = run(make_server(start=False), "doctor", *words)

    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr.startswith("hadal doctor: ") and says in result.stderr


def test_help_tells_the_exit_status(make_server):
    result = run(make_server(start=False), "doctor", "--help")

    assert result.returncode == 0 and "--json" in result.stdout and "Exit status" in result.stdout

# SPDX-License-Identifier: Apache-2.0
"""Azure DevOps Server, on the premises: collections below a virtual directory, and no Entra ID."""

import pytest

from cases import root
from playground import Playground
from installation import run


@pytest.fixture
def playground(tmp_path, pat):
    with Playground(tmp_path / "playground", pat=pat, org="Default Collection", server="tfs") as running:
        yield running


@pytest.mark.parametrize("base", ["directory", "collection"])
def test_a_pull_request_from_opening_to_completion(make_server, playground, repo, module, base):
    private = playground.create_repo("platform/modules", {"main.tf": root("from a private module")})
    url = playground.url if base == "collection" else f"{playground.root}/tfs"
    server = make_server(base_url=url, automerge=True, atlantis_url="http://hadal.test",
                         repo_allowlist=f"127.0.0.1:{playground.port}/tfs/default collection/platform/*")
    pull = repo.open_pull_request({"net/main.tf": module("net").text(),
                                   "app/main.tf": f'module "shared" {{\n  source = "git::{private.url}"\n}}\n'})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="2 added")
    pull.wait_until_completed()
    server.wait_until_idle()


@pytest.mark.parametrize("version", ["5.0", "6.0", "7.0"])
def test_an_older_server_is_asked_in_its_own_version(make_server, rules, tmp_path, pat, version):
    with Playground(tmp_path / "older", pat=pat, org="DefaultCollection", server="tfs", api_version=version) as older:
        server = make_server(start=False, base_url=older.url, automerge=True, emoji_reaction="eyes",
                             disable_autoplan_label="manual", repo_config=rules("""
                                 repos:
                                 - id: /.*/
                                   apply_requirements: [approved, mergeable]
                                 """))
        older.subscribe(server.hook_url)
        server.start()
        repo = older.create_repo("platform/infra", {"README.md": "infra\n"})
        pull = repo.open_pull_request({"net/main.tf": root()})
        pull.wait_for_comment(containing="1 to add")
        pull.approve()
        typed = pull.comment("atlantis apply")
        pull.wait_for_comment(containing="1 added")
        pull.wait_until_completed()
        server.wait_until_idle()
        server.stop()

        assert next(t for t in pull.threads() if t["id"] == typed.thread)["status"] == "closed"
        assert {s.state for s in pull.statuses().values()} == {"succeeded"}
        assert {r["status"] for r in older.forget_unexpected()} == {400}, "versions that it does not know"
        answered = {r["query"] for r in older.requests("rest") if r["status"] < 300}
        assert answered and all(f"api-version={version}" in query for query in answered)


def test_setup_and_doctor_know_collections(make_server, playground, repo, module):
    server = make_server(base_url=f"{playground.root}/tfs")
    place = ["--organization", "Default Collection", "--project", "platform", "--repository", "infra",
             "--url", f"http://127.0.0.1:{server.port}"]
    assert run(server, "setup", "azuredevops", *place).returncode == 1
    made = run(server, "setup", "azuredevops", *place, "--apply")
    assert made.returncode == 0 and "made" in made.stdout, made.stdout + made.stderr
    repo.open_pull_request({"net/main.tf": module("net").text()}).wait_for_comment(containing="1 to add")
    looked = run(server, "doctor", atlantis_url=f"http://127.0.0.1:{server.port}")
    assert "wrong" not in looked.stdout, looked.stdout
    assert "azuredevops Default Collection: the account sees" in looked.stdout
    assert len(playground.forget_unexpected()) == 3  # what the token may, asked of no pull request


def test_what_the_service_alone_has_is_not_there(playground):
    assert playground.rest("GET", "_apis/connectionData", version="7.1-preview.1").json()["deploymentType"] == "onPremises"
    assert playground._send("GET", f"{playground.root}/Default%20Collection/_apis/projects", None, {}).status == 400
    assert playground.forget_unexpected()

# SPDX-License-Identifier: Apache-2.0
"""What the server proves itself with: every kind works, and may end or be replaced in the middle of work."""

import time

import pytest

from cases import root, text
from identity import KeyPair, claims

CLIENT = "6f0a3a52-33c5-4a9f-9d0e-7f2f3d1e0b11"
ISSUER, SUBJECT = "https://cluster.example/", "system:serviceaccount:hadal:hadal"
CLUSTER = "api://AzureADTokenExchange"
PLAN = "Atlantis Bot/atlantis/plan"
SECRET = "the.client~secret/of+a-test"


@pytest.fixture
def gate(tmp_path):
    class Gate:
        running, go_on = tmp_path / "running", tmp_path / "go-on"

        def script(self):
            return f"touch {self.running}; while [ ! -e {self.go_on} ]; do sleep 0.05; done"

    return Gate()


@pytest.fixture
def gated(rules, gate):
    """Rules whose plan waits at the gate, before its results are told."""
    return rules(text("""
        repos:
        - id: /.*/
          workflow: gated
        workflows:
          gated:
            plan:
              steps:
              - init
              - plan
              - run: 'SCRIPT'
        """).replace("SCRIPT", gate.script()))


def of_application(playground, tenant, kind, **settings):
    """Settings of a server without a personal access token."""
    return {"azuredevops-user": None, "azuredevops-token": None, "azuredevops-auth": kind,
            "azuredevops-tenant-id": tenant, "azuredevops-client-id": CLIENT,
            "azuredevops-authority-url": playground.root, **settings}


def with_secret(playground, tmp_path):
    tenant = playground.add_application(CLIENT, secret=SECRET)
    return of_application(playground, tenant, "client-secret", **{"azuredevops-client-secret": SECRET}), {}


def with_secret_file(playground, tmp_path):
    tenant = playground.add_application(CLIENT, secret=SECRET)
    (tmp_path / "secret").write_text(SECRET + "\n")
    file = {"azuredevops-client-secret-file": tmp_path / "secret"}
    return of_application(playground, tenant, "client-secret", **file), {}


def with_certificate(playground, tmp_path, days=365):
    pair = KeyPair(tmp_path, days=days)
    tenant = playground.add_application(CLIENT, certificate=pair.public())
    (tmp_path / "both.pem").write_text(pair.both())
    file = {"azuredevops-client-certificate-file": tmp_path / "both.pem"}
    return of_application(playground, tenant, "client-certificate", **file), {}


def with_workload_identity(playground, tmp_path):
    """What a pod of AKS has in its environment is all there is to set."""
    pair = KeyPair(tmp_path)
    tenant = playground.add_application(CLIENT, issuer=ISSUER, subject=SUBJECT, issuer_certificate=pair.public())
    (tmp_path / "cluster-token").write_text(pair.sign(claims(ISSUER, SUBJECT, CLUSTER, life=3600)))
    settings = {"azuredevops-user": None, "azuredevops-token": None, "azuredevops-auth": "workload-identity"}
    return settings, {"AZURE_CLIENT_ID": CLIENT, "AZURE_TENANT_ID": tenant,
                      "AZURE_FEDERATED_TOKEN_FILE": str(tmp_path / "cluster-token"),
                      "AZURE_AUTHORITY_HOST": playground.root + "/"}


def with_federated_token(playground, tmp_path):
    """The same in another cluster, where nobody fills the environment."""
    _, environment = with_workload_identity(playground, tmp_path)
    file = {"azuredevops-federated-token-file": environment["AZURE_FEDERATED_TOKEN_FILE"]}
    return of_application(playground, environment["AZURE_TENANT_ID"], "workload-identity", **file), {}


def with_managed_identity(playground, tmp_path):
    """The address is this machine's, but none that the proxy is not asked for: and the proxy is nobody."""
    playground.add_application(CLIENT, managed=True)
    settings = {"azuredevops-user": None, "azuredevops-token": None, "azuredevops-auth": "managed-identity",
                "azuredevops-metadata-url": f"http://0.0.0.0:{playground.port}"}
    return settings, {"HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}


def with_app_identity(playground, tmp_path):
    """As in App Service or Container Apps."""
    playground.add_application(CLIENT, managed=True, identity_header=SECRET)
    settings = {"azuredevops-user": None, "azuredevops-token": None, "azuredevops-auth": "managed-identity"}
    return settings, {"IDENTITY_ENDPOINT": f"http://0.0.0.0:{playground.port}/msi/token", "IDENTITY_HEADER": SECRET,
                      "HTTP_PROXY": "http://127.0.0.1:1", "NO_PROXY": "127.0.0.1"}


def with_token_file(playground, tmp_path):
    (tmp_path / "token").write_text(playground.pat + "\n")
    return {"azuredevops-token": None, "azuredevops-token-file": tmp_path / "token"}, {}


@pytest.fixture
def start(make_server, playground, tmp_path):
    def make(kind, **more):
        settings, environment = kind(playground, tmp_path)
        server = make_server(start=False, **settings, **more)
        server.extra_env = environment
        return server.start()

    return make


@pytest.mark.parametrize("kind", [with_token_file, with_secret, with_secret_file, with_certificate,
                                  with_workload_identity, with_federated_token, with_managed_identity, with_app_identity],
                         ids=lambda kind: kind.__name__[5:])
def test_every_kind_plans_and_applies(start, playground, repo, module, kind):
    server = start(kind)
    net = module("net")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()
    assert net.applied() == ["one"]
    assert SECRET not in server.log()
    assert ("credential_ends" in server.status()) == (kind is with_certificate)
    assert len(playground.requests(area="login")) == (0 if kind is with_token_file else 1)


@pytest.mark.parametrize("setting", ["init", "steps"])
def test_a_private_module_resolves_with_a_token_of_entra_id(start, playground, repo, rules, setting):
    """The organisation is run with Microsoft accounts: a token alone is not enough for git either."""
    private = playground.create_repo("platform/modules", {"network/one/main.tf": root("from a module"), "a.txt": "a\n"})
    listing = f"git ls-remote {private.url} | grep -c refs/heads/main" if setting == "steps" else "true"
    start(with_secret, git_credentials=setting, repo_config=rules(text("""
        repos:
        - id: /.*/
          workflow: lists
        workflows:
          lists:
            plan:
              steps:
              - run: LISTING
              - init
              - plan
        """).replace("LISTING", listing)))
    source = f'module "one" {{\n  source = "git::{private.url}//network/one?ref=main"\n}}\n'
    repo.open_pull_request({"net/main.tf": source}).wait_for_comment(containing="1 to add")


def assert_refused_and_told_once(server, playground, pull):
    """The old one was refused, and yet nobody but the log knows."""
    pull.wait_for_status(PLAN, "succeeded", containing="1/1")
    server.wait_until_idle()
    assert playground.forget_unexpected()
    comments = [comment.text for comment in pull.comments(by="bot")]
    assert len(comments) == 1 and "1 to add" in comments[0], comments
    assert {status.state for status in pull.status_history()} == {"pending", "succeeded"}


def replace_token_file(tmp_path, pat):
    (tmp_path / "token.new").write_text(pat)
    (tmp_path / "token.new").rename(tmp_path / "token")


def test_a_token_that_is_replaced_during_a_command_costs_nothing(start, playground, repo, module, gate, gated, tmp_path):
    server = start(with_token_file, repo_config=gated)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    server.wait_for_file(gate.running)
    old, new = playground.pat, playground.replace_pat()
    replace_token_file(tmp_path, new)
    gate.go_on.touch()
    pull.wait_for_status(PLAN, "succeeded", containing="1/1")
    server.wait_until_idle()
    pull.push({"net/other.tf": root()})  # git has to fetch again
    pull.wait_for_comment(containing="2 to add")
    server.wait_until_idle()
    assert old not in server.log() and new not in server.log()


@pytest.mark.parametrize("kind", [with_secret, with_managed_identity], ids=lambda kind: kind.__name__[5:])
def test_a_token_that_ends_during_a_command_is_renewed_unseen(start, playground, repo, module, gate, gated, kind):
    server = start(kind, repo_config=gated)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    server.wait_for_file(gate.running)
    playground.end_tokens()
    gate.go_on.touch()
    assert_refused_and_told_once(server, playground, pull)


def test_a_token_that_is_replaced_too_late_is_waited_for(start, playground, repo, module, tmp_path):
    server = start(with_token_file)
    new = playground.replace_pat()
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    server.wait_for_log("401")
    replace_token_file(tmp_path, new)
    assert_refused_and_told_once(server, playground, pull)


def test_git_is_given_a_new_token_when_the_old_one_is_refused(start, playground, repo, module):
    server = start(with_secret)
    playground.fault(match="git", status=401, count=2)  # the question without a credential, and the one with it
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_status(PLAN, "succeeded", containing="1/1")
    server.wait_until_idle()
    assert len(playground.requests(area="login")) == 2
    assert len(pull.comments(by="bot")) == 1


def test_an_identity_that_is_not_let_in_does_not_ask_for_a_token_each_time(start, playground, repo, module):
    server = start(with_secret)
    playground.fault(match="rest", status=401, count=4)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()

    assert [f["left"] for f in playground.faults()] == [0]
    assert len(playground.requests(area="login")) == 2
    assert server.log().count("a token that is new is refused as well") == 1


def test_git_waits_for_a_new_token_where_there_is_none_yet(start, playground, repo, module):
    """The calls before were let through: the token ended between them and git's, or the host throttles."""
    server = start(with_token_file)
    playground.fault(match="git", status=401, count=2)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_status(PLAN, "succeeded", containing="1/1")
    server.wait_until_idle()
    assert len(pull.comments(by="bot")) == 1
    assert "Authentication failed" in server.log()


@pytest.mark.parametrize("fault", [{"status": 503}, {"drop": True}], ids=["503", "drop"])
def test_without_the_token_endpoint_commands_wait(start, playground, repo, module, fault):
    playground.fault(match="login", count=3, **fault)
    server = start(with_secret)
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()

    playground.fault(match="login", count=2, **fault)
    playground.end_tokens()
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()
    assert playground.forget_unexpected()
    assert len(pull.comments(by="bot")) == 2


def test_a_certificate_that_ends_soon_is_warned_of(start, repo, module):
    server = start(lambda playground, tmp_path: with_certificate(playground, tmp_path, days=10))
    server.wait_for_log("level=warn.*the credential for the host ends soon: in 9 days")
    repo.open_pull_request({"net/main.tf": module("net").text()}).wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    left = server.status()["credential_ends"] / 1000 - time.time()
    assert 9 * 86400 < left <= 10 * 86400
    assert server.log().count("level=warn") == 1


def test_a_token_that_ends_soon_is_warned_of(make_server):
    ends = time.time() + 10 * 86400
    server = make_server(azuredevops_credential_ends=time.strftime("%Y-%m-%d", time.gmtime(ends)))
    server.wait_for_log("level=warn.*credential.*the credential for the host ends soon: in (9|10) days")
    assert 9 * 86400 < server.status()["credential_ends"] / 1000 - time.time() < 11 * 86400
    server.wait_for(lambda: "credential" in [each["check"] for each in server.status().get("findings", {})
                                             .get("problems", [])], "finding in the status")


@pytest.mark.parametrize("kind", [with_secret, with_app_identity], ids=lambda kind: kind.__name__[5:])
def test_programs_of_steps_get_no_secret(kind, start, playground, repo, module, rules, tmp_path):
    seen = tmp_path / "environment"
    server = start(kind, repo_config=rules(text("""
        repos:
        - id: /.*/
          workflow: looks
        workflows:
          looks:
            plan:
              steps:
              - run: 'env > FILE'
              - init
              - plan
        """).replace("FILE", str(seen))))
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    assert "PULL_NUM=" in seen.read_text()
    assert SECRET not in seen.read_text()
    for path in server.data_dir.rglob("*"):
        assert not path.is_file() or path.is_symlink() or SECRET.encode() not in path.read_bytes(), path


@pytest.mark.parametrize("settings, message", [
    ({"azuredevops-token-file": "/nowhere/token"}, "--azuredevops-token and --azuredevops-token-file exclude each other"),
    ({"azuredevops-token": None, "azuredevops-token-file": "/nowhere/token"}, "/nowhere/token"),
    ({"azuredevops-auth": "client-secret"}, "--azuredevops-token is for --azuredevops-auth=token"),
])
def test_what_cannot_work_is_refused_at_start(make_server, settings, message):
    server = make_server(start=False, **settings)
    server.start(wait=False)
    assert server.wait_for_death() == 1
    assert message in server.log()

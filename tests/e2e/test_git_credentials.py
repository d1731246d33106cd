# SPDX-License-Identifier: Apache-2.0
"""Modules from the host's private repositories, and who gets the credential for them, and who does not."""

import base64

import pytest

from cases import root, text
from relay import Authority, Relay

MODULE = root("from a private module")


def uses(repo, base=None):
    """A root module that uses the one at the top of repo."""
    url = repo.url if base is None else repo.url.replace(repo.playground.root, base)
    return f'module "shared" {{\n  source = "git::{url}"\n}}\n'


def forms_of(server):
    pairs = [base64.b64encode(f"{user}:{server.pat}".encode()).decode() for user in ("", "hadal")]
    return [form.encode() for form in [server.pat, *pairs]]


def assert_nowhere(server, directory):
    for path in directory.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            for secret in forms_of(server):
                assert secret not in content, path


@pytest.fixture
def private(playground):
    return playground.create_repo("platform/modules", {"main.tf": MODULE})


@pytest.fixture
def run_rules(rules):
    """Rules whose plan begins with a command."""
    def write(command):
        return rules(text("""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: |
                      COMMAND
                  - init
                  - plan
            """).replace("COMMAND", text(command).rstrip().replace("\n", "\n" + " " * 10)))

    return write


def test_a_private_module_resolves_at_init(server, repo, private):
    pull = repo.open_pull_request({"net/main.tf": uses(private)})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    server.stop()

    modules = list(server.data_dir.glob("pulls/*/data/*/modules/shared/.git/config"))
    assert modules, "terraform did not fetch the module with git"
    assert_nowhere(server, server.data_dir)
    for secret in forms_of(server):
        assert secret.decode() not in server.log()


def test_an_address_with_a_user_in_it_works_too(server, playground, repo, private):
    """https://ORG@dev.azure.com/ORG/..., as the service shows it for cloning."""
    with_user = uses(private).replace("git::http://", "git::http://someone@")
    pull = repo.open_pull_request({"net/main.tf": with_user})
    pull.wait_for_comment(containing="1 to add")
    playground.forget_unexpected()  # git tries the user without a password first


def test_the_same_over_https(make_server, playground, repo, private, tmp_path):
    authority = Authority(tmp_path / "authority")
    with Relay(playground.port, authority.context()) as relay:
        base = f"https://127.0.0.1:{relay.port}"
        server = make_server(start=False, base_url=playground.url.replace(playground.root, base))
        server.extra_env.update(SSL_CERT_FILE=str(authority.ca), GIT_SSL_CAINFO=str(authority.ca))
        server.start()
        pull = repo.open_pull_request({"net/main.tf": uses(private, base)})
        pull.wait_for_comment(containing="1 to add")
        server.stop()


def test_without_the_setting_no_module_resolves(make_server, playground, repo, private):
    make_server(git_credentials="none")
    pull = repo.open_pull_request({"net/main.tf": uses(private)})
    pull.wait_for_comment(containing="terraform init: exit 1")
    playground.forget_unexpected()


def test_a_fork_is_lent_nothing(make_server, playground, repo, private):
    make_server(allow_fork_prs=True, write_git_creds=True)
    pull = repo.open_pull_request({"net/main.tf": uses(private)}, fork=True)
    pull.wait_for_comment(containing="terraform init: exit 1")
    playground.forget_unexpected()


@pytest.mark.parametrize("setting", [{}, {"git_credentials": "steps"}, {"write_git_creds": True}])
def test_a_step_uses_the_credential_where_it_may_and_sees_it_nowhere(make_server, playground, repo, private,
                                                                     run_rules, tmp_path, setting):
    found, listed = tmp_path / "found.txt", tmp_path / "listed.txt"
    server = make_server(**setting, repo_config=run_rules(f"""
        git ls-remote {private.url} >{listed} 2>&1 || true
        (env; tr '\\0' '\\n' </proc/self/environ; tr '\\0' '\\n' </proc/$PPID/environ
         git config --list --show-origin; find . -type f -exec cat {{}} +) >{found} 2>&1
        """))
    pull = repo.open_pull_request({"net/main.tf": uses(private)})
    pull.wait_for_comment(containing="1 to add")
    playground.forget_unexpected()

    assert ("refs/heads/main" in listed.read_text()) == bool(setting), listed.read_text()
    assert ("git-credential" in found.read_text()) == bool(setting)
    for secret in forms_of(server):
        assert secret not in found.read_bytes()


def test_foreign_hosts_get_nothing(make_server, repo, private, run_rules, tmp_path):
    answers = tmp_path / "answers.txt"
    server = make_server(write_git_creds=True, repo_config=run_rules(f"""
        for url in {private.url.replace('127.0.0.1', '127.0.0.1.evil.example')} \\
                   {private.url.replace('http://', 'https://')} \\
                   {private.url.replace('127.0.0.1', 'localhost')} \\
                   {private.playground.root}/other/platform/_git/modules \\
                   https://dev.azure.com/fabrikam/One/_git/x; do
          printf 'url=%s\\n\\n' "$url" | git credential fill >>{answers} 2>&1 || true
        done
        printf 'url=%s\\n\\n' {private.url} | git credential fill | grep -c password= >>{answers}
        """))
    pull = repo.open_pull_request({"net/main.tf": uses(private)})
    pull.wait_for_comment(containing="1 to add")

    content = answers.read_text()
    assert content.endswith("\n1\n"), content
    assert content.count("fatal:") == 5, content
    for secret in forms_of(server):
        assert secret.decode() not in content


def test_what_runs_for_another_pull_request_gets_nothing(make_server, repo, private, run_rules, tmp_path):
    """It sees the helper of the first, which is in no way secret, and asks it while the first still runs."""
    helper, go_on, taken = tmp_path / "helper", tmp_path / "go-on", tmp_path / "taken"
    where, path = private.url.split("/", 3)[2:]
    server = make_server(git_credentials="steps", parallel_pool_size=2, repo_config=run_rules(f"""
        if [ "$REPO_REL_DIR" = first ]; then
          env | grep -o "'[^']*' git-credential hadal-[0-9a-f]*" | head -n 1 >{helper}.new
          mv {helper}.new {helper}
          while [ ! -e {go_on} ]; do sleep 0.05; done
        else
          printf 'protocol=http\\nhost={where}\\npath={path}\\n\\n' | eval "$(cat {helper}) get" >{taken} 2>&1 || true
        fi
        """))
    first = repo.open_pull_request({"first/main.tf": root()})
    server.wait_for_file(helper)
    second = repo.open_pull_request({"second/main.tf": root()})
    second.wait_for_comment(containing="1 to add")
    go_on.touch()
    first.wait_for_comment(containing="1 to add")

    assert "git-credential hadal-" in helper.read_text()
    assert "the server does not answer this process" in taken.read_text()
    for secret in forms_of(server):
        assert secret.decode() not in taken.read_text()


def test_no_other_helper_of_git_is_told(make_server, repo, private, tmp_path):
    home = tmp_path / "home"
    home.mkdir()
    (home / ".gitconfig").write_text("[credential]\n\thelper = store\n")
    server = make_server(start=False)
    server.extra_env["HOME"] = str(home)
    server.start()
    pull = repo.open_pull_request({"net/main.tf": uses(private)})
    pull.wait_for_comment(containing="1 to add")

    assert not (home / ".git-credentials").exists()
    assert_nowhere(server, home)

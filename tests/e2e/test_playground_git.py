# SPDX-License-Identifier: Apache-2.0
"""Git over HTTP against the playground, with the real git."""
import base64
import os
import random
import subprocess

import pytest

from playground import wait_until


class Git:
    """A clone, and git without anybody's configuration."""

    def __init__(self, directory):
        self.directory = directory
        directory.mkdir(exist_ok=True)

    def __call__(self, *args, check=True, config=()):
        env = {"PATH": os.environ["PATH"], "HOME": str(self.directory), "GIT_CONFIG_NOSYSTEM": "1", "LANG": "C.UTF-8",
               "GIT_TERMINAL_PROMPT": "0", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@playground.example",
               "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@playground.example",
               "GIT_CONFIG_COUNT": str(len(config))}
        for number, (key, value) in enumerate(config):
            env[f"GIT_CONFIG_KEY_{number}"], env[f"GIT_CONFIG_VALUE_{number}"] = key, value
        run = subprocess.run(["git", *map(str, args)], cwd=self.directory, env=env, capture_output=True, text=True, timeout=60)
        if check:
            assert run.returncode == 0, run.stderr
        return run

    def commit(self, path, text):
        (self.directory / path).write_text(text)
        self("add", path)
        self("commit", "--quiet", "--message", f"Change {path}")
        return self("rev-parse", "HEAD").stdout.strip()


@pytest.fixture
def repo(playground):
    return playground.create_repo("My Project/infra", {"main.tf": "one\n", "net/main.tf": "net\n"})


@pytest.fixture
def clone(tmp_path, repo):
    git = Git(tmp_path / "clone")
    git("clone", "--quiet", repo.clone_url("author"), ".")
    return git


def test_a_clone_holds_the_files(clone):
    assert (clone.directory / "net" / "main.tf").read_text() == "net\n"


def test_a_push_to_the_source_branch_is_an_iteration_by_whoever_pushed(playground, repo, clone):
    pull = repo.open_pull_request({"main.tf": "two\n"})
    clone("fetch", "--quiet", "origin")
    clone("checkout", "--quiet", "change-1")
    clone("remote", "set-url", "origin", repo.clone_url("other"))
    head = clone.commit("more.tf", "more\n")

    clone("push", "--quiet", "origin", "change-1")

    iterations = pull.whole()["iterations"]
    assert (len(iterations), iterations[1]["reason"]) == (2, "push")
    assert iterations[1]["author"]["id"] == playground.id_of("other")
    assert pull.head == head
    pull.wait_for_merge()


def test_a_forced_push_says_so(repo, clone):
    pull = repo.open_pull_request({"main.tf": "two\n"})
    clone("fetch", "--quiet", "origin")
    clone("checkout", "--quiet", "change-1")
    clone("commit", "--quiet", "--amend", "--message", "Otherwise")

    assert clone("push", "--quiet", "origin", "change-1", check=False).returncode != 0
    clone("push", "--quiet", "--force", "origin", "change-1")

    assert [i["reason"] for i in pull.whole()["iterations"]] == ["create", "forcePush"]


def test_a_push_larger_than_a_post_buffer_arrives(repo, clone):
    """git sends it in pieces of unknown length, and packed."""
    noise = random.Random(1)
    text = "\n".join(f"{noise.getrandbits(256):064x}" for _ in range(60_000))
    clone("checkout", "--quiet", "-b", "big")
    clone.commit("big.txt", text)

    clone("push", "--quiet", "origin", "big")

    assert repo.files("big")["big.txt"] == text


@pytest.mark.parametrize("version", [0, 2])
def test_a_fetch_of_many_branches_arrives_compressed_or_not(repo, clone, version):
    """Version 0 of the protocol compresses what it asks for; version 2 never does."""
    for number in range(40):
        repo.commit({"f": f"{number}"}, branch=f"b{number}")

    clone("-c", f"protocol.version={version}", "fetch", "--quiet", "origin")

    assert clone("show", "origin/b39:f").stdout == "39"


def test_merge_refs_and_commits_can_be_fetched(repo, clone):
    pull = repo.open_pull_request({"main.tf": "two\n"})
    merged = pull.wait_for_merge()["lastMergeCommit"]["commitId"]

    clone("fetch", "--quiet", "origin", f"refs/pull/{pull.number}/merge", pull.head)

    parents = clone("log", "-1", "--format=%P", merged).stdout.split()
    assert parents == [clone("rev-parse", "origin/main").stdout.strip(), pull.head]


def test_partial_and_shallow_clones_work(tmp_path, repo):
    repo.commit({"main.tf": "two\n"})
    shallow, partial = Git(tmp_path / "shallow"), Git(tmp_path / "partial")

    shallow("clone", "--quiet", "--depth", "1", repo.clone_url(), ".")
    partial("clone", "--quiet", "--filter=blob:none", "--no-checkout", repo.clone_url(), ".")

    assert shallow("rev-list", "--count", "HEAD").stdout == "1\n"
    missing = partial("rev-list", "--objects", "--missing=print", "HEAD").stdout
    assert len([line for line in missing.splitlines() if line.startswith("?")]) == 3
    assert partial("show", "HEAD~1:main.tf").stdout == "one\n"


def test_nobody_writes_the_merge_refs(repo, clone):
    refused = clone("push", "--quiet", "origin", "HEAD:refs/pull/1/merge", check=False)

    assert refused.returncode != 0
    assert "hidden ref" in refused.stderr


def test_a_protected_branch_takes_no_push(playground, repo, clone):
    repo.add_policy("reviewers", minimumApproverCount=1)
    clone.commit("main.tf", "straight\n")

    refused = clone("push", "--quiet", "origin", "HEAD:main", check=False)
    clone("push", "--quiet", "origin", "HEAD:topic")

    assert "TF402455" in refused.stderr
    assert repo.files()["main.tf"] == "one\n"
    (unexpected,) = playground.forget_unexpected()
    assert "refs/heads/main" in unexpected["unexpected"]


@pytest.mark.parametrize("header", ["Basic", "Bearer"])
def test_a_token_may_come_in_a_header(tmp_path, playground, repo, header):
    token = base64.b64encode(f":{playground.pat}".encode()).decode() if header == "Basic" else playground.pat
    git = Git(tmp_path / "clone")

    git("clone", "--quiet", repo.url, ".", config=[(f"http.{playground.root}/.extraHeader", f"Authorization: {header} {token}")])

    assert (git.directory / "main.tf").exists()


def test_without_a_token_git_is_asked_for_one_and_a_wrong_one_is_refused(tmp_path, playground, repo):
    git = Git(tmp_path / "clone")

    none = git("clone", "--quiet", repo.url, ".", check=False)
    assert "could not read Username" in none.stderr
    assert playground.unexpected() == []
    wrong = git("clone", "--quiet", repo.url.replace("://", "://x:wrong@"), ".", check=False)
    assert "Authentication failed" in wrong.stderr
    assert [u["status"] for u in playground.forget_unexpected()] == [401]


def test_a_repository_named_like_its_project_needs_no_project(tmp_path, playground):
    playground.create_repo("One Thing/One Thing", {"a": "1"})
    git = Git(tmp_path / "clone")

    git("clone", "--quiet", f"{playground.url.replace('://', f'://x:{playground.pat}@')}/_git/One%20Thing", ".")

    assert (git.directory / "a").exists()


def test_a_missing_repository_is_named(tmp_path, playground, repo):
    git = Git(tmp_path / "clone")

    missing = git("clone", "--quiet", repo.clone_url().replace("/infra", "/nothing"), ".", check=False)

    assert "not found" in missing.stderr
    assert "TF401019" in playground.forget_unexpected()[0]["unexpected"]


def test_git_can_be_made_to_fail(playground, repo, clone):
    playground.fault(match="git", status=503)

    assert "503" in clone("fetch", "origin", check=False).stderr
    clone("fetch", "--quiet", "origin")


def test_a_fork_is_a_repository_with_a_parent(tmp_path, playground, repo):
    fork = repo.fork()
    pull = repo.open_pull_request({"main.tf": "theirs\n"}, fork=fork)
    git = Git(tmp_path / "clone")

    git("clone", "--quiet", fork.clone_url("author"), ".")
    git("checkout", "--quiet", "change-1")
    head = git.commit("main.tf", "again\n")
    git("push", "--quiet", "origin", "change-1")

    wait_until(lambda: pull.head == head, "pushed head", 20)
    pull.wait_for_merge()
    raw = playground.rest("GET", fork.api).json()
    assert raw["isFork"] is True and raw["parentRepository"]["id"] == repo.id
    refs = [line.split()[1] for line in git("ls-remote", repo.clone_url()).stdout.splitlines()]
    assert refs == ["HEAD", "refs/heads/main", "refs/pull/1/merge"]

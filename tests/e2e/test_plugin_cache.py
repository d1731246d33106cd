# SPDX-License-Identifier: Apache-2.0
"""Provider plugins of many projects: fetched once, kept whole, bounded."""

import hashlib
import os
import re
import shutil
import subprocess
import zipfile

import pytest

from cases import text
from providers import HOST, PLATFORM, ProviderMirror, packages, requires

MANY = 16


@pytest.fixture
def mirror(tmp_path):
    return ProviderMirror(tmp_path / "mirror")


@pytest.fixture
def seen(tmp_path):
    """Where each project writes what it sees of its plugins after init."""
    directory = tmp_path / "seen"
    directory.mkdir()
    return directory


@pytest.fixture
def init_rules(rules, seen):
    """Plans that end after init: the providers are none that could be asked for a plan."""
    return rules(text(f"""
        repos:
        - id: /.*/
          workflow: own
        workflows:
          own:
            plan:
              steps:
              - init
              - run: |
                  for each in $(cd .terraform/providers && echo */*/*/*/*); do
                    echo "$each $(readlink -f .terraform/providers/$each)" >>{seen}/$(basename $DIR)
                  done
                  exit 1
        """))


@pytest.fixture
def start(make_server, mirror, init_rules):
    def make(**settings):
        server = make_server(start=False, repo_config=init_rules, parallel_pool_size=8, **settings)
        server.extra_env["TF_CLI_CONFIG_FILE"] = str(mirror.config)
        return server.start()

    return make


def content_of(archive):
    with zipfile.ZipFile(archive) as opened:
        return {name: hashlib.sha256(opened.read(name)).hexdigest() for name in opened.namelist()}


def assert_whole(server, mirror, want):
    """The cache has these packages, each as the mirror's archive has it, and its digest beside it."""
    cache = server.data_dir / "plugin-cache"
    found = packages(cache)
    assert sorted(found) == sorted(f"{HOST}/acme/{name}/{version}/{PLATFORM}" for name, version in want)
    for name, path in found.items():
        _, _, kind, version, _ = name.split("/")
        archive = mirror.root / HOST / "acme" / kind / f"terraform-provider-{kind}_{version}_{PLATFORM}.zip"
        files = {file.name: hashlib.sha256(file.read_bytes()).hexdigest() for file in path.iterdir()}
        assert files == content_of(archive), name
        assert path.with_name(path.name + ".h1").read_text().startswith("h1:")


def assert_all_link(server, seen, projects, n_providers):
    cache = server.data_dir / "plugin-cache"
    for name in projects:
        lines = (seen / name).read_text().splitlines()
        assert len(lines) == n_providers, lines
        for line in lines:
            package, path = line.split()
            assert path == str(cache / package)
    views = list(server.data_dir.glob("pulls/*/plugins/*"))
    # A project has two: of the server's own init, and of its run step.
    assert len(views) == 2 * len(projects)
    assert len([view for view in views if view.name.endswith("-steps")]) == len(projects)
    assert [path for view in views for path in packages(view).values() if not path.is_symlink()] == []


def fetched(server):
    """How many packages each init has fetched that fetched some."""
    return [int(number) for number in re.findall(r"provider plugins: (\d+) fetched", server.log())]


def plan(repo, files):
    pull = repo.open_pull_request(files)
    pull.wait_for_comment(containing="run step")
    return pull


def names_of(count):
    return [f"p{number:02}" for number in range(count)]


def test_many_projects_fetch_each_provider_once_and_leave_it_whole(start, repo, mirror, seen):
    mirror.add("thing", "1.2.3", 8 << 20)
    mirror.add("other", "2.0.0")
    server = start()
    plan(repo, {f"{name}/main.tf": requires("thing", "other") for name in names_of(MANY)})

    assert fetched(server) == [2]
    assert_whole(server, mirror, [("thing", "1.2.3"), ("other", "2.0.0")])
    assert_all_link(server, seen, names_of(MANY), 2)


def uses(module):
    return f'module "one" {{\n  source = "../modules/{module}"\n}}\n'


def test_what_some_projects_need_and_others_do_not_is_fetched_once_too(start, repo, mirror):
    for name in ("base", "thing", "other"):
        mirror.add(name, "1.0.0", 8 << 20)
    server = start()
    plan(repo, {"base/main.tf": requires("base")})
    plan(repo, {"again/main.tf": requires("base")})  # nothing is to be fetched

    plan(repo, {f"modules/{name}/main.tf": requires(name) for name in ("thing", "other")} |
         {f"{name}{number}/main.tf": uses(name) for name in ("thing", "other") for number in range(6)})
    assert sorted(fetched(server)) == [1, 1, 1]

    mirror.add("base", "2.0.0", 8 << 20)
    mirror.add("thing", "2.0.0", 8 << 20)
    plan(repo, {f"both{number}/main.tf": requires("base", "thing", version="2.0.0") for number in range(8)})
    assert sorted(fetched(server)) == [1, 1, 1, 2]


def lock_file(mirror, directory, config):
    directory.mkdir()
    (directory / "main.tf").write_text(config)
    env = {**os.environ, "TF_CLI_CONFIG_FILE": str(mirror.config), "CHECKPOINT_DISABLE": "1"}
    subprocess.run([shutil.which("terraform"), "init", "-input=false"], cwd=directory, env=env, check=True,
                   capture_output=True)
    return (directory / ".terraform.lock.hcl").read_text()


def test_projects_with_lock_files_do_too(start, repo, mirror, seen, tmp_path):
    mirror.add("thing", "1.2.3", 8 << 20)
    config = requires("thing")
    locked = lock_file(mirror, tmp_path / "locked", config)
    mirror.add("thing", "1.3.0")  # newer than what is locked
    server = start()
    files = {}
    for name in names_of(MANY):
        files.update({f"{name}/main.tf": config, f"{name}/.terraform.lock.hcl": locked})
    plan(repo, files)

    assert fetched(server) == [1]
    assert_whole(server, mirror, [("thing", "1.2.3")])
    assert_all_link(server, seen, names_of(MANY), 1)


def test_what_is_there_is_not_fetched_again(start, repo, mirror, seen):
    mirror.add("thing", "1.2.3")
    server = start()
    plan(repo, {"a/main.tf": requires("thing")})
    cached = server.data_dir / "plugin-cache" / HOST / "acme" / "thing" / "1.2.3" / PLATFORM
    before = cached.stat()
    plan(repo, {"b/main.tf": requires("thing")})

    after = cached.stat()
    assert (before.st_ino, before.st_ctime_ns) == (after.st_ino, after.st_ctime_ns)
    assert_all_link(server, seen, ["a", "b"], 1)


def test_an_init_that_fails_leaves_nothing_half(start, repo, mirror, seen):
    mirror.add("thing", "1.2.3")
    server = start()
    pull = repo.open_pull_request({"a/main.tf": requires("thing", "missing")})
    pull.wait_for_comment(containing="terraform init: exit 1")

    assert packages(server.data_dir / "plugin-cache") == {}
    assert list(server.data_dir.glob("pulls/*/plugins/*/*")) == []


def usage(server, name):
    return server.status()["caches"][name]


def test_what_nobody_uses_goes_when_the_cache_is_full(start, repo, mirror, seen):
    mirror.add("thing", "1.2.3", 3 << 20)
    mirror.add("other", "2.0.0", 3 << 20)
    server = start()
    old = plan(repo, {"a/main.tf": requires("thing")})
    server.wait_until_idle()
    old.abandon()
    server.wait_for(lambda: not list(server.data_dir.glob("pulls/*/plugins")), "its files are gone")
    plan(repo, {"b/main.tf": requires("other")})
    server.wait_until_idle()
    server.stop()

    server.settings["plugin-cache-limit"] = 4
    server.start()
    server.wait_for(lambda: (usage(server, "plugin_cache")["bytes"] or 9 << 20) < 4 << 20, "it is trimmed")
    assert usage(server, "plugin_cache")["limit"] == 4 << 20
    assert_whole(server, mirror, [("other", "2.0.0")])
    server.stop()

    server.settings["plugin-cache-limit"] = 1
    server.start()
    server.wait_for_log("plugin_cache: 3 MiB are used by open pull requests, more than --plugin-cache-limit allows")
    assert_whole(server, mirror, [("other", "2.0.0")])


def test_repositories_without_open_pull_requests_go_when_the_cache_is_full(make_server, playground, module):
    server = make_server()
    quiet = playground.create_repo("platform/quiet", {"big.txt": os.urandom(2 << 20).hex()})
    busy = playground.create_repo("platform/busy", {"big.txt": os.urandom(2 << 20).hex()})
    done = quiet.open_pull_request({"a/main.tf": module("a").text()})
    done.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    done.abandon()
    waiting = busy.open_pull_request({"b/main.tf": module("b").text()})
    waiting.wait_for_comment(containing="1 to add")
    server.wait_until_idle()
    assert len(list(server.data_dir.glob("git/*.git"))) == 2
    server.stop()

    server.settings["git-cache-limit"] = 1
    server.start()
    server.wait_for_log("git_cache: .* are used by open pull requests")
    assert len(list(server.data_dir.glob("git/*.git"))) == 1
    waiting.comment("atlantis apply")
    waiting.wait_for_comment(containing="1 added")
    again = quiet.open_pull_request({"c/main.tf": module("c").text()})
    again.wait_for_comment(containing="1 to add")

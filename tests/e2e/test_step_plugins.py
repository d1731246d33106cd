# SPDX-License-Identifier: Apache-2.0
"""Provider plugins of programs that run terraform by themselves: taken from what all have, and never written there."""

import json
import re

import pytest

from cases import text
from providers import HOST, PLATFORM, ProviderMirror, packages, requires
from registry import Registry
from test_plugin_cache import names_of

INIT = "terraform init -input=false -no-color"
# What Terragrunt does: a directory of its own below the project's, which init runs in, and the lock file comes back.
TERRAGRUNT = """
    set -e
    here=.terragrunt-cache/a/b
    mkdir -p $here
    cp main.tf $here/
    [ ! -e .terraform.lock.hcl ] || cp .terraform.lock.hcl $here/
    (cd $here && terraform init -input=false -no-color)
    cp $here/.terraform.lock.hcl .
    """


@pytest.fixture
def registry(tmp_path):
    with Registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def start(make_server, registry, rules):
    """A server whose plans are these scripts, and end behind them: nobody can run the providers."""
    def make(*steps, config=None, **settings):
        listed = [step if step == "init" else {"run": text(step)} for step in (*steps, "exit 1")]
        own = {"plan": {"steps": listed}}
        server = make_server(start=False, parallel_pool_size=8, repo_config=rules(json.dumps(
            {"repos": [{"id": "/.*/", "workflow": "own"}], "workflows": {"own": own}})), **settings)
        link = server.directory / "config.tfrc"  # as a ConfigMap has it
        link.symlink_to(registry.config)
        server.extra_env["TF_CLI_CONFIG_FILE"] = str(config or link)
        return server.start()

    return make


def plan(repo, files):
    pull = repo.open_pull_request(files)
    pull.wait_for_comment(containing="run step `exit 1`")
    return pull


def archive(name, version):
    return f"terraform-provider-{name}_{version}_{PLATFORM}.zip"


def package(name, version):
    return f"{HOST}/acme/{name}/{version}/{PLATFORM}"


def cache_of(server):
    return server.data_dir / "plugin-cache"


def contents(directory):
    """Each file of the packages with what tells that it was written; PLATFORM.h1 has the time of its last use."""
    return {path: (path.stat().st_ino, path.stat().st_mtime_ns, path.read_bytes())
            for package in packages(directory).values() for path in sorted(package.iterdir())}


def of_projects(server):
    """What lies where terraform has providers, in checkouts: name of the package -> paths."""
    found = {}
    for providers in server.data_dir.glob("pulls/*/checkout*/**/.terraform/providers"):
        for name, path in packages(providers).items():
            found.setdefault(name, []).append(path)
    return found


def test_what_one_project_of_terragrunt_fetched_is_there_for_all(start, repo, registry):
    registry.add("thing", "1.2.3")
    registry.add("other", "2.0.0")
    server = start(TERRAGRUNT)
    first = plan(repo, {"first/main.tf": requires("thing", "other")})
    server.wait_until_idle()
    before, asked = contents(cache_of(server)), dict(registry.fetched)
    assert sorted(packages(cache_of(server))) == [package("other", "2.0.0"), package("thing", "1.2.3")]

    plan(repo, {f"{name}/main.tf": requires("thing", "other") for name in names_of(8)})
    server.wait_until_idle()
    first.push({"first/main.tf": requires("thing")})
    first.wait_for_comments(2, containing="run step `exit 1`")
    server.wait_until_idle()

    for name, version in (("thing", "1.2.3"), ("other", "2.0.0")):
        assert registry.fetched[archive(name, version)] == asked[archive(name, version)] <= 2
        paths = of_projects(server)[package(name, version)]
        assert len(paths) == 9 and all(path.is_symlink() for path in paths)
        assert {path.resolve() for path in paths} == {cache_of(server) / package(name, version)}
    assert contents(cache_of(server)) == before


def test_many_that_fetch_at_once_leave_it_whole(start, repo, registry):
    registry.add("thing", "1.2.3")
    server = start(TERRAGRUNT)
    plan(repo, {f"{name}/main.tf": requires("thing") for name in names_of(8)})
    server.wait_until_idle()

    assert (cache_of(server) / (package("thing", "1.2.3") + ".h1")).read_text().startswith("h1:")
    paths = of_projects(server)[package("thing", "1.2.3")]
    assert len(paths) == 8 and all(path.is_symlink() for path in paths)
    assert list(server.data_dir.rglob("*.tfrc")) == []  # it may hold credentials


def foreign(lock_file):
    """As a machine of another kind writes it: with the archives' digests, and another one of what is in them."""
    return re.sub(r'"h1:[^"]*"', '"h1:' + "A" * 43 + '="', lock_file)


@pytest.mark.parametrize("place", ["p", "elsewhere", "p/inner"])
def test_a_lock_file_of_another_system_is_obeyed(start, repo, registry, place):
    registry.add("thing", "1.2.3")
    taken = f"../{place}/.terraform.lock.hcl"
    server = start(f"[ {place} = p ] || [ ! -e {taken} ] || cp {taken} .\n{INIT}\n")
    plan(repo, {"seed/main.tf": requires("thing")})
    server.wait_until_idle()
    before = contents(cache_of(server))
    [lock] = server.data_dir.glob("pulls/*/checkout*/seed/.terraform.lock.hcl")
    assert before and "h1:" in lock.read_text()

    plan(repo, {"p/main.tf": requires("thing"), f"{place}/.terraform.lock.hcl": foreign(lock.read_text())})
    server.wait_until_idle()

    assert contents(cache_of(server)) == before


def test_what_a_lock_file_refuses_stays_where_it_was_fetched(start, repo, registry):
    registry.add("thing", "1.2.3")
    server = start(f"[ ! -e .terraform.lock.hcl ] || only=-lockfile=readonly\n{INIT} $only\n",
                   f"ls .terraform/providers/{package('thing', '1.2.3')}/")
    plan(repo, {"seed/main.tf": requires("thing")})
    server.wait_until_idle()
    [lock] = server.data_dir.glob("pulls/*/checkout*/seed/.terraform.lock.hcl")

    plan(repo, {"p/main.tf": requires("thing"), "p/.terraform.lock.hcl": foreign(lock.read_text())})
    server.wait_until_idle()

    [kept] = [path for path in of_projects(server)[package("thing", "1.2.3")] if "/p/" in str(path)]
    assert not kept.is_symlink()


def test_an_init_behind_the_servers_own_does_not_write_through_its_links(start, repo, registry):
    registry.add("thing", "1.2.3")
    server = start("init", f"rm .terraform.lock.hcl\n{INIT}\n")
    plan(repo, {"a/main.tf": requires("thing")})
    server.wait_until_idle()
    before = contents(cache_of(server))
    plan(repo, {"b/main.tf": requires("thing")})
    server.wait_until_idle()

    assert contents(cache_of(server)) == before
    assert registry.fetched[archive("thing", "1.2.3")] == 1


def test_what_nobody_gives_out_is_asked_for_once(start, repo, registry):
    registry.add("thing", "1.2.3")
    own = f".terraform/providers/{HOST}/acme/own/1.0.0/{PLATFORM}"
    server = start(f"mkdir -p {own} && echo x >{own}/terraform-provider-own_v1.0.0", "true", "true")
    plan(repo, {f"{name}/main.tf": requires("thing") for name in names_of(3)})
    server.wait_until_idle()

    lines = [line for line in server.log().splitlines() if "providers of a step are not shared" in line]
    assert len(lines) <= 3 and "acme/own/1.0.0" in lines[0], lines  # those that waited for the same answer have it, too
    assert len(of_projects(server)[package("own", "1.0.0")]) == 3


def test_what_a_pull_request_brings_along_is_not_for_all(start, repo, registry):
    registry.add("thing", "1.2.3")
    server = start("true")
    place = f"a/.terraform/providers/{package('thing', '1.2.3')}"
    plan(repo, {"a/main.tf": requires("thing"), f"{place}/terraform-provider-thing_v1.2.3": "#!/bin/sh\necho mine\n",
                f"a/.terraform/providers/{HOST}/acme/thing/9.9.9/{PLATFORM}/terraform-provider-thing_v9.9.9": "mine"})
    server.wait_until_idle()

    assert list(packages(cache_of(server))) in ([], [package("thing", "1.2.3")])
    assert not [path for path in cache_of(server).rglob("*") if path.is_file() and b"mine" in path.read_bytes()]


def test_a_mirror_of_the_operators_is_unpacked_once(start, repo, registry, tmp_path):
    mirror = ProviderMirror(tmp_path / "mirror")
    mirror.add("thing", "1.2.3")
    server = start(TERRAGRUNT, config=mirror.config)
    plan(repo, {"first/main.tf": requires("thing")})
    server.wait_until_idle()
    before = contents(cache_of(server))
    mirror.add("thing", "1.3.0")
    plan(repo, {f"{name}/main.tf": requires("thing", version="1.2.3") for name in names_of(4)} |
         {"newer/main.tf": requires("thing")})
    server.wait_until_idle()

    assert before and contents(cache_of(server)).items() >= before.items()
    assert sorted(of_projects(server)) == [package("thing", "1.2.3"), package("thing", "1.3.0")]
    assert [len(paths) for _, paths in sorted(of_projects(server).items())] == [5, 1]
    assert all(path.is_symlink() for paths in of_projects(server).values() for path in paths)


def test_where_the_operator_says_where_plugins_are_kept_that_holds(start, repo, registry, tmp_path):
    said = tmp_path / "said.tfrc"
    said.write_text(registry.config.read_text() + f'plugin_cache_dir = "{tmp_path}"\n')
    seen = tmp_path / "seen"
    server = start(f"echo $TF_CLI_CONFIG_FILE >{seen}", config=said)
    plan(repo, {"a/main.tf": requires("thing")})
    server.wait_until_idle()

    assert seen.read_text() == f"{said}\n"


def test_what_steps_have_taken_stays_when_the_cache_is_full(start, repo, registry):
    registry.add("thing", "1.2.3")
    registry.add("other", "2.0.0")
    server = start(TERRAGRUNT)
    old = plan(repo, {"a/main.tf": requires("other")})
    server.wait_until_idle()
    plan(repo, {"b/main.tf": requires("thing")})
    server.wait_until_idle()
    old.abandon()
    server.wait_for(lambda: len(list(server.data_dir.glob("pulls/*"))) == 1, "its files are gone")
    server.stop()

    for path in packages(cache_of(server)).values():
        (path / "padding").write_bytes(b"x" * (2 << 20))
    server.settings["plugin-cache-limit"] = 1
    server.start()
    server.wait_for_log("plugin_cache: .* are used by open pull requests")
    assert list(packages(cache_of(server))) == [package("thing", "1.2.3")]

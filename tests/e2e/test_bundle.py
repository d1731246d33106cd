# SPDX-License-Identifier: Apache-2.0
""""hadal bundle": what a machine without the internet needs, gathered and used."""

import os
import subprocess

import pytest

from cases import text
from mirror import Mirror
from providers import HOST, PLATFORM, requires
from registry import Registry
from server import BUILD_ROOT

HADAL = BUILD_ROOT / "src" / "cli" / "hadal"
VERSION = "1.11.99"

FILE = f"""
    terraform: [{VERSION}]
    providers:
    - source: acme/thing
      versions: [1.2.3, ~> 1.3]
    - source: acme/other
      versions: [2.0.0]
    """


@pytest.fixture
def releases(tmp_path):
    with Mirror(tmp_path / "releases") as mirror:
        mirror.release(VERSION)
        yield mirror


@pytest.fixture
def registry(tmp_path):
    with Registry(tmp_path / "registry") as running:
        yield running


@pytest.fixture
def bundle(tmp_path, releases, registry):
    """Runs the program on a file; returns the result and the directory."""
    def run(content, *options):
        file, directory = tmp_path / "bundle.yaml", tmp_path / "bundle"
        file.write_text(text(content))
        env = {**os.environ, "TF_CLI_CONFIG_FILE": str(registry.config)}
        return subprocess.run([HADAL, "bundle", file, directory, "--tf-download-url", releases.url, *options],
                              env=env, capture_output=True, text=True, timeout=120, umask=0o022), directory

    return run


def test_a_bundle_has_programs_providers_and_a_configuration(bundle, registry):
    archives = {("thing", "1.2.3"): registry.add("thing", "1.2.3"), ("thing", "1.3.1"): registry.add("thing", "1.3.1"),
                ("other", "2.0.0"): registry.add("other", "2.0.0")}
    result, directory = bundle(FILE)

    assert result.returncode == 0, result.stderr
    assert os.access(directory / "bin" / "terraform" / VERSION / "terraform", os.X_OK)
    assert os.readlink(directory / "bin" / f"terraform{VERSION}") == f"terraform/{VERSION}/terraform"
    for (name, version), content in archives.items():
        file = f"terraform-provider-{name}_{version}_{PLATFORM}.zip"
        assert (directory / "providers" / HOST / "acme" / name / file).read_bytes() == content
    assert f'path = "{directory}/providers"' in (directory / "mirror.tfrc").read_text()
    for path in directory.rglob("*"):
        assert path.stat().st_mode & 0o004, f"only who made it reads {path}"
    again, _ = bundle(FILE)
    assert again.returncode == 0, again.stderr


def test_a_server_without_the_internet_works_from_a_bundle(bundle, registry, make_server, repo, rules, tmp_path):
    registry.add("thing", "1.2.3")
    registry.add("thing", "1.3.1")
    registry.add("other", "2.0.0")
    result, directory = bundle(FILE)
    assert result.returncode == 0, result.stderr
    found = tmp_path / "found.txt"
    server = make_server(start=False, default_tf_version=VERSION, tf_download=False, repo_config=rules(text(f"""
        repos:
        - id: /.*/
          workflow: own
        workflows:
          own:
            plan:
              steps:
              - init
              - run: (cd .terraform/providers && echo */*/*/*/*) >{found}; exit 1
        """)))
    server.extra_env["PATH"] = f"{os.environ['PATH']}:{directory}/bin"
    server.extra_env["TF_CLI_CONFIG_FILE"] = str(directory / "mirror.tfrc")
    server.start()
    pull = repo.open_pull_request({"net/main.tf": requires("thing", "other")})
    pull.wait_for_comment(containing="run step")

    assert found.read_text().split() == [f"{HOST}/acme/other/2.0.0/{PLATFORM}", f"{HOST}/acme/thing/1.3.1/{PLATFORM}"]


def test_the_place_of_use_may_be_another(bundle, registry):
    registry.add("thing", "1.2.3")
    result, directory = bundle(f"terraform: [{VERSION}]\npath: /opt/bundle\n")
    assert result.returncode == 0, result.stderr
    assert 'path = "/opt/bundle/providers"' in (directory / "mirror.tfrc").read_text()


def test_a_program_whose_digest_is_wrong_is_not_taken(bundle, releases):
    archive = releases.path(releases.archive(VERSION))
    archive.write_bytes(archive.read_bytes() + b"x")
    result, directory = bundle(f"terraform: [{VERSION}]\n")

    assert result.returncode == 1
    assert f"Terraform {VERSION}" in result.stderr and "digest" in result.stderr.lower(), result.stderr
    assert not (directory / "bin" / "terraform" / VERSION / "terraform").exists()


def test_a_provider_whose_digest_is_wrong_is_not_taken(bundle, registry):
    registry.add("thing", "1.2.3")
    registry.damage("thing", "1.2.3")
    result, directory = bundle(f"terraform: [{VERSION}]\nproviders:\n- {{source: acme/thing, versions: [1.2.3]}}\n")

    assert result.returncode == 1
    assert "acme/thing 1.2.3" in result.stderr and "checksum" in result.stderr, result.stderr
    assert not (directory / "mirror.tfrc").exists()


@pytest.mark.parametrize("content, why", [
    ("terraform: [1.11.4]\nprovider: []\n", '2:1: bundle: unknown key "provider": did you mean "providers"?'),
    ("terraform: ['>= 1.5']\n", "1:13: "),
    ("providers: []\n", "1:1: bundle: a version of terraform or opentofu is missing"),
    ("terraform: [1.11.4]\nproviders:\n- source: acme/thing\n", '3:3: provider: '),
    ("terraform: [1.11.4]\nproviders:\n- {source: 'acme/\"thing', versions: [1.0.0]}\n", "3:12: "),
    ("terraform: [1.11.4]\nproviders:\n- {source: acme/thing, versions: ['1.0.0\"${x}']}\n", "3:35: "),
    ("terraform: [1.11.4]\nproviders:\n- {source: acme/thing, versions: []}\n", "3:3: provider: it has no versions"),
])
def test_a_mistake_in_the_file_is_told_with_its_place(tmp_path, content, why):
    file, directory = tmp_path / "bundle.yaml", tmp_path / "bundle"
    file.write_text(content)
    result = subprocess.run([HADAL, "bundle", file, directory], capture_output=True, text=True, timeout=60)

    assert result.returncode == 1
    assert f"bundle.yaml:{why}" in result.stderr
    assert not directory.exists()

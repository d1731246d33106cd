# SPDX-License-Identifier: Apache-2.0
"""Which Terraform plans a project, and where it comes from."""

import pytest

from mirror import Mirror
from server import SOURCE_ROOT

PLAN = "Atlantis Bot/atlantis/plan"


@pytest.fixture
def mirror(tmp_path):
    with Mirror(tmp_path) as running:
        yield running


def kept(server, version):
    return server.data_dir / "bin" / "terraform" / version / "terraform"


def test_the_default_version_is_downloaded_once_and_plans_and_applies(make_server, mirror, repo, module):
    mirror.release("1.11.99")
    server = make_server(tf_download_url=mirror.url, default_tf_version="1.11.99")
    first, second = module("first"), module("second")

    pull = repo.open_pull_request({"first/main.tf": first.text(), "second/main.tf": second.text()})
    pull.wait_for_status(PLAN, "succeeded", containing="2/2 projects planned: 2 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()

    assert first.applied() == ["one"] and second.applied() == ["one"]
    assert mirror.requests[mirror.archive("1.11.99")] == 1
    assert kept(server, "1.11.99").stat().st_mode & 0o777 == 0o755
    assert mirror.runs("1.11.99").count("apply") == 2


def test_required_version_takes_the_highest_release_of_the_mirror(make_server, mirror, repo, module):
    for version in ("1.11.98", "1.11.99", "1.12.0"):
        mirror.release(version)
    server = make_server(tf_download_url=mirror.url)
    wants = 'terraform {\n  required_version = "~> 1.11.0"\n}\n'
    net = module("net", extra=wants)

    pull = repo.open_pull_request({"net/main.tf": net.text()})
    pull.wait_for_comment(containing="1 to add")

    assert "plan" in mirror.runs("1.11.99")
    assert kept(server, "1.11.99").exists() and not kept(server, "1.11.98").exists()


def test_terraform_version_of_a_project_comes_first(make_server, mirror, repo, module):
    for version in ("1.11.98", "1.11.99"):
        mirror.release(version)
    make_server(tf_download_url=mirror.url, default_tf_version="1.11.99")
    wants = 'terraform {\n  required_version = "~> 1.11.0"\n}\n'
    config = "version: 3\nprojects:\n- dir: net\n  terraform_version: v1.11.98\n"

    pull = repo.open_pull_request({"atlantis.yaml": config,
                                   "net/main.tf": module("net", extra=wants).text()})
    pull.wait_for_comment(containing="1 to add")

    assert "plan" in mirror.runs("1.11.98")
    assert mirror.runs("1.11.99") == []


def test_an_archive_that_is_not_what_was_released_plans_nothing(make_server, mirror, repo, module):
    mirror.release("1.11.99")
    mirror.path(mirror.archive("1.11.99")).write_bytes(b"something else")
    server = make_server(tf_download_url=mirror.url, default_tf_version="1.11.99")

    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="it is not what was released")
    pull.wait_for_status(PLAN, "failed")

    assert not kept(server, "1.11.99").exists()


def test_without_downloads_a_version_that_is_not_there_is_named(make_server, mirror, repo, module):
    mirror.release("1.11.99")
    make_server(tf_download_url=mirror.url, tf_download=False, default_tf_version="1.11.99")

    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="Terraform 1.11.99 is not on this server")

    assert not mirror.requests


def test_the_other_distribution_comes_from_its_own_mirror(make_server, mirror, repo, module):
    mirror.release_tofu("1.9.99")
    server = make_server(tofu_download_url=mirror.url, default_tf_distribution="opentofu",
                         default_tf_version="1.9.99")

    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")

    assert (server.data_dir / "bin" / "opentofu" / "1.9.99" / "tofu").exists()
    assert mirror.requests[mirror.tofu_archive("1.9.99")] == 1


@pytest.mark.parametrize("distribution, key, url", [
    ("terraform", "tf_signing_key_file", "tf_download_url"),
    ("opentofu", "tofu_signing_key_file", "tofu_download_url"),
])
def test_with_a_key_what_is_not_signed_plans_nothing(make_server, mirror, repo, module, distribution, key, url):
    mirror.release("1.9.99")
    mirror.release_tofu("1.9.99")
    server = make_server(default_tf_distribution=distribution, default_tf_version="1.9.99",
                         **{url: mirror.url, key: SOURCE_ROOT / "tests/fixtures/release/key.asc"})

    pull = repo.open_pull_request({"net/main.tf": module("net").text()})

    assert "404" in pull.wait_for_comment(containing="fetch the signature").text
    pull.wait_for_status(PLAN, "failed")
    assert not (server.data_dir / "bin" / distribution / "1.9.99").exists()

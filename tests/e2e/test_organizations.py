# SPDX-License-Identifier: Apache-2.0
"""One server for several organisations, each with a credential of its own."""

import os
import time

import pytest

from cases import root, text
from playground import Playground
from relay import Front


@pytest.fixture
def contoso(tmp_path):
    with Playground(tmp_path / "contoso", org="contoso") as running:
        yield running


@pytest.fixture
def front(playground, contoso):
    with Front(playground, contoso) as running:
        yield running


@pytest.fixture
def start(make_server, contoso, front, tmp_path):
    """A server whose only credentials are those of the file."""
    def make(credentials, **settings):
        (tmp_path / "organizations.yaml").write_text(credentials)
        server = make_server(start=False, base_url=front.url, azuredevops_user=None, azuredevops_token=None,
                             azuredevops_organizations_file=tmp_path / "organizations.yaml", **settings)
        contoso.subscribe(server.hook_url)
        return server.start()

    return make


def two(playground, contoso, tmp_path):
    """One token in the file, the other in a file of its own."""
    (tmp_path / "token").write_text(contoso.pat + "\n")
    ends = time.strftime("%Y-%m-%d", time.gmtime(time.time() + 10 * 86400))
    return text("""
        organizations:
          playground:
            token: PAT
          CONTOSO:
            token-file: FILE
            credential-ends: DAY
        """).replace("PAT", playground.pat).replace("FILE", str(tmp_path / "token")).replace("DAY", ends)


def test_each_organisation_is_served_with_its_own_credential(start, playground, contoso, repo, front, module,
                                                            tmp_path):
    server = start(two(playground, contoso, tmp_path))
    shared = contoso.create_repo("platform/modules", {"main.tf": root("from contoso's own module")})
    theirs = contoso.create_repo("platform/infra", {"README.md": "infra\n"})
    url = shared.url.replace(contoso.root, front.url)

    ours = repo.open_pull_request({"net/main.tf": module("net").text()})
    other = theirs.open_pull_request({"net/main.tf": f'module "shared" {{\n  source = "git::{url}"\n}}\n'})
    for pull in (ours, other):
        pull.wait_for_comment(containing="1 to add")
        pull.comment("atlantis apply")
        pull.wait_for_comment(containing="1 added")
    server.wait_until_idle()

    # Neither token was ever tried at the other organisation: whoever gets it may keep it.
    assert not playground.unexpected() and not contoso.unexpected()


def test_each_credential_says_when_it_ends(start, playground, contoso, tmp_path):
    server = start(two(playground, contoso, tmp_path))
    server.wait_for_log("level=warn.*the credential for the organisation CONTOSO ends soon: in (9|10) days")
    assert 9 * 86400 < server.status()["credential_ends"] / 1000 - time.time() < 11 * 86400


def test_a_token_is_replaced_for_one_organisation(start, playground, contoso, tmp_path, module):
    server = start(two(playground, contoso, tmp_path))
    theirs = contoso.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = theirs.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    server.wait_until_idle()

    (tmp_path / "new").write_text(contoso.replace_pat() + "\n")
    os.replace(tmp_path / "new", tmp_path / "token")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")


def test_an_organisation_without_a_credential_gets_nobody_elses(start, playground, contoso, module):
    server = start(f"organizations: {{playground: {{token: {playground.pat}}}}}\n")
    theirs = contoso.create_repo("platform/infra", {"README.md": "infra\n"})
    server.allowed_errors.append("there is no credential")
    theirs.open_pull_request({"net/main.tf": module("net").text()})
    server.wait_for_log('there is no credential for the organisation ."contoso')
    assert not contoso.unexpected()


@pytest.mark.parametrize("content, message", [
    ("organizations: {contoso: {}}\n", ":1:26: organization contoso: it has neither token nor token-file"),
    ("organizations: {contoso: {token-file: /nowhere/token}}\n", "organization contoso: "),
    (None, "--azuredevops-organizations-file: "),
])
def test_what_cannot_work_is_refused_at_start(make_server, tmp_path, content, message):
    file = tmp_path / "organizations.yaml"
    if content:
        file.write_text(content)
    server = make_server(start=False, azuredevops_organizations_file=file)
    server.start(wait=False)
    assert server.wait_for_death() == 1
    assert message in server.log()

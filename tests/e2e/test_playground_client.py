# SPDX-License-Identifier: Apache-2.0
"""Microsoft's own client talks to the playground."""
import json
import os
import shutil
import subprocess

import pytest

from playground import SOURCE, wait_until

SCRIPT = SOURCE / "tests" / "client" / "azuredevops.mjs"
MODULE = SOURCE / "node_modules" / "azure-devops-node-api"


@pytest.mark.parametrize("scheme", ["basic", "bearer"])
def test_the_official_client_finds_what_it_needs(playground, scheme):
    if not shutil.which("node"):
        pytest.skip("node is not installed")
    if not MODULE.is_dir():
        pytest.skip(f"{MODULE.name} is not in node_modules: npm ci")
    repo = playground.create_repo("My Project/infra", {"main.tf": "one\n"})
    pull = repo.open_pull_request({"main.tf": "two\n"})
    pull.push({"main.tf": "three\n"})
    env = {"PATH": os.environ["PATH"], "AZURE_DEVOPS_TOKEN": playground.pat, "AZURE_DEVOPS_SCHEME": scheme}

    run = subprocess.run(["node", SCRIPT, playground.url, repo.project, repo.id, str(pull.number),
                          playground.id_of("reviewer")], env=env, capture_output=True, text=True, timeout=60)

    assert run.returncode == 0, run.stderr
    assert json.loads(run.stdout)["steps"] >= 15
    wait_until(lambda: pull.state == "completed", "completion", 20)
    assert repo.files() == {"main.tf": "three\n"}
    # The one call that asks for what does not exist.
    (unexpected,) = playground.forget_unexpected()
    assert unexpected["path"].endswith("/pullRequests/4711")

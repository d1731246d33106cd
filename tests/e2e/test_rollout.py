# SPDX-License-Identifier: Apache-2.0
"""docs/guides/azure-devops-on-kubernetes.md: its files and commands, in its order, against the playground."""
import os
import re
import shlex
import shutil
import subprocess

import pytest

from cases import root, text
from installation import PROGRAM
from server import SOURCE_ROOT
from test_workflows import TERRAGRUNT_PROGRAMS

GUIDE = SOURCE_ROOT / "docs" / "guides" / "azure-devops-on-kubernetes.md"
BLOCK = re.compile(r"^```(yaml|sh)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MISSING_IS_SHOWN = 1


class Reader:
    """Does what the guide says, with the names of a playground in place of the example's."""

    def __init__(self, directory, playground, server):
        self.directory, self.server = directory, server
        self.names = {"https://hadal.example.com": f"http://127.0.0.1:{server.port}",
                      "dev.azure.com/my-org": playground.url.split("//")[1], "my-org": playground.org}
        self.blocks = BLOCK.findall(GUIDE.read_text())

    def ours(self, words):
        for example, name in self.names.items():
            words = words.replace(example, name)
        return words

    def file(self, name):
        [content] = [body for _, body in self.blocks if body.startswith(f"# {name}\n")]
        return self.ours(content)

    def commands(self, beginning):
        return [line for kind, body in self.blocks if kind == "sh" for line in self.ours(body).splitlines()
                if line.startswith(beginning)]

    def run(self, line, **environment):
        words = shlex.split(line)
        if words[0] == "hadal":
            words[0] = str(PROGRAM)
        return subprocess.run(words, cwd=self.directory, env={**self.server.environment(), **environment}, text=True,
                              capture_output=True, timeout=120)


@pytest.fixture
def guide(tmp_path, make_server, playground):
    programs = tmp_path / "programs"
    programs.mkdir()
    for name, body in TERRAGRUNT_PROGRAMS.items():
        (programs / name).write_text(text(body))
        (programs / name).chmod(0o755)
    server = make_server(start=False, repo_config=tmp_path / "repos.yaml")
    for one in playground.rest("GET", "_apis/hooks/subscriptions").json()["value"]:
        playground.rest("DELETE", f"_apis/hooks/subscriptions/{one['id']}")
    server.extra_env["PATH"] = f"{programs}:{os.environ['PATH']}"
    reader = Reader(tmp_path, playground, server)
    (tmp_path / "repos.yaml").write_text(reader.file("repos.yaml"))
    (tmp_path / "atlantis.yaml").write_text(reader.file("atlantis.yaml"))
    return reader


def test_every_command_of_the_guide_is_tried(guide):
    lines = [line for kind, body in guide.blocks if kind == "sh" for line in body.splitlines()]
    assert len(lines) == len(guide.commands("hadal ") + guide.commands("cp ") + guide.commands("kubectl kustomize"))


def test_the_guides_files_are_good_and_plan_what_it_says(guide):
    (guide.directory / "live/network").mkdir(parents=True)
    (guide.directory / "live/network/terragrunt.hcl").write_text("")
    good, explained = [guide.run(line) for line in guide.commands("hadal check")]
    assert good.returncode == 0, good.stdout + good.stderr
    assert "network" in explained.stdout and "modules/network/main.tf" in explained.stdout


def test_the_guides_overlay_is_one(guide):
    if not shutil.which("kubectl"):
        pytest.skip("there is no kubectl here")
    shutil.copytree(SOURCE_ROOT / "deploy/kubernetes", guide.directory / "deploy/kubernetes")
    for line in guide.commands("cp "):
        assert guide.run(line).returncode == 0, line
    [line] = guide.commands("kubectl kustomize")
    printed = guide.run(line)
    assert printed.returncode == 0, printed.stderr
    assert "terragrunt apply -input=false" in printed.stdout and "kind: StatefulSet" in printed.stdout


def test_an_administrator_sets_up_for_an_account_that_may_not(guide, playground, repo):
    guide.server.start()
    playground.limit(denied=["hooks", "policies"])
    [line] = guide.commands("hadal doctor")
    account = re.search(r"the token is of .* \((\S{36})\)", guide.run(line).stdout).group(1)
    _, apply = guide.commands("hadal setup")
    assert guide.run(apply).returncode != 0

    made = guide.run(f"{apply} --account {account}", ATLANTIS_AZUREDEVOPS_TOKEN=playground.pat_of("reviewer"))
    playground.forget_unexpected()
    assert made.returncode == 0 and "arrived" in made.stdout, made.stdout + made.stderr
    settings = [one["settings"] for one in playground.rest("GET", "platform/_apis/policy/configurations").json()["value"]]
    assert {one["authorId"] for one in settings} == {account} == {playground.id_of("bot")}


def test_from_nothing_to_an_applied_pull_request(guide, playground, repo):
    server = guide.server.start()
    shown, made = [guide.run(line) for line in guide.commands("hadal setup")]
    assert shown.returncode == MISSING_IS_SHOWN and "missing" in shown.stdout, shown.stdout + shown.stderr
    assert made.returncode == 0 and "arrived" in made.stdout, made.stdout + made.stderr
    [line] = guide.commands("hadal doctor")
    looked = guide.run(line).stdout
    playground.forget_unexpected()  # what a token may is asked about a pull request that cannot exist
    assert "azuredevops" in looked and "probation" not in looked and "missing" not in looked, looked

    pull = repo.open_pull_request({"live/network/terragrunt.hcl": "# a stand-in reads main.tf\n",
                                   "live/network/main.tf": root(), "atlantis.yaml": guide.file("atlantis.yaml")})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    assert "`approved`" in pull.wait_for_comment(containing="Apply refused").text
    pull.approve()
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    pull.wait_for_status("Atlantis Bot/atlantis/apply", "succeeded")
    server.wait_until_idle()

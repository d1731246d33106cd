# SPDX-License-Identifier: Apache-2.0
"""I4: code in a pull request looks everywhere it can and finds no secret of the server."""

import base64
import sys

import pytest

from cases import text

SPY = r"""
set +e
for file in /proc/self/environ /proc/$PPID/environ; do tr '\0' '\n' < "$file"; done
parent=$PPID
while [ "$parent" -gt 1 ]; do
  parent=$(awk '/^PPid:/ {print $2}' "/proc/$parent/status")
  tr '\0' '\n' < "/proc/$parent/environ"
done
for file in /proc/[0-9]*/cmdline; do tr '\0' ' ' < "$file"; echo; done
find . -type f -size -200k -exec cat {} +
find "$(git rev-parse --absolute-git-dir 2>/dev/null || echo .git)" -name config -exec cat {} +
env
git config --list --show-origin
"""


def module_with_spy(module, found):
    return module("net", extra=f"""
resource "terraform_data" "spy" {{
  provisioner "local-exec" {{
    command = <<-EOT
      ({SPY.replace('${', '$${').replace('%{', '%%{')}) > {found} 2>&1
    EOT
  }}
}}

output "own_environment" {{
  value = try(replace(file("/proc/self/environ"), "\\u0000", "\\n"), "")
}}
""")


def secrets_of(server):
    pairs = [base64.b64encode(f"{user}:{server.pat}".encode()).decode()
             for user in ("", "hadal", "user")]
    return [server.pat, server.webhook_password, *pairs]


def test_I4_a_module_that_looks_everywhere_finds_no_secret(server, playground, module, tmp_path):
    found = tmp_path / "found.txt"
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"net/main.tf": module_with_spy(module, found).text()})
    pull.wait_for_comment(containing="2 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="2 added")

    content = found.read_text(errors="replace")
    assert "TF_DATA_DIR=" in content, "the spy saw nothing"
    comments = "\n".join(comment.text for comment in pull.comments())
    assert "TF_IN_AUTOMATION" in comments, "the module did not print its environment"
    for secret in secrets_of(server):
        assert secret not in content
        assert secret not in comments


# Reads the environment and arguments of every process that works for the server, over and over,
# until it is told to end. It tells when it has seen some fetches.
WATCHER = r"""
import os, pathlib, sys, time

data_dir, seen, enough, found = sys.argv[1:]
texts, fetches = set(), set()
end = time.monotonic() + 120
while time.monotonic() < end and not os.path.exists(enough):
    for pid in filter(str.isdigit, os.listdir("/proc")):
        text = b""
        for name in ("environ", "cmdline"):
            try:
                text += pathlib.Path("/proc", pid, name).read_bytes()
            except OSError:
                pass
        if data_dir.encode() not in text:
            continue
        texts.update(text.split(b"\0"))
        if b"GIT_CONFIG_COUNT=" in text and b"\0fetch\0" in text:
            fetches.add(pid)
    if len(fetches) >= 3:
        pathlib.Path(seen).touch()
pathlib.Path(found).write_bytes(b"\n".join(sorted(texts)))
"""


def module_with_watcher(module, program, arguments):
    command = " ".join(str(word) for word in [sys.executable, program, *arguments])
    return module("net", extra=f"""
resource "terraform_data" "watcher" {{
  provisioner "local-exec" {{
    command = "{command}"
  }}
}}
""")


def test_I4_a_module_that_watches_the_fetches_of_others_finds_no_secret(server, playground, module,
                                                                        tmp_path):
    program, seen, enough, found = (tmp_path / name for name in
                                    ("watcher.py", "seen", "enough", "found.txt"))
    program.write_text(WATCHER)
    watcher = module_with_watcher(module, program, [server.data_dir, seen, enough, found])
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"net/main.tf": watcher.text()})
    pull.wait_for_comment(containing="2 to add")
    other = playground.create_repo("platform/other", {"README.md": "other\n"})
    pull.comment("atlantis apply")

    for number in range(30):
        if seen.exists():
            break
        name = f"m{number}"
        watched = other.open_pull_request({f"{name}/main.tf": module(name).text()})
        watched.wait_for_comment(containing="1 to add")
    enough.touch()
    pull.wait_for_comment(containing="2 added")

    assert seen.exists(), "the watcher saw no fetch"
    content = found.read_text(errors="replace")
    for secret in secrets_of(server):
        assert secret not in content


def test_I4_no_file_of_the_data_directory_holds_a_secret(server, playground, module):
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    pull = repo.open_pull_request({"net/main.tf": module("net").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_comment(containing="1 added")
    server.stop()

    for path in server.data_dir.rglob("*"):
        if path.is_file() and not path.is_symlink():
            content = path.read_bytes()
            for secret in secrets_of(server):
                assert secret.encode() not in content, path
    for secret in secrets_of(server):
        assert secret not in server.log()


def test_I4_secrets_given_as_flags_are_gone_from_the_command_line(server):
    cmdline = open(f"/proc/{server.process.pid}/cmdline", "rb").read()
    environ = open(f"/proc/{server.process.pid}/environ", "rb").read()
    for secret in secrets_of(server):
        assert secret.encode() not in cmdline + environ


def reads(file):
    return f'output "read" {{\n  value = file("{file}")\n}}\n'


@pytest.mark.parametrize("place", ["hook", "step", "module"])
def test_I4_a_token_file_that_a_program_reads_is_in_no_comment(make_server, playground, module, rules, tmp_path, place):
    file = tmp_path / "token"
    file.write_text(playground.pat + "\n")
    server = make_server(azuredevops_token=None, azuredevops_token_file=file, fail_on_pre_workflow_hook_error=True,
                         repo_config=rules(text("""
        repos:
        - id: /.*/
          workflow: looks
          pre_workflow_hooks:
          - run: HOOK
        workflows:
          looks:
            plan:
              steps:
              - run: STEP
              - init
              - plan
        """).replace("HOOK", f"cat {file}; exit 1" if place == "hook" else "true")
             .replace("STEP", f"cat {file}" if place == "step" else "true")))
    repo = playground.create_repo("platform/infra", {"README.md": "infra\n"})
    net = module("net", extra=reads(file) if place == "module" else "")
    pull = repo.open_pull_request({"net/main.tf": net.text()})
    assert "***" in pull.wait_for_comment(containing="***").text
    server.wait_until_idle()
    assert playground.pat not in "\n".join(comment.text for comment in pull.comments())
    assert playground.pat not in server.log()

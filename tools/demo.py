#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""
make demo: a pull request from opening to apply, told in the terminal.
make playground: the same two programs, left running to try by hand.
"""

import os
import secrets
import shutil
import signal
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
os.environ.setdefault("HADAL_BUILD_ROOT", str(ROOT / "build"))
sys.path.insert(0, str(ROOT / "tests" / "e2e"))

from playground import Playground  # noqa: E402
from server import Server  # noqa: E402

PLAN = "Atlantis Bot/atlantis/plan"
STOP = {signal.SIGINT, signal.SIGTERM}
APPLY = "Atlantis Bot/atlantis/apply"

NETWORK = """\
terraform {{
  backend "local" {{
    path = "{state}"
  }}
}}

resource "terraform_data" "subnet" {{
  for_each = toset(["front", "back"])
  input    = "10.0.{third}.0/24 ${{each.key}}"
}}
"""


def say(text=""):
    print(text, flush=True)


def show(title, text):
    say(f"\n── {title} " + "─" * max(2, 76 - len(title)))
    for line in text.splitlines():
        if not line.startswith("<!--"):
            say("  " + line)
    say("─" * 80)


def show_statuses(pull):
    for status in sorted(pull.statuses().values(), key=lambda entry: entry.name, reverse=True):
        say(f"  [{status.state}] {status.name}: {status.description}")


def start(directory):
    pat = "demo-" + secrets.token_hex(16)
    playground = Playground(directory / "playground", org="demo", pat=pat).start()
    server = Server(directory / "server", playground.url, pat, log_level="info")
    playground.subscribe(server.hook_url)
    server.start()
    return playground, server


def files(directory, third):
    state = directory / "states" / "network.tfstate"
    return {"network/main.tf": NETWORK.format(state=state, third=third)}


def demo(directory):
    playground, server = start(directory)
    try:
        say(f"An Azure DevOps organisation runs at {playground.url}, hadal beside it.")
        repo = playground.create_repo("platform/infra", {"README.md": "# Infrastructure\n"})
        pull = repo.open_pull_request(files(directory, 1), title="Add two subnets")
        say(f"Pull request !{pull.number} is open: {pull.web_url}")

        plan = pull.wait_for_comment(containing="to add")
        pull.wait_for_status(PLAN, "succeeded")
        show(f"hadal comments on !{pull.number} (thread {plan.thread_status})", plan.text)
        show_statuses(pull)

        pull.approve(user="reviewer")
        say("\nA reviewer approves, and the author comments: atlantis apply")
        pull.comment("atlantis apply", user="author")

        applied = pull.wait_for_comment(containing="added")
        pull.wait_for_status(APPLY, "succeeded")
        show(f"hadal comments on !{pull.number} (thread {applied.thread_status})", applied.text)
        show_statuses(pull)
        pull.complete()
        pull.wait_for_comments(3)
        say("\nThe pull request is completed, its locks are released. That is the whole of it.")
        say("Try it by hand: make playground")
    finally:
        server.stop()
        playground.stop()


def stay(directory):
    playground, server = start(directory)
    try:
        repo = playground.create_repo("platform/infra", {
            "README.md": "# Infrastructure\n",
            **files(directory, 1),
        })
        repo.open_pull_request(files(directory, 2), title="Move the subnets")
        say(f"Azure DevOps playground  {playground.root}/")
        say(f"hadal                    http://127.0.0.1:{server.port}/status")
        say("\nOpen the first in a browser: read the plan, vote, comment \"atlantis apply\",")
        say("open another pull request. Ctrl-C stops both and removes what they made.")
        signal.pthread_sigmask(signal.SIG_BLOCK, STOP)
        signal.sigwait(STOP)
        say()
    finally:
        server.stop()
        playground.stop(check=False)


def main():
    directory = Path(tempfile.mkdtemp(prefix="hadal-demo-"))
    try:
        if "--stay" in sys.argv[1:]:
            stay(directory)
        else:
            demo(directory)
    finally:
        shutil.rmtree(directory, ignore_errors=True)


if __name__ == "__main__":
    main()

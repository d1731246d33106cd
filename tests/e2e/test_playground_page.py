# SPDX-License-Identifier: Apache-2.0
"""The playground's page, in a browser."""
import os
import shutil
import subprocess

import pytest

from playground import SOURCE

SCRIPT = SOURCE / "tests" / "client" / "page.mjs"
MODULE = SOURCE / "node_modules" / "playwright-core"

MARKDOWN = """<!-- hidden marker -->
### Plan for net
Some **bold** text, a [run](https://example.org/1) and https://example.org/a_b_c.

| Project | Result |
|---|---|
| net | 2 \\| 3 |

* `atlantis apply`

1. first
2. second

<details><summary>Show output</summary>

```diff
+ new
- old
~ <b>
```

</details>
"""

HOSTILE = """<script>window.hacked = 1</script>
<img src=x onerror="window.hacked = 2">
[one](javascript:window.hacked=3) [two](//evil.example) <javascript:alert(1)>
![three](x" onerror="window.hacked=4)
<details open><summary><img src=x onerror=window.hacked=5></summary><iframe src="javascript:alert(1)"></iframe></details>
| <svg onload=alert(1)> | b |
|---|---|
| <style>*{display:none}</style> | </td><script>alert(1)</script> |

```html
<script>alert(1)</script>
```
`<script>alert(1)</script>` the end
"""


def browse(playground, story):
    browser = shutil.which("chromium")
    if not shutil.which("node") or not browser:
        pytest.skip("node or chromium is not installed")
    if not MODULE.is_dir():
        pytest.skip(f"{MODULE.name} is not in node_modules: npm ci")
    env = {"PATH": os.environ["PATH"], "HOME": str(playground.directory), "LANG": "C.UTF-8"}
    run = subprocess.run(["node", SCRIPT, playground.root, browser, story], env=env, capture_output=True, text=True,
                         timeout=120)
    assert run.returncode == 0, run.stderr


@pytest.fixture
def repo(playground):
    return playground.create_repo("platform/infra", {"main.tf": "one\n"})


def test_a_pull_request_is_opened_talked_about_and_completed(playground, repo):
    browse(playground, "conversation")

    assert repo.files() == {"main.tf": "three\n"}


def test_markdown_is_shown_as_pull_requests_show_it(playground, repo):
    repo.open_pull_request({"main.tf": "two\n"}).comment(MARKDOWN)

    browse(playground, "markdown")


def test_a_comment_stays_a_comment(playground, repo):
    pull = repo.open_pull_request({"main.tf": "two\n"}, title="<script>window.hacked = 9</script>")
    pull.comment(HOSTILE)

    browse(playground, "hostile")


def test_the_address_of_a_pull_request_leads_to_the_page(playground, repo):
    pull = repo.open_pull_request({"main.tf": "two\n"})

    reply = playground.get(pull.web_url)

    assert reply.status == 200
    assert b"<title>Playground</title>" in reply.body


def test_nothing_of_the_page_comes_from_elsewhere(playground):
    reply = playground.get()

    assert "default-src 'none'" in reply.headers["Content-Security-Policy"]
    assert b"//" not in reply.body.replace(b"<!--", b"").replace(b"-->", b"")

# SPDX-License-Identifier: Apache-2.0
"""Flags by which results take less room in a pull request."""

CHANGES = """
resource "terraform_data" "item" {
}
"""
# 400 kB, and the host takes 150 in a comment.
LONG = """
locals {
  much = join("", [for i in range(40) : "0123456789"])
}

output "much" {
  value = join("\\n", [for i in range(1000) : "number ${i} ${local.much}"])
}
"""
# Nothing to do, and much to say.
WARNING = """
check "never" {
  assert {
    condition     = length(local.none) > 0
    error_message = "%s"
  }
}

locals {
  none = []
}
""" % "\\n".join(["there is nothing"] * 20)


def test_of_a_result_that_is_too_long_the_end_is_kept(make_server, repo):
    make_server(max_comments_per_command=1)
    pull = repo.open_pull_request({"app/main.tf": LONG})

    told = pull.wait_for_comment(containing="are left out").text

    assert told.startswith("*Parts 1 to ") and "number 999 " in told and "number 0 " not in told
    assert "atlantis apply -d app" in told
    assert len(pull.comments(by="bot")) == 1


def test_projects_without_changes_are_a_line_where_that_is_enough(make_server, repo):
    make_server(hide_unchanged_plan_comments="true")
    pull = repo.open_pull_request({"app/main.tf": CHANGES, "none/main.tf": WARNING})

    told = pull.wait_for_comment(containing="2 projects").text

    assert "| `none` | `default` | no changes |" in told
    assert "#### `app`" in told and "#### `none`" not in told

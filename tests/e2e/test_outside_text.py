# SPDX-License-Identifier: Apache-2.0
"""I3: what people write reaches no shell and no option position, whatever it looks like."""

from cases import root

RUNS = ["$(touch${IFS}${MARK})", "`touch${IFS}${MARK}`", ";touch${IFS}${MARK};", "|touch${IFS}${MARK}",
        "&touch${IFS}${MARK}&", "'\"'\";touch${IFS}${MARK};\""]


def test_I3_text_that_looks_like_a_program_runs_nothing(make_server, playground, repo, rules, tmp_path):
    mark, seen = tmp_path / "mark", tmp_path / "seen"
    server = make_server(start=False, allow_commands="plan,apply,import", repo_config=rules(f"""
        repos:
        - id: /.*/
          workflow: telling
          pre_workflow_hooks:
          - run: printenv HEAD_BRANCH_NAME >> {seen}
        workflows:
          telling:
            plan:
              steps:
              - init
              - run: printenv REPO_REL_DIR >> {seen}; printenv COMMENT_ARGS >> {seen}; true
              - env:
                  name: HERE
                  command: printf %s "$DIR"
              - plan
        """))
    server.extra_env["MARK"] = str(mark)
    server.start()
    hostile = "".join(RUNS).replace("|", "")
    pull = repo.open_pull_request({f"net{hostile}/main.tf": root(), "-destroy/main.tf": root()},
                                  title=f"Change {hostile}", description=hostile, source=f"x{RUNS[0]};{RUNS[1]}")
    pull.wait_for_comment(containing="2 to add")
    pull.comment(f"atlantis plan -d -destroy -- -lock-timeout='{hostile}'")
    pull.comment(f"atlantis plan -d 'net{hostile}' -- -target='x{RUNS[0]}'")
    pull.comment(f"atlantis import -d 'net{hostile}' '{RUNS[0]}' '{RUNS[1]}'")
    pull.comment("atlantis plan -w '-chdir=..' -d net")
    pull.comment("atlantis help")
    pull.wait_for_comment(containing="What can be typed here")
    server.wait_until_idle()

    told = seen.read_text()
    assert f"net{hostile}" in told and RUNS[0] in told, "the steps were not given the text"
    assert not mark.exists()

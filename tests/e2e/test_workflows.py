# SPDX-License-Identifier: Apache-2.0
"""Small repositories, one for each thing that configuration can say: what is planned, applied, refused,
and why. The real terraform runs in all of them."""

import shutil

import pytest

from cases import Case, World, approves, comments, does, opens, pushes, root, text
from local_server import StateStore

PLAN = "Atlantis Bot/atlantis/plan"
APPLY = "Atlantis Bot/atlantis/apply"

TWO_PROJECTS = text("""
    version: 3
    projects:
    - name: net
      dir: net
    - name: app
      dir: app
    """)

ALLOW_ALL = """
    repos:
    - id: /.*/
      allow_custom_workflows: true
      allowed_overrides: [workflow, apply_requirements, plan_requirements, import_requirements, repo_locks,
                          delete_source_branch_on_merge, silence_pr_comments, max_plan_age]
    """

# Wraps terraform as terragrunt does, as far as a workflow of run steps can tell; where the real one is, that is used.
TERRAGRUNT = """
    #!/bin/sh
    # A stand-in: takes what a Terragrunt workflow gives it and refuses everything else.
    set -eu
    [ -f terragrunt.hcl ] || { echo "terragrunt.hcl is missing here" >&2; exit 1; }
    case "$1" in
    plan | apply | show) ;;
    *) echo "unknown command: $1" >&2; exit 1 ;;
    esac
    [ -d .terraform ] || terraform init -input=false -no-color >/dev/null
    exec terraform "$@"
    """

TERRAGRUNT_PROGRAMS = {} if shutil.which("terragrunt") else {"terragrunt": TERRAGRUNT}

TERRAGRUNT_RULES = """
    repos:
    - id: /.*/
      apply_requirements: [approved, mergeable]
      workflow: terragrunt
    workflows:
      terragrunt:
        plan:
          steps:
          - env:
              name: TF_IN_AUTOMATION
              value: 'true'
          - run:
              command: terragrunt plan -input=false -no-color -out=$PLANFILE
              output: strip_refreshing
        apply:
          steps:
          - run: terragrunt apply -input=false -no-color $PLANFILE
    """

MADE = 'output "made" { value = 1 }'

# A hook for plans writes the repository's file, as generators of Terragrunt's do.
GENERATED = """
    repos:
    - id: /.*/
      allowed_overrides: [apply_requirements]
      pre_workflow_hooks:
      - run: |
          printf 'version: 3\\nprojects:\\n- dir: net\\n  apply_requirements: [approved]\\n' > atlantis.yaml
        commands: plan
    """

CASES = [
    # ------------------------------------------------------------ which projects
    Case(
        name="without configuration each directory of a change is a project",
        change={"net/main.tf": root(), "app/main.tf": root(), "docs/x.md": "x\n"},
        steps=[
            opens(projects={"net": "planned", "app": "planned"},
                  statuses={PLAN: ("succeeded", "2/2 projects planned: 2 to add")}),
            comments("atlantis apply", projects={"net": "applied", "app": "applied"},
                     statuses={APPLY: ("succeeded", "2/2 projects applied")}),
        ],
    ),
    Case(
        name="only the configured projects whose files changed are planned",
        base={"atlantis.yaml": TWO_PROJECTS, "net/main.tf": root(), "app/main.tf": root()},
        change={"net/main.tf": root("two")},
        steps=[opens(projects={"net": "planned"}, says=("`net`",))],
    ),
    Case(
        name="when_modified climbs out of the directory, and excludes",
        base={
            "atlantis.yaml": text("""
                version: 3
                projects:
                - dir: prod
                  autoplan: {when_modified: ['../modules/**/*.tf', '*.tf', '!ignored.tf']}
                - dir: stage
                """),
            "prod/main.tf": 'module "m" {\n  source = "../modules/m"\n}\n',
            "stage/main.tf": root(), "modules/m/main.tf": root(),
        },
        change={"modules/m/main.tf": root("two")},
        steps=[
            opens(projects={"prod": "planned"}),
            pushes({"modules/m/main.tf": root(), "prod/ignored.tf": "# nothing\n"}, projects={}),
        ],
    ),
    Case(
        name="a project that is not planned automatically is planned when asked for",
        base={
            "atlantis.yaml": text("""
                version: 3
                projects:
                - name: net
                  dir: net
                  autoplan: {enabled: false}
                """),
        },
        change={"net/main.tf": root()},
        steps=[
            opens(projects={}, comments=0),
            comments("atlantis plan -p net", projects={"net": "planned"}),
            comments("atlantis apply -p net", projects={"net": "applied"}),
        ],
    ),
    Case(
        name="workspaces of one directory have their own plans and states",
        base={
            "atlantis.yaml": text("""
                version: 3
                projects:
                - dir: net
                  workspace: blue
                - name: green
                  dir: net
                  workspace: green
                """),
        },
        change={"net/main.tf": root("${terraform.workspace}", 'output "w" {\n  value = terraform.workspace\n}\n')},
        steps=[
            opens(projects={"net/blue": "planned", "green": "planned"}, says=('"blue"', '"green"')),
            comments("atlantis apply -d net -w blue", projects={"net/blue": "applied", "green": "planned"}),
            comments("atlantis apply -p green", projects={"net/blue": "applied", "green": "applied"}),
        ],
    ),
    Case(
        name="a project with the name of none is told with the names there are",
        base={"atlantis.yaml": TWO_PROJECTS},
        change={"net/main.tf": root(), "app/main.tf": root()},
        steps=[
            opens(projects={"net": "planned", "app": "planned"}),
            comments("atlantis plan -p nett", says=("`nett`", "`net`"),
                     projects={"net": "planned", "app": "planned"}),
        ],
    ),
    Case(
        name="-p takes a regular expression where the operator says so",
        base={"atlantis.yaml": TWO_PROJECTS},
        settings={"enable_regexp_cmd": True, "disable_autoplan": True},
        change={"net/main.tf": root(), "app/main.tf": root()},
        steps=[
            opens(comments=0),
            comments("atlantis plan -p 'ne'", says=("`ne`",), projects={}),
            comments("atlantis plan -p 'ne.|ap+'", projects={"net": "planned", "app": "planned"}),
            comments("atlantis apply -p 'n.*'", projects={"net": "applied", "app": "planned"}),
        ],
    ),
    Case(
        name="-d takes a pattern of configured directories",
        base={
            "atlantis.yaml": text("""
                version: 3
                projects:
                - dir: live/a
                - dir: live/b
                - dir: other
                """),
        },
        settings={"disable_autoplan": True},
        change={f"{directory}/main.tf": root() for directory in ("live/a", "live/b", "other")},
        steps=[
            opens(comments=0),
            comments("atlantis plan -d 'live/*'", projects={"live/a": "planned", "live/b": "planned"}),
            comments("atlantis apply -d 'live/*'", projects={"live/a": "applied", "live/b": "applied"}),
        ],
    ),
    Case(
        name="a directory of the configuration may be a pattern",
        base={"atlantis.yaml": "version: 3\nprojects:\n- dir: 'live/**'\n"},
        change={"live/a/main.tf": root(), "live/b/c/main.tf": root(), "live/README.md": "x\n",
                "other/main.tf": root()},
        steps=[opens(projects={"live/a": "planned", "live/b/c": "planned"})],
    ),
    Case(
        name="directories are discovered beside configured ones where that is enabled",
        base={"atlantis.yaml": "version: 3\nautodiscover:\n  mode: enabled\n  ignore_paths: ['old/*']\n"
                               "projects:\n- name: net\n  dir: net\n"},
        change={"net/main.tf": root(), "app/main.tf": root(), "old/x/main.tf": root()},
        steps=[opens(projects={"net": "planned", "app": "planned"})],
    ),
    Case(
        name="nothing is discovered where the server's rules say so",
        repos="""
            repos:
            - id: /.*/
              autodiscover: {mode: disabled}
            """,
        base={"atlantis.yaml": "version: 3\nautodiscover: {mode: enabled}\n"},
        change={"net/main.tf": root()},
        steps=[opens(projects={}, comments=0), comments("atlantis plan", projects={}, says=("Nothing to plan",))],
    ),
    Case(
        name="projects of another base branch do not exist",
        base={
            "atlantis.yaml": text("""
                version: 3
                projects:
                - name: net
                  dir: net
                  branch: /^main$/
                - name: release
                  dir: net
                  branch: /^release-/
                """),
        },
        change={"net/main.tf": root()},
        steps=[opens(projects={"net": "planned"})],
    ),
    Case(
        name="pull requests into other branches than the rules serve are left alone",
        repos="""
            repos:
            - id: /.*/
              branch: /^release-/
            """,
        change={"net/main.tf": root()},
        steps=[opens(projects={}, comments=0), comments("atlantis plan", projects={}, comments=0)],
    ),
    Case(
        name="who uses a changed local module is planned",
        settings={"autoplan_modules": True},
        base={
            "live/a/main.tf": 'module "m" {\n  source = "../../shared/m"\n}\n',
            "live/b/main.tf": root(),
            "shared/m/main.tf": 'module "deep" {\n  source = "../deep"\n}\n',
            "shared/deep/main.tf": root(),
            "atlantis.yaml": "version: 3\nprojects:\n- dir: live/a\n- dir: live/b\n",
        },
        change={"shared/deep/main.tf": root("two")},
        steps=[opens(projects={"live/a": "planned"})],
    ),
    Case(
        name="-d means the workspace that the cloud block of a directory names",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: echo "planned for $WORKSPACE" | tee $PLANFILE
                apply:
                  steps:
                  - run: cat $PLANFILE
            """,
        change={"net/main.tf": 'terraform {\n  cloud {\n    workspaces {\n      name = "prod"\n    }\n  }\n}\n'},
        steps=[
            opens(projects={"net/prod": "planned"}),
            comments("atlantis plan -d net", projects={"net/prod": "planned"}, says=("planned for prod",)),
            comments("atlantis apply -d net -w default", projects={"net/prod": "planned"}),
            comments("atlantis apply -d net", projects={"net/prod": "applied"}),
        ],
    ),
    Case(
        name="the list of files restricts what a comment plans",
        settings={"restrict_file_list": True, "disable_autoplan": True},
        base={"net/main.tf": root(), "app/main.tf": root()},
        change={"net/main.tf": root("two")},
        steps=[
            opens(comments=0),
            comments("atlantis plan -d app", projects={}, says=("`app`",)),
            comments("atlantis plan -d net", projects={"net": "planned"}),
        ],
    ),
    # ------------------------------------------------------------ files
    Case(
        name="the repository's file may have another name and place",
        repos="""
            repos:
            - id: /.*/
              repo_config_file: conf/hadal.yaml
            """,
        base={"conf/hadal.yaml": "version: 3\nprojects:\n- name: net\n  dir: net\n"},
        change={"net/main.tf": root(), "app/main.tf": root()},
        steps=[opens(projects={"net": "planned"})],
    ),
    Case(
        name="version 2 of the file is read",
        repos=ALLOW_ALL,
        base={
            "atlantis.yaml": text("""
                version: 2
                projects:
                - name: net
                  dir: net
                  workflow: own
                workflows:
                  own:
                    plan:
                      steps:
                      - run: echo   'two words'
                      - init
                      - plan
                """),
        },
        change={"net/main.tf": root()},
        steps=[opens(projects={"net": "planned"}, says=("two words",))],
    ),
    Case(
        name="a broken file gets one comment with its place",
        base={"atlantis.yaml": "version: 3\nprojects:\n- dir: net\n  workfow: x\n"},
        change={"net/main.tf": root()},
        steps=[opens(projects={}, comments=1, says=("atlantis.yaml:4:", "workfow", "workflow"),
                     statuses={PLAN: ("failed", "configuration error")})],
    ),
    Case(
        name="a hostile file gets one comment",
        base={"atlantis.yaml": "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
            f"{letter}: &{letter} [{','.join(['*' + before] * 9)}]\n"
            for before, letter in zip("abcdefgh", "bcdefghi"))},
        change={"net/main.tf": root()},
        steps=[opens(projects={}, comments=1, says=("atlantis.yaml:",))],
    ),
    Case(
        name="an override that is not allowed is refused with its place",
        base={"atlantis.yaml": "version: 3\nprojects:\n- dir: net\n  apply_requirements: [approved]\n"},
        change={"net/main.tf": root()},
        steps=[opens(projects={}, comments=1,
                     says=("atlantis.yaml:4:", "apply_requirements", "allowed_overrides"))],
    ),
    Case(
        name="an own workflow is refused unless it is allowed",
        base={"atlantis.yaml": "version: 3\nworkflows:\n  own: {}\nprojects:\n- dir: net\n"},
        change={"net/main.tf": root()},
        steps=[opens(projects={}, comments=1, says=("atlantis.yaml:", "allow_custom_workflows"))],
    ),
    # ------------------------------------------------------------ workflows
    Case(
        name="a workflow of run steps plans and applies the file of $PLANFILE",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: terraform init -input=false -no-color >/dev/null
                  - run: terraform plan -input=false -no-color -out=$PLANFILE
                apply:
                  steps:
                  - run: terraform apply -input=false -no-color $PLANFILE
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}, says=("1 to add",)),
            comments("atlantis apply", projects={"net": "applied"}, says=("1 added",)),
        ],
    ),
    Case(
        name="a terragrunt workflow with approvals works as written",
        repos=TERRAGRUNT_RULES,
        programs=TERRAGRUNT_PROGRAMS,
        change={"live/net/terragrunt.hcl": "# values\n", "live/net/main.tf": root()},
        steps=[
            opens(projects={"live/net": "planned"}, says=("1 to add",)),
            comments("atlantis apply", projects={"live/net": "planned"}, says=("`approved`",)),
            approves(),
            comments("atlantis apply", projects={"live/net": "applied"}, says=("1 added",)),
        ],
    ),
    Case(
        name="arguments of the workflow reach terraform with the environment in them",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - init: {extra_args: [-lock=false]}
                  - plan: {extra_args: [-var, 'who=$WORKSPACE-$PROJECT_NAME']}
            """,
        base={"atlantis.yaml": "version: 3\nprojects:\n- name: net\n  dir: net\n"},
        change={"net/main.tf": root(extra='variable "who" {}\noutput "who" {\n  value = var.who\n}\n')},
        steps=[
            opens(projects={"net": "planned"}, says=("default-net",)),
            comments("atlantis apply", projects={"net": "applied"}),
        ],
    ),
    Case(
        name="env and multienv set variables for the steps behind them",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - env: {name: TF_VAR_a, value: fixed}
                  - env: {name: TF_VAR_b, command: 'echo computed-$PULL_NUM'}
                  - multienv: 'echo TF_VAR_c=\\"see, both\\",UNUSED=1'
                  - init
                  - plan
            """,
        change={"net/main.tf": root(extra="".join(
            f'variable "{name}" {{}}\noutput "{name}" {{\n  value = var.{name}\n}}\n' for name in "abc"))},
        steps=[opens(projects={"net": "planned"}, says=('"fixed"', '"computed-', '"see, both"'))],
    ),
    Case(
        name="what a plan hook generates holds for the apply",
        repos=GENERATED,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}),
            comments("atlantis apply", projects={"net": "planned"}, says=("`approved`",)),
            approves("reviewer"),
            comments("atlantis apply", projects={"net": "applied"}),
        ],
    ),
    Case(
        name="what a plan hook generated and is gone stops the apply",
        repos=GENERATED,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}),
            does(lambda world: shutil.rmtree(world.checkout())),
            approves("reviewer"),
            comments("atlantis apply", projects={"net": "planned"},
                     says=("configuration for this project has changed",)),
        ],
    ),
    Case(
        name="the output of a run step can be hidden and filtered, in the log too",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: {command: echo hidden-words, output: hide}
                  - run:
                      command: 'echo "password: opensesame, done"'
                      output: [show, {filter_regex: '(password: )\\w+(, done)'}]
                  - init
                  - plan
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}, says=("password: <redacted>, done",),
                  lacks=("hidden-words", "opensesame")),
            comments("atlantis plan --verbose", lacks=("hidden-words", "opensesame"), says=("Log",)),
        ],
    ),
    Case(
        name="a hidden step that fails shows why",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: {command: 'echo the reason; exit 3', output: hide}
                  - init
                  - plan
            """,
        change={"net/main.tf": root()},
        steps=[opens(projects={"net": "plan_failed"}, says=("the reason", "exit 3"),
                     statuses={PLAN: ("failed", "1 failed")})],
    ),
    Case(
        name="a step that takes too long is ended",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: {command: sleep 600, timeout: 1s}
            """,
        change={"net/main.tf": root()},
        steps=[opens(projects={"net": "plan_failed"}, says=("run step", "sleep 600", "timed out"))],
    ),
    Case(
        name="another shell runs the command line",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: {command: 'a=(x y z); echo "${#a[@]} words by bash"', shell: bash, shellArgs: [-e, -c]}
                  - init
                  - plan
            """,
        change={"net/main.tf": root()},
        steps=[opens(projects={"net": "planned"}, says=("3 words by bash",))],
    ),
    Case(
        name="text of the pull request reaches a shell only as a variable",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: 'printf "args:%s\\n" "$COMMENT_ARGS"'
                  - init
                  - plan
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}),
            comments("atlantis plan -d net -- '-var=x=$(touch pwned)`id`'",
                     says=("args:\\-\\v\\a\\r",), lacks=("uid=",)),
            does(lambda world: world, lacks=("pwned",)),
        ],
    ),
    # ------------------------------------------------------------ hooks
    Case(
        name="a hook can write the configuration",
        repos="""
            repos:
            - id: /.*/
              pre_workflow_hooks:
              - run: 'printf "version: 3\\nprojects:\\n- name: made\\n  dir: net\\n" >atlantis.yaml'
                description: Make the configuration
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"made": "planned"},
                  statuses={"Atlantis Bot/atlantis/pre_workflow_hook: Make the configuration":
                            ("succeeded", "done")}),
            comments("atlantis apply -p made", projects={"made": "applied"}),
        ],
    ),
    Case(
        name="a hook that fails stops the command where the operator says so",
        settings={"fail_on_pre_workflow_hook_error": True},
        repos="""
            repos:
            - id: /.*/
              pre_workflow_hooks:
              - run: echo no good; exit 1
            """,
        change={"net/main.tf": root()},
        steps=[opens(projects={}, comments=1, says=("hook", "no good"),
                     statuses={PLAN: ("failed", "hook"),
                               "Atlantis Bot/atlantis/pre_workflow_hook: Pre workflow hook #0": ("failed", "")})],
    ),
    Case(
        name="a hook that fails is a status, and no more",
        repos="""
            repos:
            - id: /.*/
              pre_workflow_hooks:
              - run: exit 1
                description: Broken
              - run: touch later-hook
            """,
        change={"net/main.tf": root()},
        steps=[opens(projects={"net": "planned"},
                     statuses={"Atlantis Bot/atlantis/pre_workflow_hook: Broken": ("failed", "")})],
    ),
    Case(
        name="a hook behind the command knows how it went, and speaks for itself",
        repos="""
            repos:
            - id: /.*/
              post_workflow_hooks:
              - run: 'echo "$COMMAND_NAME has errors: $COMMAND_HAS_ERRORS" >$OUTPUT_STATUS_FILE'
                description: Tell
                commands: plan
            """,
        change={"net/main.tf": root(), "bad/main.tf": "resource {}\n"},
        steps=[opens(projects={"net": "planned", "bad": "plan_failed"},
                     statuses={"Atlantis Bot/atlantis/post_workflow_hook: Tell":
                               ("succeeded", "plan has errors: true")})],
    ),
    Case(
        name="files that a hook made count as changed where the operator says so",
        settings={"include_git_untracked_files": True},
        base={"generated/main.tf": root()},
        repos="""
            repos:
            - id: /.*/
              pre_workflow_hooks:
              - run: echo '# made' >generated/made.tf
            """,
        change={"README.md": "change\n"},
        steps=[opens(projects={"generated": "planned"})],
    ),
    Case(
        name="a configured directory that a hook made exists",
        base={"atlantis.yaml": "version: 3\nprojects:\n- dir: made\n  autoplan: {when_modified: [../*.md]}\n"},
        repos=f"""
            repos:
            - id: /.*/
              pre_workflow_hooks:
              - run: mkdir -p made && echo '{MADE}' >made/main.tf
            """,
        change={"README.md": "change\n"},
        steps=[opens(projects={"made": "planned"}),
               comments("atlantis plan -d made", projects={"made": "planned"})],
    ),
    # ------------------------------------------------------------ requirements
    Case(
        name="an apply waits for an approval by somebody else than the author",
        repos="""
            repos:
            - id: /.*/
              apply_requirements: [approved]
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}),
            comments("atlantis apply", projects={"net": "planned"}, says=("`approved`",)),
            approves("author"),
            comments("atlantis apply", projects={"net": "planned"}, says=("`approved`",)),
            approves("reviewer"),
            comments("atlantis apply", projects={"net": "applied"}),
        ],
    ),
    Case(
        name="an apply waits until nothing stands against completing",
        repos="""
            repos:
            - id: /.*/
              apply_requirements: [mergeable]
            """,
        change={"net/main.tf": root()},
        prepare=lambda world: world.repo.add_policy("reviewers", minimumApproverCount=1),
        steps=[
            opens(projects={"net": "planned"}),
            comments("atlantis apply", projects={"net": "planned"}, says=("`mergeable`",)),
            approves("reviewer"),
            comments("atlantis apply", projects={"net": "applied"}),
        ],
    ),
    Case(
        name="a plan waits for its requirements too",
        repos="""
            repos:
            - id: /.*/
              plan_requirements: [approved]
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "plan_failed"}, says=("`approved`",)),
            approves("reviewer"),
            comments("atlantis plan", projects={"net": "planned"}),
        ],
    ),
    Case(
        name="a base branch that moved under the project stops the apply",
        repos="""
            repos:
            - id: /.*/
              apply_requirements: [undiverged]
            """,
        base={"net/main.tf": root(), "app/main.tf": root()},
        change={"net/main.tf": root("two")},
        steps=[
            opens(projects={"net": "planned"}),
            does(lambda world: world.repo.commit({"app/main.tf": root("other")})),
            does(lambda world: world.repo.commit({"net/other.tf": "# theirs\n"})),
            comments("atlantis apply", projects={"net": "planned"}, says=("`undiverged`", "net/other.tf")),
        ],
    ),
    Case(
        name="a module that moved on the base branch stops the apply",
        settings={"autoplan_modules": True},
        repos="""
            repos:
            - id: /.*/
              apply_requirements: [undiverged]
            """,
        base={"part/main.tf": root(), "net/main.tf": 'module "part" {\n  source = "../part"\n}\n'},
        change={"net/other.tf": root("two")},
        steps=[
            opens(projects={"net": "planned"}),
            does(lambda world: world.repo.commit({"part/main.tf": root("theirs")})),
            comments("atlantis apply", projects={"net": "planned"}, says=("`undiverged`", "part/main.tf")),
        ],
    ),
    Case(
        name="another project on the base branch does not stop the apply",
        repos="""
            repos:
            - id: /.*/
              apply_requirements: [undiverged]
            """,
        base={"net/main.tf": root(), "app/main.tf": root()},
        change={"net/main.tf": root("two")},
        steps=[
            opens(projects={"net": "planned"}),
            does(lambda world: world.repo.commit({"app/main.tf": root("other")})),
            comments("atlantis apply", projects={"net": "applied"}),
        ],
    ),
    Case(
        name="a plan that is too old must be made again",
        repos="""
            repos:
            - id: /.*/
              apply_requirements: [plan_fresh]
              max_plan_age: 2s
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}),
            does(lambda world: world.pull.wait_until_older_than(3)),
            comments("atlantis apply", projects={"net": "planned"}, says=("old",)),
        ],
    ),
    Case(
        name="a project may lift the server's requirement only where it is allowed to",
        repos=ALLOW_ALL + "  apply_requirements: [approved]\n",
        base={"atlantis.yaml": "version: 3\nprojects:\n- {name: free, dir: free, apply_requirements: []}\n"
                               "- {name: bound, dir: bound}\n"},
        change={"free/main.tf": root(), "bound/main.tf": root()},
        steps=[
            opens(projects={"free": "planned", "bound": "planned"}),
            comments("atlantis apply", projects={"free": "applied", "bound": "planned"}, says=("`approved`",)),
        ],
    ),
    # ------------------------------------------------------------ order
    Case(
        name="a group that fails stops the ones behind it",
        base={"atlantis.yaml": text("""
            version: 3
            abort_on_execution_order_fail: true
            parallel_plan: false
            projects:
            - {name: last, dir: last, execution_order_group: 2}
            - {name: first, dir: first, execution_order_group: 1}
            """)},
        change={"first/main.tf": "resource {}\n", "last/main.tf": root()},
        steps=[opens(projects={"first": "plan_failed", "last": "none"},
                     says=("abort_on_execution_order_fail",), statuses={PLAN: ("failed", "")})],
    ),
    Case(
        name="a project is applied after those that it depends on",
        base={"atlantis.yaml": text("""
            version: 3
            projects:
            - {name: app, dir: app, depends_on: [net]}
            - {name: net, dir: net}
            """)},
        change={"app/main.tf": root(), "net/main.tf": root()},
        steps=[
            opens(projects={"app": "planned", "net": "planned"}),
            comments("atlantis apply -p app", projects={"app": "planned", "net": "planned"},
                     says=("depends on `net`",)),
            comments("atlantis apply", projects={"app": "applied", "net": "applied"}),
        ],
    ),
    Case(
        name="projects run one after another where the file says so",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: mkdir @DIRECTORY@/busy
                  - init
                  - plan
                  - run: rmdir @DIRECTORY@/busy
            """,
        base={"atlantis.yaml": "version: 3\nparallel_plan: false\n"},
        change={f"{name}/main.tf": root() for name in "abc"},
        steps=[opens(projects={"a": "planned", "b": "planned", "c": "planned"})],
    ),
    # ------------------------------------------------------------ locks
    Case(
        name="a project that locks at apply can be planned by several",
        repos="""
            repos:
            - id: /.*/
              repo_locks: {mode: on_apply}
            """,
        change={"net/main.tf": root()},
        steps=[
            does(lambda world: world.repo.open_pull_request({"net/main.tf": root("first")})),
            opens(projects={"net": "planned"}),
            comments("atlantis apply", projects={"net": "applied"}),
        ],
    ),
    Case(
        name="where nothing is locked, nobody waits",
        settings={"disable_repo_locking": True},
        change={"net/main.tf": root()},
        steps=[
            does(lambda world: world.repo.open_pull_request({"net/main.tf": root("first")})),
            opens(projects={"net": "planned"}, lacks=("locked",)),
        ],
    ),
    # ------------------------------------------------------------ comments
    Case(
        name="projects can be silent",
        repos=ALLOW_ALL,
        base={"atlantis.yaml": "version: 3\nprojects:\n"
                               "- {name: net, dir: net, silence_pr_comments: [plan]}\n"},
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}, comments=0),
            comments("atlantis apply", projects={"net": "applied"}, comments=1),
        ],
    ),
    # ------------------------------------------------------------ states
    Case(
        name="a resource is imported, and forgotten again",
        settings={"allow_commands": "all"},
        change={"net/main.tf": root("x")},
        steps=[
            opens(projects={"net": "planned"}),
            comments("atlantis import terraform_data.item some-id", projects={"net": "discarded"},
                     says=("Import successful",)),
            comments("atlantis apply", projects={"net": "discarded"}, says=("Not applied",)),
            comments("atlantis plan", projects={"net": "planned"}, says=("1 to change",)),
            comments("atlantis state rm terraform_data.item", projects={"net": "discarded"},
                     says=("Removed terraform_data.item",)),
            comments("atlantis plan", projects={"net": "planned"}, says=("1 to add",)),
            comments("atlantis apply", projects={"net": "applied"}, statuses={APPLY: ("succeeded", "1/1")}),
            comments("atlantis state rm terraform_data.other", projects={"net": "discarded"},
                     says=("its state may be another one now",), statuses={APPLY: ("pending", "0/1")}),
        ],
    ),
    Case(
        name="an import is into one project",
        settings={"allow_commands": "all"},
        change={"a/main.tf": root(), "b/main.tf": root()},
        steps=[
            opens(projects={"a": "planned", "b": "planned"}),
            comments("atlantis import terraform_data.item x", projects={"a": "planned", "b": "planned"},
                     says=("2 projects",)),
            comments("atlantis import -d a terraform_data.item x", projects={"a": "discarded", "b": "planned"}),
        ],
    ),
    Case(
        name="import_requirements hold for imports",
        settings={"allow_commands": "all"},
        repos="""
            repos:
            - id: /.*/
              import_requirements: [approved]
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}),
            comments("atlantis import terraform_data.item x", projects={"net": "planned"}, says=("`approved`",)),
            approves("reviewer"),
            comments("atlantis import terraform_data.item x", projects={"net": "discarded"}),
        ],
    ),
    # ------------------------------------------------------------ merging
    Case(
        name="a pull request is completed when everything in it is applied",
        base={"atlantis.yaml": "version: 3\nautomerge: true\nprojects:\n- {name: a, dir: a}\n- {name: b, dir: b}\n"},
        change={"a/main.tf": root(), "b/main.tf": root()},
        steps=[
            opens(projects={"a": "planned", "b": "planned"}),
            comments("atlantis apply -p a", projects={"a": "applied", "b": "planned"}, lacks=("completed next",)),
            comments("atlantis apply -p b --auto-merge-method squash", says=("completed next",)),
            does(lambda world: world.server.wait_for(lambda: world.pull.state == "completed", "it is completed")),
        ],
    ),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name.replace(" ", "-"))
def test_repository(case, playground, make_server, tmp_path):
    World(case, playground, make_server, tmp_path).run()


def test_there_are_enough_repositories():
    assert len(CASES) >= 30
    assert len({case.name for case in CASES}) == len(CASES)


@pytest.mark.parametrize("parallel", ["true", "false"])
def test_what_steps_write_for_one_workspace_is_not_read_for_another(playground, make_server, tmp_path, parallel):
    def plans_its_own(world):
        text = "\n".join(comment.text for comment in world.pull.comments(by="bot"))
        assert "who is x\n" in text and "who is y\n" in text

    World(Case(
        name="generated",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - run: echo "who is $WORKSPACE" > generated.txt
                  - init
                  - plan
                  - run: cat generated.txt
                apply:
                  steps:
                  - run: cat generated.txt
                  - apply
            """,
        change={"a/main.tf": root(), "atlantis.yaml": f"""
version: 3
parallel_plan: {parallel}
projects:
- {{dir: a, workspace: x}}
- {{dir: a, workspace: y}}
"""},
        steps=[
            opens(projects={"a/x": "planned", "a/y": "planned"}),
            does(plans_its_own),
            comments("atlantis apply -d a -w x", projects={"a/x": "applied", "a/y": "planned"},
                     says=("who is x",)),
        ],
    ), playground, make_server, tmp_path).run()


def test_projects_that_differ_in_their_name_take_turns(playground, make_server, tmp_path):
    World(Case(
        name="turns",
        repos="""
            repos:
            - id: /.*/
              workflow: alone
            workflows:
              alone:
                plan:
                  steps:
                  - run: mkdir busy
                  - init
                  - plan
                  - run: rmdir busy
            """,
        change={"a/main.tf": root(),
                "atlantis.yaml": """
version: 3
parallel_plan: true
projects:
- {dir: a, name: one}
- {dir: a, name: two}
- {dir: a, name: three}
- {dir: a, name: four}
"""},
        steps=[opens(projects={"one": "planned", "two": "planned", "three": "planned", "four": "planned"})],
    ), playground, make_server, tmp_path).run()


@pytest.mark.parametrize("step, told", [
    ("env: {name: TF_WORKSPACE, value: blue}", "write `workspace: blue` at the project"),
    ("multienv: echo nothing to see", "multienv step `echo nothing to see`: its output: there is no"),
])
def test_a_step_that_cannot_mean_what_it_says_fails_and_says_so(playground, make_server, tmp_path, step, told):
    World(Case(
        name="wrong",
        repos=f"""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - {step}
                  - init
                  - plan
            """,
        change={"net/main.tf": root()},
        steps=[opens(projects={"net": "plan_failed"}, says=(told,))],
    ), playground, make_server, tmp_path).run()


def test_comments_have_no_colours_of_terminals(playground, make_server, tmp_path):
    def has_none(world):
        assert not any("\033" in comment.text for comment in world.pull.comments())
        assert "+   resource" in world.pull.comments(by="bot")[0].text

    World(Case(
        name="colours",
        repos="""
            repos:
            - id: /.*/
              workflow: own
            workflows:
              own:
                plan:
                  steps:
                  - init
                  - run: terraform plan -input=false -out "$PLANFILE"
                apply:
                  steps:
                  - run: terraform apply -input=false "$PLANFILE"
            """,
        change={"net/main.tf": root()},
        steps=[
            opens(projects={"net": "planned"}),
            does(has_none),
            comments("atlantis apply --verbose", projects={"net": "applied"}),
            does(has_none),
        ],
    ), playground, make_server, tmp_path).run()


@pytest.mark.parametrize("is_fresh", [False, True])
def test_the_state_is_read_with_what_env_and_init_say_of_the_backend(playground, make_server, tmp_path, is_fresh):
    def lose_disk(world):
        for path in world.server.data_dir.glob("pulls/*/data"):
            shutil.rmtree(path)

    with StateStore() as store:
        World(Case(
            name="backend",
            repos=f"""
                repos:
                - id: /.*/
                  workflow: own
                workflows:
                  own:
                    plan:
                      steps:
                      - env: {{name: TF_HTTP_ADDRESS, value: '{store.url}'}}
                      - init: {{extra_args: [-backend-config=retry_max=0]}}
                      - plan
                    apply:
                      steps:
                      - env: {{name: TF_HTTP_ADDRESS, value: '{store.url}'}}
                      - apply
                """,
            change={"net/main.tf": root(extra='terraform {\n  backend "http" {}\n}\n')},
            steps=[
                opens(projects={"net": "planned"}),
                does(lose_disk if is_fresh else lambda world: None),
                comments("atlantis apply", projects={"net": "applied"}),
            ],
        ), playground, make_server, tmp_path).run()
        assert b'"one"' in store.state

# SPDX-License-Identifier: Apache-2.0
"""The Helm chart: its values and their schema, what it renders, and what a pod of it serves."""
import json
import re
import subprocess

import jsonschema
import pytest
import yaml

from image import plan_and_apply
from pod import Pod, assert_strict, assert_valid, of_kind, only, read, render
from relay import Authority, Relay
from server import BUILD_ROOT, SOURCE_ROOT
from tools import tool

GUIDE = SOURCE_ROOT / "docs" / "guides" / "kubernetes.md"
CHART = SOURCE_ROOT / "deploy" / "helm" / "hadal"
EXAMPLES = ("azure-devops", "workload-identity", "everything")
OLDEST = "1.25"  # of Kubernetes, as Chart.yaml says


def example(name):
    return CHART / "ci" / f"{name}.yaml"


def values():
    return yaml.safe_load((CHART / "values.yaml").read_text())


def errors(document):
    schema = json.loads((CHART / "values.schema.json").read_text())
    return [error.message for error in jsonschema.Draft7Validator(schema).iter_errors(document)]


def template(*arguments, namespace="infra"):
    return read(render("helm", "template", "hadal", str(CHART), "--namespace", namespace, "--kube-version", OLDEST,
                       *arguments))


def refusal(*arguments):
    """What helm says instead of rendering."""
    done = subprocess.run([tool("helm"), "template", "hadal", CHART, "--kube-version", OLDEST, *arguments], text=True,
                          timeout=60, capture_output=True)
    assert done.returncode != 0
    return done.stderr


def test_the_chart_has_the_version_of_the_program():
    chart = yaml.safe_load((CHART / "Chart.yaml").read_text())
    version = re.search(r"version: '([^']+)'", (SOURCE_ROOT / "meson.build").read_text()).group(1)

    assert chart["version"] == chart["appVersion"] == version


def test_the_schema_is_one_and_the_default_values_keep_it():
    schema = json.loads((CHART / "values.schema.json").read_text())

    jsonschema.Draft7Validator.check_schema(schema)
    assert errors(values()) == []
    assert set(schema["properties"]) == {*values(), "global"}


@pytest.mark.parametrize("name", EXAMPLES)
def test_the_examples_keep_the_schema(name):
    assert errors(yaml.safe_load(example(name).read_text())) == []


@pytest.mark.parametrize("wrong", [
    {"github": {"user": "x"}},  # not there yet
    {"orgAllowlist": "<replace-me>"},
    {"azuredevops": {"username": "x"}},
    {"azuredevops": {"auth": "pat"}},
    {"replicaCount": 2},
    {"terminationGracePeriodSeconds": 30},
    {"service": {"targetPort": 80}},
    {"volumeClaim": {"dataStorage": "20 GB"}},
    {"environment": {"a-b": "x"}},
    {"environmentSecrets": [{"name": "A", "secretKeyRef": {"name": "x"}}]},
    {"extraArgs": ["server"]},
    {"extraArgs": ["--shutdown-grace=10m"]},
    {"logLevel": "trace"},
], ids=lambda wrong: next(iter(wrong)))
def test_the_schema_refuses(wrong):
    assert len(errors(wrong)) == 1


def test_everything_has_every_value_once():
    """So that no line of a template goes unrendered; what is left out is the other side of an either-or."""
    given = yaml.safe_load(example("everything").read_text())

    left_out = {"configSecretName", "nameOverride", "replicaCount", "resources", "containerSecurityContext",
                "livenessProbe", "readinessProbe", "atlantisDataDirectory"}
    assert set(given) == set(values()) - left_out


def test_what_the_chart_sets_are_settings_of_the_server():
    known = subprocess.run([BUILD_ROOT / "src/cli/hadal", "reference", "server"], text=True, timeout=60,
                           capture_output=True, check=True).stdout
    supported = known[:known.index("## Not supported yet")]
    names = re.findall(r'"((?:ATLANTIS|HADAL)_\w+)"', (CHART / "templates/_helpers.tpl").read_text())

    assert len(names) > 20
    for name in names:
        flag = "--" + re.sub("^(ATLANTIS|HADAL)_", "", name).lower().replace("_", "-")
        assert f"| `{flag}` |" in supported, name


@pytest.mark.parametrize("name", EXAMPLES)
def test_helm_finds_no_fault(name):
    assert "0 chart(s) failed" in render("helm", "lint", "--strict", str(CHART), "-f", str(example(name)))


@pytest.mark.parametrize("name", EXAMPLES)
def test_what_is_rendered_is_valid_and_strict(name, tmp_path):
    documents = template("-f", str(example(name)))

    assert_valid(documents, tmp_path)
    if name != "everything":
        assert_strict(documents)
    assert {document["metadata"].get("namespace") for document in documents
            if document["metadata"]["name"] != "hadal-more"} == {"infra"}


def test_further_values_arrive():
    documents = template("-f", str(example("everything")))
    pod = Pod(documents)
    env = {entry["name"]: entry.get("value") for entry in pod.container["env"]}

    assert env["ATLANTIS_PARALLEL_POOL_SIZE"] == "4"
    assert env["TF_VAR_share"] == "0.5"
    assert env["HADAL_SHUTDOWN_GRACE"] == "3600s"
    assert env["HADAL_AZUREDEVOPS_BASE_URL"] == "https://tfs.example.com/tfs"
    assert env["HADAL_AZUREDEVOPS_ORGANIZATIONS_FILE"] == "/etc/hadal/organizations/organizations.yaml"
    assert "/etc/hadal/organizations" in [mount["mountPath"] for mount in pod.container["volumeMounts"]]
    assert env["ATLANTIS_ENABLE_DIFF_MARKDOWN_FORMAT"] == "false"
    assert pod.container["args"] == ["server", "--config=/etc/hadal/config/hadal.yaml", "--disable-autoplan"]
    assert pod.container["livenessProbe"]["httpGet"]["scheme"] == "HTTPS"
    assert pod.container["image"] == "registry.example.com/hadal:v1"
    assert pod.claims == ["atlantis-data"]
    assert "/etc/ssl/certs/ca-certificates.crt" in [mount["mountPath"] for mount in pod.container["volumeMounts"]]
    budget = only(documents, "PodDisruptionBudget")["spec"]
    assert budget["minAvailable"] == 1 and "maxUnavailable" not in budget
    assert only(documents, "StatefulSet")["metadata"]["name"] == "atlantis"
    assert {"hadal-more", "atlantis", "atlantis-repo-config"} == {
        document["metadata"]["name"] for document in of_kind(documents, "ConfigMap")}
    assert not of_kind(documents, "Secret")
    assert only(documents, "ServiceAccount")["metadata"]["name"] == "terraform"


def test_an_identity_needs_no_token():
    documents = template("-f", str(example("workload-identity")))
    environment = Pod(documents).environment()

    assert environment["HADAL_AZUREDEVOPS_AUTH"] == "workload-identity"
    assert not [name for name in environment if name.endswith(("_USER", "_TOKEN")) and "WEBHOOK" not in name]
    assert set(only(documents, "Secret")["data"]) == {"azuredevops_webhook_password"}
    assert only(documents, "StatefulSet")["spec"]["template"]["metadata"]["labels"]["azure.workload.identity/use"] == "true"


def test_organisations_with_credentials_of_their_own_need_no_token_of_all():
    own = ["orgAllowlist=*", "azuredevops.webhookUser=hooks", "azuredevops.webhookPassword=w",
           "azuredevops.organizationsSecretName=mine"]
    documents = template("--set", ",".join(own))
    container = only(documents, "StatefulSet")["spec"]["template"]["spec"]["containers"][0]

    assert "ATLANTIS_AZUREDEVOPS_TOKEN" not in [entry["name"] for entry in container["env"]]
    assert set(only(documents, "Secret")["data"]) == {"azuredevops_webhook_password"}


def test_what_atlantis_values_leave_empty_is_the_default(tmp_path):
    """Its chart has no grace of its own, and files are often left with a name and nothing under it."""
    plain = template("-f", str(example("azure-devops")))
    (tmp_path / "empty.yaml").write_text("terminationGracePeriodSeconds:\nenvironment:\ncommonLabels:\n"
                                         "extraAnnotations:\npodTemplate: {annotations: , labels: }\n"
                                         "serviceAccount: {name: , mount: }\n")

    assert template("-f", str(example("azure-devops")), "-f", str(tmp_path / "empty.yaml")) == plain
    assert_strict(plain)


def test_the_guides_values_are_enough_and_leave_the_user_to_openshift(tmp_path):
    smallest, openshift = re.findall(r"^```yaml\n(.*?)^```$", GUIDE.read_text(), re.MULTILINE | re.DOTALL)
    for name, content in (("mine", smallest), ("openshift", openshift)):
        (tmp_path / f"{name}.yaml").write_text(content)

    assert_strict(template("-f", str(tmp_path / "mine.yaml")))
    pod = Pod(template("-f", str(tmp_path / "mine.yaml"), "-f", str(tmp_path / "openshift.yaml")))
    context = pod.spec["securityContext"]
    assert context["runAsNonRoot"] and not {"runAsUser", "runAsGroup", "fsGroup"} & set(context)


def test_a_setting_that_no_value_has_may_come_from_the_environment():
    """As the examples of the Atlantis chart show it."""
    environment = Pod(template("-f", str(example("azure-devops")), "--set-string",
                               "environment.ATLANTIS_DEFAULT_TF_VERSION=v1.11.4")).environment()

    assert environment["ATLANTIS_DEFAULT_TF_VERSION"] == "v1.11.4"


def test_what_the_guide_says_of_the_atlantis_chart_is_so():
    """In its table: what is left is refused, and what is right is a value of ours."""
    words = re.compile(r"`(\w+)`")
    rows = re.findall(r"^\| (`.*`) \| (.*) \|$", GUIDE.read_text().split("Values of that chart which")[1].split("## ")[0],
                      re.M)
    properties = json.loads((CHART / "values.schema.json").read_text())["properties"]

    assert len(rows) == 6
    for theirs, ours in rows:
        assert not set(words.findall(theirs)) & set(properties), theirs
        assert set(words.findall(ours)) - {"ATLANTIS_ALLOW_COMMANDS", "PATH"} <= set(properties), ours


def test_a_name_leaves_room_for_what_kubernetes_adds():
    documents = template("-f", str(example("azure-devops")), "--set", f"fullnameOverride={'a' * 63}")

    revision = only(documents, "StatefulSet")["metadata"]["name"] + "-0123456789"
    assert len(revision) <= 63  # is a label of the pod


@pytest.mark.parametrize("arguments, said", [
    ([], "orgAllowlist says which repositories may use the server"),
    (["--set", "orgAllowlist=*"], "azuredevops.user is the account that comments"),
    (["--set", "orgAllowlist=*,azuredevops.user=a"], "azuredevops.token is missing"),
    (["--set", "config=a,configSecretName=b"], "set one of them"),
    (["--set", "orgAllowlist=*,environment.ATLANTIS_PORT=1"], "environment has ATLANTIS_PORT"),
    (["--set", "orgAllowlist=*,environmentRaw[0].name=HADAL_SHUTDOWN_GRACE"], "environment has HADAL_SHUTDOWN_GRACE"),
    (["--set", "orgAllowlist=*,gitlab.user=a"], "gitlab"),
], ids=["allowlist", "user", "token", "config", "environment", "raw", "unknown"])
def test_helm_refuses(arguments, said):
    assert said in refusal(*arguments)


def own_values(pat):
    return {
        "orgAllowlist": "*",
        "azuredevops": {"user": "hadal", "token": pat, "webhookUser": "hooks", "webhookPassword": "hook-word"},
        "repoConfig": "repos:\n  - id: /.*/\n    apply_requirements: [undiverged]\n",
        "atlantisDataDirectory": "/atlantis",
    }


def secret_file(pat):
    """The values of an installation whose settings are a Secret, and that Secret."""
    settings = {"azuredevops-user": "hadal", "azuredevops-token-file": "/etc/hadal/secret/token",
                "azuredevops-webhook-user": "hooks", "azuredevops-webhook-password": "hook-word",
                "repo-allowlist": "*"}
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "own"},
              "stringData": {"hadal.yaml": yaml.safe_dump(settings), "token": pat}}
    return {"configSecretName": "own", "atlantisDataDirectory": "/atlantis"}, secret


@pytest.mark.parametrize("secrets", ["environment", "file"])
def test_a_pod_of_the_chart_serves(secrets, image_root, volume, start_container, repo, pat, tmp_path):
    given, further = (own_values(pat), None) if secrets == "environment" else secret_file(pat)
    (tmp_path / "values.yaml").write_text(yaml.safe_dump(given))
    documents = template("-f", str(tmp_path / "values.yaml")) + ([further] if further else [])
    pod = Pod(documents)
    assert ("ATLANTIS_AZUREDEVOPS_TOKEN" in pod.environment()) == (secrets == "environment")
    container = pod.run_on(image_root, tmp_path / "volumes", volume)

    server = start_container(container, pod=pod.environment(), azuredevops_webhook_password="hook-word")

    assert {server.get(path)[0] for path in pod.probes().values()} == {200}
    plan_and_apply(server, repo)
    server.stop()


def test_a_pod_trusts_the_certificates_it_is_given(image_root, volume, start_container, playground, repo, pat, tmp_path):
    """An Azure DevOps Server whose certificate is of the company's own authority."""
    authority = Authority(tmp_path / "authority")
    (tmp_path / "values.yaml").write_text(yaml.safe_dump({**own_values(pat), "customPem": "own"}))
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "own"},
              "stringData": {"ca-certificates.crt": authority.ca.read_text()}}
    pod = Pod(template("-f", str(tmp_path / "values.yaml")) + [secret])
    container = pod.run_on(image_root, tmp_path / "volumes", volume)

    with Relay(playground.port, authority.context()) as relay:
        host = playground.url.replace(playground.root, f"https://127.0.0.1:{relay.port}")
        server = start_container(container, pod=pod.environment(), base_url=host,
                                 azuredevops_webhook_password="hook-word")
        plan_and_apply(server, repo)
        server.stop()

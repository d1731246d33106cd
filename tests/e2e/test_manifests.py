# SPDX-License-Identifier: Apache-2.0
"""The manifests of deploy/kubernetes: taken by Kubernetes, strict, and what a pod of them serves."""
import re
import shutil

import pytest
import yaml

from image import plan_and_apply
from pod import WORKLOADS, Pod, assert_strict, assert_valid, of_kind, only, read, render
from server import SOURCE_ROOT
from test_credentials import with_workload_identity

KUBERNETES = SOURCE_ROOT / "deploy" / "kubernetes"
FOLDERS = ("deployment", "statefulset", "overlays/environment-secrets", "overlays/file-secrets",
           "overlays/workload-identity")


def kustomize(folder):
    return read(render("kubectl", "kustomize", str(folder)))


def plain(kind):
    """The manifests as `kubectl apply -f base -f KIND` reads them."""
    files = [*(KUBERNETES / "base").glob("*.yaml"), *(KUBERNETES / kind).glob("*.yaml")]
    return [document for path in sorted(files) if path.name != "kustomization.yaml"
            for document in read(path.read_text())]


@pytest.mark.parametrize("kind", ["deployment", "statefulset"])
def test_plain_manifests_are_valid_and_strict(kind, tmp_path):
    documents = plain(kind)

    assert_valid(documents, tmp_path)
    assert_strict(documents)


@pytest.mark.parametrize("folder", FOLDERS)
def test_kustomize_makes_valid_and_strict_manifests(folder, tmp_path):
    documents = kustomize(KUBERNETES / folder)

    assert_valid(documents, tmp_path)
    assert_strict(documents)
    kinds = {document["kind"] for document in documents}
    assert {"Service", "ServiceAccount", "NetworkPolicy", "PodDisruptionBudget"} < kinds


def test_the_two_kinds_run_the_same_pod():
    one, other = (only(plain(kind), *WORKLOADS)["spec"]["template"] for kind in ("deployment", "statefulset"))

    one["spec"]["volumes"] = [each for each in one["spec"]["volumes"] if each["name"] != "data"]
    assert one == other


@pytest.fixture
def own_overlay(tmp_path, pat):
    """A copy of an overlay with secrets of one's own, as its first lines say; password() is that of hooks."""
    def make(name):
        copy = tmp_path / "kubernetes"
        shutil.copytree(KUBERNETES, copy)
        folder = copy / "overlays" / name
        words = iter((pat, "hook-word"))
        for path in (folder / "secrets.env", folder / "azuredevops_token", folder / "hadal.yaml"):
            if path.exists():
                text = re.sub("change-me", lambda _: next(words), path.read_text())
                path.write_text(text.replace("dev.azure.com/my-org/*", "'*'"))
        assert not list(words)
        for path in folder.glob("settings.yaml"):
            path.write_text(path.read_text().replace("value: dev.azure.com/my-org/*", "value: '*'"))
        repos = folder / "repos.yaml"
        assert yaml.safe_load(repos.read_text())["repos"][0]["apply_requirements"] == ["approved", "undiverged"]
        repos.write_text(repos.read_text().replace("approved, ", ""))
        return folder

    return make


@pytest.mark.parametrize("name", ["environment-secrets", "file-secrets"])
def test_a_pod_of_an_overlay_serves(name, own_overlay, image_root, volume, start_container, playground, repo,
                                    tmp_path):
    pod = Pod(kustomize(own_overlay(name)))
    if name == "file-secrets":
        assert not [key for key in pod.environment() if "TOKEN" in key or "PASSWORD" in key]
    container = pod.run_on(image_root, tmp_path / "volumes", volume)

    server = start_container(container, pod={**pod.environment(), "ATLANTIS_TF_DOWNLOAD": "false"},
                             azuredevops_webhook_password="hook-word")

    assert {server.get(path)[0] for path in pod.probes().values()} == {200}
    assert pod.probes() == {"startupProbe": "/readyz", "livenessProbe": "/healthz", "readinessProbe": "/readyz"}
    plan_and_apply(server, repo)

    status, said = server.exec("hadal", "doctor", *container.arguments[1:])
    playground.forget_unexpected()  # doctor asks about a pull request that cannot exist
    assert status == 0, said
    for line in ("data directory: /atlantis", "git: git version", "terraform: terraform 1.", "the token has Code"):
        assert re.search(f"^ok .*{line}", said, re.M), said
    server.stop()


def test_a_new_token_needs_no_new_pod(own_overlay, image_root, volume, start_container, playground, repo, tmp_path):
    pod = Pod(kustomize(own_overlay("file-secrets")))
    assert "hadal-token" in [secret["metadata"]["name"] for secret in of_kind(pod.documents, "Secret")]  # no hash
    container = pod.run_on(image_root, tmp_path / "volumes", volume)
    server = start_container(container, pod={**pod.environment(), "ATLANTIS_TF_DOWNLOAD": "false"},
                             azuredevops_webhook_password="hook-word")

    pod.write(container.mounts["/etc/hadal/token"], {"azuredevops_token": playground.replace_pat() + "\n"})

    plan_and_apply(server, repo)
    server.stop()


def test_a_pod_with_the_identity_of_its_account_serves(own_overlay, image_root, volume, start_container, playground,
                                                       repo, tmp_path):
    pod = Pod(kustomize(own_overlay("environment-secrets").parent / "workload-identity"))
    assert not [name for name in pod.environment() if name.endswith("AZUREDEVOPS_TOKEN")]
    # What the webhook of AKS puts into a pod with this label.
    assert pod.template["metadata"]["labels"]["azure.workload.identity/use"] == "true"
    account = only(pod.documents, "ServiceAccount")["metadata"]["annotations"]
    assert "azure.workload.identity/client-id" in account
    _, environment = with_workload_identity(playground, tmp_path)
    given = tmp_path / "identity"
    given.mkdir()
    (given / "token").write_text((tmp_path / "cluster-token").read_text())
    container = pod.run_on(image_root, tmp_path / "volumes", volume)
    container.mounts["/identity"] = given

    server = start_container(container, pod={**pod.environment(), **environment, "ATLANTIS_TF_DOWNLOAD": "false",
                                             "AZURE_FEDERATED_TOKEN_FILE": "/identity/token"},
                             azuredevops_webhook_password="hook-word")

    plan_and_apply(server, repo)
    server.stop()


def test_nothing_secret_but_what_is_to_be_changed_is_in_the_folders():
    for folder in FOLDERS[2:]:
        for secret in of_kind(kustomize(KUBERNETES / folder), "Secret"):
            assert secret["metadata"]["name"].startswith("hadal-")
    assert "change-me" in (KUBERNETES / "overlays/environment-secrets/secrets.env").read_text()

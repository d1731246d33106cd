# SPDX-License-Identifier: Apache-2.0
"""Manifests and chart, held against a real API server of Kubernetes where one is installed."""
import copy

import pytest

from cluster import Cluster
from pod import WORKLOADS, only
from test_chart import example, template
from test_manifests import KUBERNETES, kustomize

RESTRICTED = {"pod-security.kubernetes.io/enforce": "restricted"}


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with Cluster(tmp_path_factory.mktemp("cluster")) as running:
        yield running


def make_namespace(cluster, name, labels):
    cluster.kubectl("apply", "-f", "-", documents=[
        {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}])


def pod_of(documents, namespace):
    """The pod that a controller would make of the workload, with its claims as new volumes."""
    workload = only(documents, *WORKLOADS)
    template = copy.deepcopy(workload["spec"]["template"])
    for claim in workload["spec"].get("volumeClaimTemplates", []):
        template["spec"].setdefault("volumes", []).append(
            {"name": claim["metadata"]["name"],
             "persistentVolumeClaim": {"claimName": f'{claim["metadata"]["name"]}-{workload["metadata"]["name"]}-0'}})
    metadata = {**template["metadata"], "name": "pod", "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": template["spec"]}


def assert_taken(cluster, documents, namespace):
    """Tried by the client, tried by the server, kept by it, and not changed by doing that again."""
    for how in ("--dry-run=client", "--dry-run=server", "--dry-run=none", "--dry-run=server"):
        said = cluster.kubectl("apply", "--namespace", namespace, how, "-f", "-", documents=documents)
        assert len(said.splitlines()) == len(documents), said
    assert f'{only(documents, *WORKLOADS)["kind"].lower()}.apps/' in said


def assert_admitted(cluster, documents, namespace):
    """Pod security lets the pod in, and would not if it asked for more."""
    pod = pod_of(documents, namespace)
    cluster.kubectl("create", "--dry-run=server", "-f", "-", documents=[pod])

    pod["spec"]["containers"][0]["securityContext"]["allowPrivilegeEscalation"] = True
    status, said = cluster.run("create", "--dry-run=server", "-f", "-", documents=[pod])
    assert status != 0 and 'violates PodSecurity "restricted' in said, said


@pytest.mark.parametrize("name", ["environment-secrets", "workload-identity", "file-secrets"])
def test_an_overlay_is_taken_and_its_pod_let_in(cluster, name):
    documents = kustomize(KUBERNETES / "overlays" / name)
    assert only(documents, "Namespace")["metadata"]["labels"].items() >= RESTRICTED.items()

    cluster.kubectl("apply", "--dry-run=client", "-k", KUBERNETES / "overlays" / name)
    cluster.kubectl("apply", "-k", KUBERNETES / "overlays" / name)
    assert_taken(cluster, documents, "hadal")
    assert_admitted(cluster, documents, "hadal")


@pytest.mark.parametrize("kind", ["deployment", "statefulset"])
def test_the_plain_manifests_are_taken_and_their_pod_let_in(cluster, kind):
    make_namespace(cluster, f"plain-{kind}", RESTRICTED)
    documents = kustomize(KUBERNETES / kind)

    assert_taken(cluster, documents, f"plain-{kind}")
    assert_admitted(cluster, documents, f"plain-{kind}")


@pytest.mark.parametrize("name", ["azure-devops", "workload-identity"])
def test_a_small_release_of_the_chart_is_taken_and_its_pod_let_in(cluster, name):
    documents = template("-f", str(example(name)), namespace=name)
    make_namespace(cluster, name, RESTRICTED)

    assert_taken(cluster, documents, name)
    assert_admitted(cluster, documents, name)


def test_every_value_of_the_chart_makes_what_is_taken(cluster):
    documents = template("-f", str(example("everything")), namespace="all")
    make_namespace(cluster, "all", {})
    cluster.kubectl("apply", "-f", "-", documents=[
        {"apiVersion": "scheduling.k8s.io/v1", "kind": "PriorityClass", "metadata": {"name": "high"}, "value": 1}])

    for document in documents:
        document["metadata"].setdefault("namespace", "all")
    assert_taken(cluster, documents, "all")
    cluster.kubectl("create", "--dry-run=server", "-f", "-", documents=[pod_of(documents, "all")])

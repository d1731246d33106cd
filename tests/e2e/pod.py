# SPDX-License-Identifier: Apache-2.0
"""Manifests: whether the API of Kubernetes would take them, and a pod of them run as a kubelet would
run it, on the image's root file system."""
import base64
import json
import os
import subprocess
import tempfile
from pathlib import Path

import yaml

from image import Container, instructions
from server import SOURCE_ROOT
from tools import tool

TSC = SOURCE_ROOT / "node_modules" / ".bin" / "tsc"
MODULES = {"v1": "core/v1", "apps/v1": "apps/v1", "networking.k8s.io/v1": "networking/v1",
           "policy/v1": "policy/v1", "rbac.authorization.k8s.io/v1": "rbac/v1"}
WORKLOADS = ("Deployment", "StatefulSet")
INTERRUPTED = 90  # seconds from the end of the grace to the end of the process, at most


def read(text):
    return [document for document in yaml.safe_load_all(text) if document]


def of_kind(documents, *kinds):
    return [document for document in documents if document["kind"] in kinds]


def only(documents, *kinds):
    found = of_kind(documents, *kinds)
    assert len(found) == 1, [document["metadata"]["name"] for document in found]
    return found[0]


def assert_valid(documents, directory):
    """Holds each against the types of its kind: no unknown key, none missing, none of another type."""
    assert documents
    lines = []
    for number, document in enumerate(documents):
        module, kind = MODULES[document["apiVersion"]], document["kind"]
        lines.append(f"import {{ {kind} as K{number} }} from 'kubernetes-types/{module}';")
        lines.append(f"export const d{number}: K{number} = {json.dumps(document, indent=1)};")
    (directory / "node_modules").symlink_to(SOURCE_ROOT / "node_modules")
    source = directory / "manifests.ts"
    source.write_text("\n".join(lines))
    done = subprocess.run([TSC, "--noEmit", "--strict", "--ignoreConfig", source], text=True, timeout=120,
                          cwd=directory, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout


def seconds(text):
    units = {"s": 1, "m": 60, "h": 3600}
    return int(text[:-1]) * units[text[-1]]


def assert_strict(documents):
    """What every workload of ours promises."""
    workload = only(documents, *WORKLOADS)
    pod = workload["spec"]["template"]["spec"]
    container = pod["containers"][0]
    env = {entry["name"]: entry.get("value") for entry in container["env"]}

    assert workload["spec"]["replicas"] == 1
    if workload["kind"] == "Deployment":
        assert workload["spec"]["strategy"] == {"type": "Recreate"}
    grace = seconds(env["HADAL_SHUTDOWN_GRACE"])
    assert pod["terminationGracePeriodSeconds"] == grace + INTERRUPTED
    context = pod["securityContext"]
    assert f'{context["runAsUser"]}:{context["runAsGroup"]}' == instructions()["USER"]
    assert context["runAsNonRoot"] and context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert context["fsGroup"] == context["runAsGroup"]
    assert context["fsGroupChangePolicy"] == "OnRootMismatch"
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert not pod["automountServiceAccountToken"] and not pod["enableServiceLinks"]
    assert_selected(documents, workload)


def assert_selected(documents, workload):
    """Service, policy and budget are about the pods of the workload, and the port exists."""
    labels = workload["spec"]["template"]["metadata"]["labels"]
    ports = {port["name"] for port in workload["spec"]["template"]["spec"]["containers"][0]["ports"]}
    service = only(documents, "Service")["spec"]
    policy = only(documents, "NetworkPolicy")["spec"]
    budget = only(documents, "PodDisruptionBudget")["spec"]

    for selector in (service["selector"], policy["podSelector"]["matchLabels"], budget["selector"]["matchLabels"],
                     workload["spec"]["selector"]["matchLabels"]):
        assert selector.items() <= labels.items()
    assert {port["targetPort"] for port in service["ports"]} <= ports
    assert {port["port"] for rule in policy["ingress"] for port in rule["ports"]} <= ports
    assert policy["policyTypes"] == ["Ingress", "Egress"]


class Pod:
    """The one workload of documents, and what it takes from the others."""

    def __init__(self, documents):
        self.documents = documents
        workload = only(documents, *WORKLOADS)
        self.template = workload["spec"]["template"]
        self.spec = self.template["spec"]
        self.container = self.spec["containers"][0]
        self.claims = [claim["metadata"]["name"] for claim in workload["spec"].get("volumeClaimTemplates", [])]

    def _values(self, kind, name):
        """A secret's or a config map's keys and their texts."""
        found = [document for document in of_kind(self.documents, kind) if document["metadata"]["name"] == name]
        assert found, f"no {kind} {name}"
        plain = {**found[0].get("stringData", {})}
        for key, value in (found[0].get("data") or {}).items():
            plain[key] = base64.b64decode(value).decode() if kind == "Secret" else value
        return plain

    def environment(self):
        env = {}
        for source in self.container.get("envFrom", []):
            (kind, reference), = source.items()
            env.update(self._values({"secretRef": "Secret", "configMapRef": "ConfigMap"}[kind], reference["name"]))
        for entry in self.container.get("env", []):
            if "valueFrom" in entry:
                reference = entry["valueFrom"]["secretKeyRef"]
                env[entry["name"]] = self._values("Secret", reference["name"])[reference["key"]]
            else:
                env[entry["name"]] = entry["value"]
        return env

    def mounts(self, directory, volume):
        """place -> directory, in the order in which they are mounted. volume: what stands for the claim."""
        volumes = {entry["name"]: entry for entry in self.spec.get("volumes", [])}
        found = {}
        for mount in self.container["volumeMounts"]:
            source = volumes.get(mount["name"], {})
            if mount["name"] in self.claims or "persistentVolumeClaim" in source:
                found[mount["mountPath"]] = volume
            elif "emptyDir" in source:
                found[mount["mountPath"]] = "tmpfs"
            else:
                files = self._files(source, directory / mount["name"])
                found[mount["mountPath"]] = files / mount.get("subPath", "")
        return found

    def _files(self, source, directory):
        kind, name = ("Secret", "secretName") if "secret" in source else ("ConfigMap", "name")
        entry = source["secret" if kind == "Secret" else "configMap"]
        self.write(directory, self._values(kind, entry[name]), entry.get("defaultMode", 0o644))
        return directory

    def write(self, directory, values, mode=0o440):
        """As a kubelet writes files of a volume, and later others in their place: of root and fsGroup, in a
        directory of their own, to which one link leads."""
        directory.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix="..", dir=directory))
        made.chmod(0o755)
        for key, value in values.items():
            path = made / key
            path.write_text(value)
            os.chown(path, 0, self.spec["securityContext"]["fsGroup"])
            path.chmod(mode | 0o040)
            if not (directory / key).is_symlink():
                (directory / key).symlink_to(f"..data/{key}")
        (directory / "..new").symlink_to(made.name)
        (directory / "..new").rename(directory / "..data")

    def run_on(self, root, directory, volume):
        """The container, ready to be started; its environment comes apart."""
        read_only = self.container.get("securityContext", {}).get("readOnlyRootFilesystem", False)
        assert "command" not in self.container
        return Container(root, self.mounts(directory, volume), read_only, self.container.get("args"))

    def probes(self):
        return {name: self.container[name]["httpGet"]["path"]
                for name in ("startupProbe", "livenessProbe", "readinessProbe") if name in self.container}


def render(program, *arguments):
    """What a program prints, or a skip where it is not here."""
    done = subprocess.run([tool(program), *arguments], text=True, timeout=120, capture_output=True,
                          stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    return done.stdout

# SPDX-License-Identifier: Apache-2.0
"""What is in the image, and that it serves: read-only, as nobody, and where Atlantis's image stood."""
import functools
import hashlib
import http.server
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from image import IMAGE, Container, instructions, plan_and_apply
from local_server import LocalServer
from mirror import Mirror
from providers import requires
from registry import Registry
from server import SOURCE_ROOT


def test_it_serves_with_a_read_only_root_and_as_nobody(image_root, volume, start_container, repo):
    container = Container(image_root, {"/atlantis": volume, "/tmp": "tmpfs", "/home/atlantis": "tmpfs"})
    server = start_container(container, data_dir="/atlantis")

    assert server.get("/healthz")[0] == 200
    assert server.get("/readyz")[0] == 200
    plan_and_apply(server, repo)

    first = Path(f"/proc/{server.first_process()}/status").read_text()
    assert re.search(r"^Name:\ttini$", first, re.M)
    assert re.search(r"^Uid:\t100\t100\t100\t100$", first, re.M)
    assert re.search(r"^CapEff:\t0+$", first, re.M) and re.search(r"^CapBnd:\t0+$", first, re.M)
    assert (volume / "state/net.tfstate").stat().st_uid == 100
    server.stop()


@pytest.mark.parametrize("home", ["tmpfs", None], ids=["own-home", "home-of-the-image"])
def test_it_serves_as_a_user_that_the_cluster_chooses(image_root, volume, start_container, repo, home):
    """As OpenShift does: a high number that no file names, in group 0, and a group of the volume's own."""
    os.chown(volume, 0, 1000740000)
    mounts = {"/atlantis": volume, "/tmp": "tmpfs"}
    container = Container(image_root, {**mounts, "/home/atlantis": home} if home else mounts, read_only=bool(home),
                          user="1000740000:0", groups="0,1000740000")
    server = start_container(container, data_dir="/atlantis")

    plan_and_apply(server, repo)

    assert (volume / "state/net.tfstate").stat().st_uid == 1000740000
    assert server.exec("sh", "-c", "touch $HOME/x && git -C /tmp init -q x && git -C /tmp/x status")[0] == 0
    server.stop()


def kubernetes_service(name, port):
    """What Kubernetes tells containers of a service in their environment."""
    upper = name.upper()
    return {
        f"{upper}_SERVICE_HOST": "10.0.171.239",
        f"{upper}_SERVICE_PORT": port,
        f"{upper}_SERVICE_PORT_{upper}": port,
        f"{upper}_PORT_{port}_TCP": f"tcp://10.0.171.239:{port}",
        f"{upper}_PORT_{port}_TCP_ADDR": "10.0.171.239",
        f"{upper}_PORT_{port}_TCP_PORT": port,
        f"{upper}_PORT_{port}_TCP_PROTO": "tcp",
    }


@pytest.mark.parametrize("arguments", [None, ["server"], ["atlantis", "server"]])
def test_it_stands_in_for_the_image_in_atlantis_own_kustomize_bundle(image_root, volume, start_container, repo, arguments):
    """The bundle changes nothing of the image but these: fsGroup 1000, a volume at /atlantis, and
    ATLANTIS_DATA_DIR and ATLANTIS_PORT. Its service is called atlantis."""
    container = Container(image_root, {"/atlantis": volume}, read_only=False, arguments=arguments)
    server = start_container(container, kubernetes_service("atlantis", "80"), data_dir="/atlantis")

    assert server.get("/healthz")[0] == 200
    assert (volume / "hadal.db").exists()
    if arguments is None:
        plan_and_apply(server, repo)
    server.stop()


def test_what_is_and_is_not_in_it(image_root):
    container = Container(image_root)

    for program in ("git", "gpgv", "hadal", "atlantis", "ssh", "terraform", "tini"):
        assert container.run("sh", "-c", f"command -v {program}")[0] == 0, program
    for program in ("as", "cc", "clang", "gcc", "ld", "make", "hadal-playground"):
        assert container.run("sh", "-c", f"command -v {program}")[0] != 0, program
    assert container.run("id")[1].startswith("uid=100(atlantis) gid=1000(atlantis)")
    assert container.run("sh", "-c", "echo $HOME")[1] == "/home/atlantis\n"
    assert container.run("sh", "-c", ": >/usr/x")[0] != 0
    assert "BEGIN CERTIFICATE" in (image_root / "etc/ssl/certs/ca-certificates.crt").read_text()


def test_its_arguments_are_those_of_the_server_unless_they_start_a_program(image_root):
    container = Container(image_root)

    assert container.run("version")[1].startswith("hadal ")
    assert container.run("atlantis", "version")[1] == container.run("version")[1]
    assert 'there is no command "serve"' in container.run("serve")[1]
    assert "Terraform v" in container.run("terraform", "version")[1]


def test_the_script_without_an_engine_runs_what_the_recipe_runs():
    recipe = (IMAGE / "Dockerfile").read_text()
    script = (IMAGE / "rootfs.sh").read_text()

    scripts = set(re.findall(r"[\w-]+\.sh", recipe)) - {"rootfs.sh", "docker-entrypoint.sh"}
    assert scripts == {"build-packages.sh", "programs.sh", "get-terraform.sh", "packages.sh", "accounts.sh"}
    assert all(name in script for name in scripts)
    assert instructions()["USER"] == "100:1000"


class TestTerraform:
    """tools/get-terraform.sh, which the image and set-up share."""

    @pytest.fixture
    def mirror(self, tmp_path):
        with Mirror(tmp_path) as mirror:
            mirror.release("1.99.0")
            yield mirror

    def get(self, mirror, directory, **environment):
        return subprocess.run([SOURCE_ROOT / "tools/get-terraform.sh", directory], text=True, timeout=60,
                              capture_output=True,
                              env={"PATH": os.environ["PATH"], "TERRAFORM_MIRROR": mirror.url, **environment})

    def digest(self, mirror):
        return hashlib.sha256(mirror.path(mirror.archive("1.99.0")).read_bytes()).hexdigest()

    def test_it_comes_from_a_mirror_with_the_digest_that_was_given(self, mirror, tmp_path):
        done = self.get(mirror, tmp_path / "bin", TERRAFORM_VERSION="1.99.0", TERRAFORM_SHA256=self.digest(mirror))

        assert done.returncode == 0, done.stderr
        assert os.listdir(tmp_path / "bin") == ["terraform"]
        assert os.access(tmp_path / "bin/terraform", os.X_OK)

    def test_another_digest_is_refused_and_nothing_is_left(self, mirror, tmp_path):
        done = self.get(mirror, tmp_path / "bin", TERRAFORM_VERSION="1.99.0", TERRAFORM_SHA256="0" * 64)

        assert done.returncode == 1
        assert "does not have the digest 0000" in done.stderr
        assert os.listdir(tmp_path / "bin") == []

    def test_a_version_without_a_known_digest_is_not_fetched(self, mirror, tmp_path):
        done = self.get(mirror, tmp_path / "bin", TERRAFORM_VERSION="1.99.0")

        assert done.returncode == 1
        assert "give TERRAFORM_SHA256" in done.stderr
        assert not mirror.requests


class TestAzureExample:
    """What Dockerfile.azure adds, as far as it can be tried without the network that it is built with."""

    def test_its_files_are_there_and_it_ends_as_the_same_user(self):
        recipe = (IMAGE / "Dockerfile.azure").read_text()

        for name in re.findall(r"^COPY (?!--from)(\S+)", recipe, re.M) + re.findall(r"[\w-]+\.(?:sh|txt)\b", recipe):
            assert (IMAGE / name).exists(), name
        assert instructions("Dockerfile.azure")["USER"] == instructions()["USER"]

    def test_terragrunt_has_the_digest_that_was_given(self, tmp_path):
        machine = subprocess.run(["dpkg", "--print-architecture"], text=True, capture_output=True, check=True)
        place = tmp_path / "site/v0.75.4" / f"terragrunt_linux_{machine.stdout.strip()}"
        place.parent.mkdir(parents=True)
        place.write_text("#!/bin/sh\n")

        def get(digest):
            handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory=tmp_path / "site")
            with LocalServer(handler) as site:
                return subprocess.run([IMAGE / "get-terragrunt.sh", tmp_path / "bin"], text=True, timeout=60,
                                      capture_output=True,
                                      env={"PATH": os.environ["PATH"], "TERRAGRUNT_MIRROR": site.url,
                                           "TERRAGRUNT_VERSION": "0.75.4", "TERRAGRUNT_SHA256": digest})

        refused = get("0" * 64)
        assert refused.returncode == 1 and "does not have the digest" in refused.stderr
        assert os.listdir(tmp_path / "bin") == []
        assert get(hashlib.sha256(place.read_bytes()).hexdigest()).returncode == 0
        assert os.access(tmp_path / "bin/terragrunt", os.X_OK)

    def test_programs_and_providers_come_from_the_bundle_and_from_nowhere_else(self, image_root, tmp_path):
        """Its stage `bundle`, of an own bundle.yaml, and then its environment."""
        bundle, work = tmp_path / "bundle", tmp_path / "work"
        for directory in (bundle, work):
            directory.mkdir()
            os.chown(directory, 100, 1000)
        [command] = re.findall(r"^RUN (hadal bundle .*)$", (IMAGE / "Dockerfile.azure").read_text(), re.M)
        container = Container(image_root, {"/opt/bundle": bundle, "/given": work, "/tmp": "tmpfs"})

        with Mirror(tmp_path / "releases") as releases, Registry(tmp_path / "registry") as registry:
            releases.release("1.11.99")
            registry.add("thing", "1.2.3")
            shutil.copy(registry.config, work / "registry.tfrc")
            (work / "bundle.yaml").write_text(
                "terraform: [1.11.99]\nproviders:\n- {source: acme/thing, versions: [1.2.3]}\n")
            status, said = container.run("env", f"TERRAFORM_MIRROR={releases.url}",
                                         "TF_CLI_CONFIG_FILE=/given/registry.tfrc", "sh", "-c",
                                         command.replace(" /bundle.yaml ", " /given/bundle.yaml "))
        assert status == 0, said

        settings = instructions("Dockerfile.azure")["ENV"]
        path = settings.pop("PATH").replace("$PATH", Container.environment()["PATH"])
        environment = ["env", f"PATH={path}", *(f"{name}={value}" for name, value in settings.items())]
        found = container.run(*environment, "sh", "-c", "command -v terraform1.11.99")[1]
        assert found == "/opt/bundle/bin/terraform1.11.99\n"

        def init(provider):
            (work / "main.tf").write_text(requires(provider))
            status, said = container.run(*environment, "CHECKPOINT_DISABLE=1", "terraform", "-chdir=/given", "init",
                                         "-no-color")
            return status, " ".join(said.split())

        status, said = init("thing")
        assert status == 0 and "Installed acme/thing v1.2.3" in said, said
        status, said = init("other")
        assert status != 0 and "not found in any of the search locations" in said, said

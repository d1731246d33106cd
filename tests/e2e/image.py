# SPDX-License-Identifier: Apache-2.0
"""The image without a container engine: its root file system made by deploy/image/rootfs.sh, and the
server started from it as the last stage of the Dockerfile says."""
import json
import os
import signal
import subprocess

import pytest

from server import BUILD_ROOT, DEADLINE, SOURCE_ROOT, Server
from terraform import Module

IMAGE = SOURCE_ROOT / "deploy" / "image"
CANNOT = 77

# What an engine does before it starts process 1. $1: the root; $2: "ro" or "rw"; then pairs of a place
# in it and the directory that is mounted there ("tmpfs" is a new one), "--", and what is run.
CONTAINER = r"""
root=$1 mode=$2
shift 2
mount --bind "$root" "$root"
while [ "$1" != -- ]; do
    if [ "$2" = tmpfs ]; then
        mount -t tmpfs -o mode=1777 tmpfs "$root$1"
    else
        mount --bind "$2" "$root$1"
    fi
    shift 2
done
shift
mount -t proc proc "$root/proc"
mount -t tmpfs tmpfs "$root/dev"
for device in null zero random urandom; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
done
mount -o remount,bind,$mode "$root"
exec chroot "$root" "$@"
"""


def instructions(recipe="Dockerfile"):
    """Of the last stage: those that say how the container is started."""
    found = {"ENV": {}}
    text = (IMAGE / recipe).read_text().replace("\\\n", " ")
    for line in text[text.rindex("\nFROM "):].splitlines():
        word, _, rest = line.partition(" ")
        if word == "ENV":
            found["ENV"].update(pair.split("=", 1) for pair in rest.split())
        elif word in ("ENTRYPOINT", "CMD"):
            found[word] = json.loads(rest)
        elif word in ("USER", "WORKDIR"):
            found[word] = rest
    return found


def make_root(directory):
    """The root file system, of a build without sanitizers: their libraries are not in the image.
    HADAL_IMAGE_ROOT names one that an engine has made."""
    if "HADAL_IMAGE_ROOT" in os.environ:
        subprocess.run(["cp", "-a", os.environ["HADAL_IMAGE_ROOT"], directory], check=True)
        return directory
    plain = SOURCE_ROOT / "build"
    build = plain if (plain / "build.ninja").exists() else BUILD_ROOT
    made = subprocess.run([IMAGE / "rootfs.sh", directory, build], capture_output=True, text=True,
                          timeout=DEADLINE * 4)
    if made.returncode == CANNOT:
        pytest.skip(f"no root file system can be made here: {made.stdout.strip()}")
    assert made.returncode == 0, made.stdout + made.stderr
    return directory


class Container:
    """How one container differs from the image: as a pod would say it."""

    def __init__(self, root, mounts=None, read_only=True, arguments=None, user=None, groups=None):
        self.root = root
        self.user = user or instructions()["USER"]  # by numbers: "100:1000"
        self.groups = groups or self.user.split(":")[1]  # further ones, with commas
        self.mounts = mounts or {}  # place -> directory, or "tmpfs"
        self.read_only = read_only
        self.arguments = arguments

    def command(self, arguments=None):
        image = instructions()
        mounts = []
        for place, what in self.mounts.items():
            target = self.root / place.lstrip("/")
            if not target.is_file():
                target.mkdir(parents=True, exist_ok=True)
            mounts += [place, what]
        arguments = self.arguments if arguments is None else arguments
        return ["unshare", "--mount", "--pid", "--fork", "--propagation", "private",
                "bash", "-ec", CONTAINER, "bash", self.root, "ro" if self.read_only else "rw", *mounts,
                "--", *self.as_user(), "env", "-C", image["WORKDIR"],
                *image["ENTRYPOINT"], *(image["CMD"] if arguments is None else arguments)]

    def as_user(self):
        user, group = self.user.split(":")
        return ["setpriv", f"--reuid={user}", f"--regid={group}", f"--groups={self.groups}",
                "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all"]

    @staticmethod
    def environment(extra=None):
        return {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                **instructions()["ENV"], **(extra or {})}

    def run(self, *arguments):
        """A command in a container of its own: status, and what it printed."""
        done = subprocess.run(self.command(arguments), env=self.environment(), text=True, timeout=DEADLINE,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout


class ContainerServer(Server):
    """A server whose process 1 is the image's, behind unshare."""

    def __init__(self, directory, container, base_url, pat, **settings):
        super().__init__(directory, base_url, pat, **settings)
        self.webhook_password = self.settings["azuredevops-webhook-password"]
        self.container = container
        self.pod = None  # where set, the environment is this, and the port and the host of this test

    def environment(self):
        ours = super().environment()
        if self.pod is not None:
            for name in ("ATLANTIS_PORT", "ATLANTIS_AZUREDEVOPS_BASE_URL"):
                self.pod[name] = ours[name]
            return self.container.environment(self.pod)
        settings = {name: value for name, value in ours.items() if name.startswith("ATLANTIS_")}
        return self.container.environment({**settings, **self.extra_env})

    def start(self, wait=True):
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(self.container.command(), env=self.environment(),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        if wait:
            self.wait_for(self.is_ready, "the container answers")
        return self

    def first_process(self):
        """As this machine numbers it: the child of unshare, which passes no signal on."""
        with open(f"/proc/{self.process.pid}/task/{self.process.pid}/children") as children:
            return int(children.read())

    def exec(self, *command):
        """Beside the server, in the same container and with the same environment, as kubectl exec does:
        status, and what it printed."""
        done = subprocess.run(["nsenter", f"--target={self.first_process()}", "--mount", "--pid", "--root",
                               *self.container.as_user(), "env", "-C", instructions()["WORKDIR"], *command],
                              env=self.environment(), text=True, timeout=DEADLINE, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout

    def stop(self, timeout=DEADLINE):
        os.kill(self.first_process(), signal.SIGTERM)
        status = self.process.wait(timeout)
        self.process = None
        assert status == 0, f"exit {status}: {self.log()[-4000:]}"


def plan_and_apply(server, repo):
    """One pull request, its state on the volume at /atlantis."""
    pull = repo.open_pull_request({"net/main.tf": Module("/atlantis/state/net.tfstate").text()})
    pull.wait_for_comment(containing="1 to add")
    pull.comment("atlantis apply")
    pull.wait_for_status("Atlantis Bot/atlantis/apply", "succeeded", containing="1/1 project applied")
    server.wait_until_idle()

# SPDX-License-Identifier: Apache-2.0
"""A mirror of Terraform's releases over loopback, laid out like releases.hashicorp.com.

The releases are the terraform of this machine in a wrapper that says it is another version.
"""
import collections
import hashlib
import http.server
import json
import platform
import shutil
import zipfile

from local_server import LocalServer

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


class Mirror(LocalServer):
    """with Mirror(directory) as mirror: mirror.release("1.11.99")"""

    def __init__(self, directory):
        self.root = directory / "mirror"
        self.used = directory / "used"  # a line per run: version and command
        self.root.mkdir(parents=True)
        self.requests = collections.Counter()
        self.versions = []
        mirror = self

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *arguments):
                super().__init__(*arguments, directory=mirror.root)

            def do_GET(self):
                mirror.requests[self.path] += 1
                super().do_GET()

            def log_message(self, *_):
                pass

        super().__init__(Handler)

    def archive(self, version):
        return f"/terraform/{version}/terraform_{version}_linux_{self._machine()}.zip"

    def tofu_archive(self, version):
        return f"/v{version}/tofu_{version}_linux_{self._machine()}.zip"

    def _machine(self):
        return ARCHITECTURES.get(platform.machine(), platform.machine())

    def path(self, place):
        return self.root / place.lstrip("/")

    def release(self, version):
        """Adds a version, with its digest and its line in the list."""
        self._pack("terraform", version, self.path(self.archive(version)))
        self.versions.append(version)
        listed = {"name": "terraform", "versions": {each: {} for each in self.versions}}
        self.path("terraform/index.json").write_text(json.dumps(listed))

    def release_tofu(self, version):
        """Adds a version of OpenTofu, in the layout of its own releases."""
        self._pack("tofu", version, self.path(self.tofu_archive(version)))

    def _pack(self, program, version, archive):
        archive.parent.mkdir(parents=True)
        with zipfile.ZipFile(archive, "w") as opened:
            opened.writestr(program, self._script(version))
        digest = hashlib.sha256(archive.read_bytes()).hexdigest()
        (archive.parent / f"{program}_{version}_SHA256SUMS").write_text(f"{digest}  {archive.name}\n")

    def _script(self, version):
        answer = json.dumps({"terraform_version": version})
        return (f'#!/bin/sh\necho "{version} $1" >>"{self.used}"\n'
                f"if [ \"$1\" = version ]; then echo '{answer}'; exit 0; fi\n"
                f'exec "{shutil.which("terraform")}" "$@"\n')

    def runs(self, version):
        """The commands that a release was used for."""
        lines = self.used.read_text().splitlines() if self.used.exists() else []
        return [line.split(" ", 1)[1] for line in lines if line.startswith(f"{version} ")]

# SPDX-License-Identifier: Apache-2.0
"""A registry of providers over loopback, with signed digests, as "terraform providers mirror" asks for them."""

import collections
import hashlib
import http.server
import io
import json
import os
import shutil
import subprocess
import tempfile
import zipfile

from local_server import LocalServer
from providers import HOST, PLATFORM


class Registry(LocalServer):
    """with Registry(directory) as registry: registry.add("thing", "1.2.3")"""

    def __init__(self, directory):
        directory.mkdir(parents=True)
        self.config = directory / "registry.tfrc"
        # Short: the socket of its agent lies there.
        self.home = tempfile.mkdtemp(prefix="gpg-", dir="/tmp")
        self.files = {}
        self.versions = {}
        self.fetched = collections.Counter()  # by the name of the archive
        registry = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                body = registry.files.get(self.path)
                registry.fetched[self.path.lstrip("/")] += 1
                self.send_response(200 if body is not None else 404)
                self.send_header("Content-Length", str(len(body or b"")))
                self.end_headers()
                self.wfile.write(body or b"")

            def log_message(self, *_):
                pass

        super().__init__(Handler)
        # Terraform asks a registry over https alone, but where its own configuration says where it is.
        self.config.write_text(f'host "{HOST}" {{\n  services = {{ "providers.v1" = "{self.url}/v1/" }}\n}}\n')
        self._gpg("--quick-generate-key", "test <test@example.com>", "rsa2048", "sign", "never")
        self.key = self._gpg("--armor", "--export").decode()
        listed = self._gpg("--with-colons", "--list-keys").decode()
        self.key_id = next(line.split(":")[4] for line in listed.splitlines() if line.startswith("pub:"))

    def __exit__(self, *arguments):
        super().__exit__(*arguments)
        subprocess.run(["gpgconf", "--homedir", self.home, "--kill", "all"], check=True)
        shutil.rmtree(self.home, ignore_errors=True)  # the agent that ends removes its sockets meanwhile

    def _gpg(self, *arguments, data=None):
        command = ["gpg", "--homedir", self.home, "--batch", "--quiet", "--pinentry-mode", "loopback",
                   "--passphrase", "", *arguments]
        return subprocess.run(command, input=data, check=True, capture_output=True).stdout

    def add(self, name, version):
        """A provider acme/NAME with a program that nobody can run; returns its archive."""
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w") as archive:
            program = zipfile.ZipInfo(f"terraform-provider-{name}_v{version}")
            program.external_attr = 0o755 << 16
            archive.writestr(program, b"#!/bin/sh\nexit 1\n#" + os.urandom(1000))
        content = packed.getvalue()
        file = f"terraform-provider-{name}_{version}_{PLATFORM}.zip"
        digest = hashlib.sha256(content).hexdigest()
        sums = f"{digest}  {file}\n".encode()
        os_name, architecture = PLATFORM.split("_")
        self.versions.setdefault(name, []).append(version)
        self.files.update({
            f"/v1/acme/{name}/versions": json.dumps({"versions": [
                {"version": each, "protocols": ["5.0"], "platforms": [{"os": os_name, "arch": architecture}]}
                for each in self.versions[name]]}).encode(),
            f"/v1/acme/{name}/{version}/download/{os_name}/{architecture}": json.dumps({
                "protocols": ["5.0"], "os": os_name, "arch": architecture, "filename": file,
                "download_url": f"{self.url}/{file}", "shasum": digest,
                "shasums_url": f"{self.url}/{file}.sums", "shasums_signature_url": f"{self.url}/{file}.sig",
                "signing_keys": {"gpg_public_keys": [{"key_id": self.key_id, "ascii_armor": self.key}]},
            }).encode(),
            f"/{file}": content,
            f"/{file}.sums": sums,
            f"/{file}.sig": self._gpg("--detach-sign", data=sums),
        })
        return content

    def damage(self, name, version):
        self.files[f"/terraform-provider-{name}_{version}_{PLATFORM}.zip"] += b"x"

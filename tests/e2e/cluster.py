# SPDX-License-Identifier: Apache-2.0
"""The API of Kubernetes on loopback: its server and its database, without a node and without a controller.

It takes or refuses manifests as a cluster does; nothing is made of them."""
import json
import os
import ssl
import subprocess
import urllib.error
import urllib.request

from server import DEADLINE, free_port, wait_until
from tools import tool

PROGRAMS = ("etcd", "kube-apiserver", "kubectl")
STOPPING = 20


class Cluster:
    """with Cluster(directory) as cluster: cluster.kubectl("get", "namespaces")"""

    def __init__(self, directory):
        self.directory = directory
        self.etcd, self.server, self.client = tool(*PROGRAMS)
        self.port = free_port()
        self.processes = []

    def _start(self, name, program, **flags):
        command = [program] + [f"--{flag.replace('_', '-')}={value}" for flag, value in flags.items()]
        with open(self.directory / f"{name}.log", "wb") as log:
            self.processes.append(subprocess.Popen(command, cwd=self.directory, stdin=subprocess.DEVNULL,
                                                   stdout=log, stderr=log))

    def __enter__(self):
        database = f"http://127.0.0.1:{free_port()}"
        self._start("etcd", self.etcd, data_dir=self.directory / "etcd", unsafe_no_fsync="true",
                    listen_client_urls=database, advertise_client_urls=database,
                    listen_peer_urls=f"http://127.0.0.1:{free_port()}")
        key = self.directory / "accounts.key"
        subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
        (self.directory / "tokens.csv").write_text("admin-token,admin,1,system:masters\n")
        self._start("apiserver", self.server, etcd_servers=database, bind_address="127.0.0.1", secure_port=self.port,
                    cert_dir=self.directory / "certificates", token_auth_file=self.directory / "tokens.csv",
                    authorization_mode="RBAC", service_cluster_ip_range="10.0.0.0/24",
                    service_account_issuer="https://kubernetes.default.svc", service_account_key_file=key,
                    service_account_signing_key_file=key)
        try:
            wait_until(self._is_ready, "the API of Kubernetes answers")
        except BaseException:
            self.__exit__()
            raise
        self._write_config()
        return self

    def __exit__(self, *_):
        for process in reversed(self.processes):
            process.terminate()
            try:
                process.wait(STOPPING)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()

    def _is_ready(self):
        ended = [process.args[0] for process in self.processes if process.poll() is not None]
        assert not ended, f"{ended} ended, see the logs in {self.directory}"
        request = urllib.request.Request(f"https://127.0.0.1:{self.port}/readyz",
                                         headers={"Authorization": "Bearer admin-token"})
        try:
            with urllib.request.urlopen(request, timeout=10, context=ssl._create_unverified_context()):
                return True
        except (OSError, urllib.error.HTTPError):
            return False

    def _write_config(self):
        config = {
            "apiVersion": "v1", "kind": "Config", "current-context": "test",
            "clusters": [{"name": "test", "cluster": {
                "server": f"https://127.0.0.1:{self.port}",
                "certificate-authority": str(self.directory / "certificates/apiserver.crt")}}],
            "users": [{"name": "test", "user": {"token": "admin-token"}}],
            "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        }
        (self.directory / "config").write_text(json.dumps(config))

    def run(self, *arguments, documents=None):
        """kubectl's status and all that it said; documents are what it reads as "-f -"."""
        text = documents and json.dumps({"apiVersion": "v1", "kind": "List", "items": documents})
        done = subprocess.run([self.client, *map(str, arguments)], input=text or "", text=True, timeout=DEADLINE,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env={"PATH": os.environ["PATH"], "HOME": str(self.directory),
                                   "KUBECONFIG": str(self.directory / "config")})
        return done.returncode, done.stdout

    def kubectl(self, *arguments, documents=None):
        """What kubectl said, which must be no failure and no warning."""
        status, said = self.run(*arguments, documents=documents)
        assert status == 0 and "Warning:" not in said, said
        return said

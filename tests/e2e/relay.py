# SPDX-License-Identifier: Apache-2.0
"""What stands between a server and its host in a company's network: TLS of a private CA, a proxy."""

import re
import socket
import ssl
import subprocess
import threading
from pathlib import Path


class Relay:
    """Listens on loopback and passes connections on to one port there."""

    def __init__(self, target_port, context=None):
        self.target_port = target_port
        self.context = context
        self.requests = []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.listener.close()

    def _accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client):
        try:
            client.settimeout(60)
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            with client, socket.create_connection(("127.0.0.1", self.target_port)) as target:
                self._begin(client, target)
                back = threading.Thread(target=_pump, args=(target, client), daemon=True)
                back.start()
                _pump(client, target)
                back.join(60)
        except OSError:
            return

    def _begin(self, client, target):
        """Nothing to change: bytes go through as they are."""


class ForwardProxy(Relay):
    """An HTTP proxy for http:// URLs (RFC 9112, absolute-form): one request per connection."""

    def _begin(self, client, target):
        head = Head(client)
        self.requests.append(head.url)
        target.sendall(head.to(re.sub(r"^http://[^/]+", "", head.url)))


class Front(Relay):
    """One address for several playgrounds: the first part of a path, their organisation, says which."""

    def __init__(self, *playgrounds):
        super().__init__(None)
        self.ports = {playground.org: playground.port for playground in playgrounds}
        self.url = f"http://127.0.0.1:{self.port}"

    def _serve(self, client):
        try:
            client.settimeout(60)
            with client:
                head = Head(client)
                port = self.ports[head.url.split("/")[1]]
                with socket.create_connection(("127.0.0.1", port)) as target:
                    target.sendall(head.to(head.url))
                    back = threading.Thread(target=_pump, args=(target, client), daemon=True)
                    back.start()
                    _pump(client, target)
                    back.join(60)
        except OSError:
            return


class Head:
    """Of a request, with what came with it of the body."""

    def __init__(self, client):
        head = b""
        while b"\r\n\r\n" not in head:
            chunk = client.recv(65536)
            if not chunk:
                raise OSError("closed")
            head += chunk
        lines, self.rest = head.split(b"\r\n\r\n", 1)
        first, *self.headers = lines.decode("latin-1").split("\r\n")
        self.method, self.url, self.version = first.split(" ")

    def to(self, path):
        """The same for that path, and the only one of its connection."""
        headers = [line for line in self.headers if not line.lower().startswith(("connection:", "proxy-"))]
        return "\r\n".join([f"{self.method} {path} {self.version}", *headers, "Connection: close", "", ""]) \
            .encode("latin-1") + self.rest


def _pump(source, sink):
    try:
        while chunk := source.recv(65536):
            sink.sendall(chunk)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


class Authority:
    """A private CA and a certificate for 127.0.0.1."""

    def __init__(self, directory):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.ca = self.directory / "ca.pem"
        self._openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=test CA",
                      "-keyout", "ca.key", "-out", "ca.pem")
        (self.directory / "names").write_text("subjectAltName=IP:127.0.0.1\n")
        self._openssl("req", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=127.0.0.1",
                      "-keyout", "server.key", "-out", "server.csr")
        self._openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", "2", "-extfile", "names", "-out", "server.pem")

    def _openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], cwd=self.directory, check=True, capture_output=True)

    def context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "server.pem", self.directory / "server.key")
        return context

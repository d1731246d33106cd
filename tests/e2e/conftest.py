# SPDX-License-Identifier: Apache-2.0
import os
import secrets
import shutil

import pytest

from cases import text
from image import ContainerServer, make_root
from playground import Playground
from server import Server
from terraform import Module


@pytest.fixture
def pat():
    return "pat-" + secrets.token_hex(20)


@pytest.fixture
def playground(tmp_path, pat):
    with Playground(tmp_path / "playground", pat=pat) as running:
        yield running


@pytest.fixture
def make_server(tmp_path, playground, pat):
    """Servers that end with the test: cleanly, without an error line, without a process left."""
    servers = []

    def make(name="server", start=True, base_url=None, **settings):
        server = Server(tmp_path / name, base_url or playground.url, pat, **settings)
        servers.append(server)
        playground.subscribe(server.hook_url)
        return server.start() if start else server

    yield make
    for server in servers:
        if server.process:
            server.stop()
        server.check_log()
        assert server.children() == []


@pytest.fixture
def server(make_server):
    return make_server()


@pytest.fixture
def module(tmp_path):
    """Makes root modules whose state lies outside of every checkout: module("net") and so on."""
    def make(name, **arguments):
        return Module(tmp_path / "states" / f"{name}.tfstate", **arguments)

    return make


@pytest.fixture
def repo(playground):
    return playground.create_repo("platform/infra", {"README.md": "infra\n"})


@pytest.fixture
def rules(tmp_path):
    """Writes the server's rules; what it returns is for --repo-config."""
    def write(content):
        path = tmp_path / "repos.yaml"
        path.write_text(text(content))
        return path

    return write


@pytest.fixture(scope="session")
def image_root(tmp_path_factory):
    directory = tmp_path_factory.mktemp("image") / "root"
    yield make_root(directory)
    shutil.rmtree(directory)


@pytest.fixture
def volume(tmp_path):
    """An empty volume that its group may write, as fsGroup makes it."""
    directory = tmp_path / "volume"
    directory.mkdir(mode=0o770)
    os.chown(directory, 0, 1000)
    directory.chmod(0o2770)
    return directory


@pytest.fixture
def start_container(tmp_path, playground, pat):
    servers = []

    def make(container, environment=None, pod=None, base_url=None, **settings):
        server = ContainerServer(tmp_path / "container", container, base_url or playground.url, pat, **settings)
        server.extra_env = environment or {}
        server.pod = pod
        servers.append(server)
        playground.subscribe(server.hook_url)
        return server.start()

    yield make
    for server in servers:
        if server.process:
            server.stop()
        server.check_log()

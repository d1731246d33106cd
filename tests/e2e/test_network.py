# SPDX-License-Identifier: Apache-2.0
"""REST and git through a company's network: a private CA in front of the host, a proxy on the way."""

import pytest

from relay import Authority, ForwardProxy, Relay


def test_a_private_CA_is_trusted_by_rest_and_git(make_server, playground, repo, module, tmp_path):
    authority = Authority(tmp_path / "authority")
    with Relay(playground.port, authority.context()) as relay:
        base_url = playground.url.replace(playground.root, f"https://127.0.0.1:{relay.port}")
        server = make_server(start=False, base_url=base_url)
        server.extra_env["SSL_CERT_FILE"] = str(authority.ca)
        server.start()
        pull = repo.open_pull_request({"net/main.tf": module("net").text()})
        pull.wait_for_comment(containing="1 to add")
        server.stop()


def test_an_unknown_CA_is_refused(make_server, playground, repo, module, tmp_path):
    authority = Authority(tmp_path / "authority")
    with Relay(playground.port, authority.context()) as relay:
        base_url = playground.url.replace(playground.root, f"https://127.0.0.1:{relay.port}")
        server = make_server(base_url=base_url)
        pull = repo.open_pull_request({"net/main.tf": module("net").text()})
        server.wait_for_log("put off.*certificate")
        assert pull.comments(by="bot") == []
        server.stop()


@pytest.mark.parametrize("variable", ["HTTP_PROXY", "http_proxy"])
def test_a_proxy_is_used_by_rest_and_git(make_server, playground, repo, module, variable):
    with ForwardProxy(playground.port) as proxy:
        base_url = playground.url.replace(playground.root, "http://devops.test")
        server = make_server(start=False, base_url=base_url)
        server.extra_env[variable] = f"http://127.0.0.1:{proxy.port}"
        server.start()
        pull = repo.open_pull_request({"net/main.tf": module("net").text()})
        pull.wait_for_comment(containing="1 to add")
        assert any("/_apis/" in url for url in proxy.requests)
        assert any("/git-upload-pack" in url for url in proxy.requests)
        server.stop()


def test_NO_PROXY_goes_past_the_proxy(make_server, playground, repo, module):
    with ForwardProxy(playground.port) as proxy:
        server = make_server(start=False)
        server.extra_env["HTTP_PROXY"] = f"http://127.0.0.1:{proxy.port}"
        server.extra_env["NO_PROXY"] = "127.0.0.1"
        server.start()
        pull = repo.open_pull_request({"net/main.tf": module("net").text()})
        pull.wait_for_comment(containing="1 to add")
        assert proxy.requests == []

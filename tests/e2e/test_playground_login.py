# SPDX-License-Identifier: Apache-2.0
"""The playground's Entra ID and metadata service refuse what the real ones refuse."""

import base64

import pytest

from identity import KeyPair, claims

CLIENT = "6f0a3a52-33c5-4a9f-9d0e-7f2f3d1e0b11"
RESOURCE = "499b84ac-1321-427f-aa17-267ca6975798"
SCOPE = f"{RESOURCE}/.default"
CLUSTER = "api://AzureADTokenExchange"
JWT_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
FORM = {"grant_type": "client_credentials", "client_id": CLIENT, "scope": SCOPE, "client_secret": "right"}


def asserted(assertion):
    form = {name: value for name, value in FORM.items() if name != "client_secret"}
    return {**form, "client_assertion_type": JWT_TYPE, "client_assertion": assertion}


def assert_refused(playground, reply, status, code):
    assert (reply.status, code in reply.json()["error_description"]) == (status, True), reply.body
    assert playground.forget_unexpected()


def test_a_secret_gives_a_token_for_rest_and_git_until_it_is_ended(playground, repo):
    tenant = playground.add_application(CLIENT, secret="right")
    answer = playground.login(tenant, FORM).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", 3599)
    passes = {"X-VSS-ForceMsaPassThrough": "true"}
    bearer = {"Authorization": f"Bearer {answer['access_token']}", **passes}
    basic = {"Authorization": "Basic " + base64.b64encode(f":{answer['access_token']}".encode()).decode(), **passes}
    refs = f"/{repo.url.split('/', 3)[3]}/info/refs?service=git-upload-pack"
    for headers in (bearer, basic):
        assert playground.rest("GET", f"{repo.api}/refs", user=None, headers=headers).status == 200
        assert playground._send("GET", playground.root + refs, None, headers).status == 200
    playground.end_tokens()
    for headers in (bearer, basic):
        assert playground.rest("GET", f"{repo.api}/refs", user=None, headers=headers, check=False).status == 401
        page = playground.rest("GET", f"{repo.api}/refs", user=None, check=False,
                               headers={**headers, "X-TFS-FedAuthRedirect": ""})
        assert page.status == 203
        assert playground._send("GET", playground.root + refs, None, headers).status == 401
    assert len(playground.forget_unexpected()) == 6


def test_a_token_counts_only_in_calls_that_want_it_where_there_are_microsoft_accounts(playground, repo):
    tenant = playground.add_application(CLIENT, secret="right")
    alone = {"Authorization": f"Bearer {playground.login(tenant, FORM).json()['access_token']}"}
    refs = f"/{repo.url.split('/', 3)[3]}/info/refs?service=git-upload-pack"
    for headers in (alone, {**alone, "X-VSS-ForceMsaPassThrough": "false"}):
        assert playground.rest("GET", f"{repo.api}/refs", user=None, headers=headers, check=False).status == 401
        assert playground._send("GET", playground.root + refs, None, headers).status == 401
    assert len(playground.forget_unexpected()) == 4


@pytest.mark.parametrize("change, status, code", [
    ({"grant_type": "password"}, 400, "AADSTS70003"),
    ({"client_id": "unknown"}, 400, "AADSTS700016"),
    ({"scope": "https://graph.microsoft.com/.default"}, 400, "AADSTS70011"),
    ({"client_secret": "wrong"}, 401, "AADSTS7000215"),
    ({"client_secret": ""}, 401, "AADSTS7000215"),
    ({"client_assertion": "a.b.c"}, 401, "AADSTS7000218"),
])
def test_forms_that_are_wrong_are_refused(playground, change, status, code):
    tenant = playground.add_application(CLIENT, secret="right")
    assert_refused(playground, playground.login(tenant, {**FORM, **change}), status, code)


def test_another_content_type_is_refused(playground):
    tenant = playground.add_application(CLIENT, secret="right")
    reply = playground.login(tenant, FORM, {"Content-Type": "application/json"})
    assert_refused(playground, reply, 400, "AADSTS900144")


@pytest.fixture
def pair(tmp_path):
    return KeyPair(tmp_path)


def test_a_certificates_assertion_is_checked(playground, tmp_path, pair):
    other = KeyPair(tmp_path, "other")
    tenant = playground.add_application(CLIENT, certificate=pair.public())
    endpoint = f"{playground.root}/{tenant}/oauth2/v2.0/token"

    def show(signer=pair, algorithm="PS256", audience=endpoint, **change):
        said = {**claims(CLIENT, CLIENT, audience), **change}
        thumbprint = {"x5t#S256": pair.thumbprint()}
        return asserted(signer.sign(said, algorithm, **thumbprint))

    good = show()
    assert playground.login(tenant, good).status == 200
    assert_refused(playground, playground.login(tenant, good), 401, "AADSTS50013")  # the same once more
    for form, code in (
        (show(signer=other), "AADSTS700027"),
        (show(algorithm="RS256"), "AADSTS700027"),
        (show(audience=CLUSTER), "AADSTS700023"),
        (show(exp=1), "AADSTS700024"),
        (show(exp=4102444800), "AADSTS700024"),
        (show(sub="another"), "AADSTS50013"),
        (asserted("no.token"), "AADSTS50027"),
    ):
        assert_refused(playground, playground.login(tenant, form), 401, code)


def test_a_clusters_token_is_checked(playground, tmp_path, pair):
    other = KeyPair(tmp_path, "other")
    issuer, subject = "https://cluster.example/", "system:serviceaccount:hadal:hadal"
    tenant = playground.add_application(CLIENT, issuer=issuer, subject=subject, issuer_certificate=pair.public())

    def login(signer=pair, **change):
        return playground.login(tenant, asserted(signer.sign({**claims(issuer, subject, CLUSTER), **change})))

    assert login().status == 200
    assert_refused(playground, login(iss="https://other.example/"), 401, "AADSTS700211")
    assert_refused(playground, login(sub="system:serviceaccount:x:y"), 401, "AADSTS700213")
    assert_refused(playground, login(aud="api://other"), 401, "AADSTS700213")
    assert_refused(playground, login(exp=1), 401, "AADSTS700024")
    assert_refused(playground, login(signer=other), 401, "AADSTS5000712")


def test_the_metadata_service_wants_its_header(playground):
    playground.add_application(CLIENT, managed=True)
    query = {"api-version": "2018-02-01", "resource": RESOURCE}
    header = {"Metadata": "true"}
    answer = playground.metadata(query, header).json()
    assert (answer["token_type"], answer["expires_in"]) == ("Bearer", "3599")
    assert playground.metadata({**query, "client_id": CLIENT}, header).status == 200
    assert_refused(playground, playground.metadata(query, {}), 400, "metadata header")
    assert_refused(playground, playground.metadata(query, {**header, "X-Forwarded-For": "::1"}), 400, "forwarded")
    assert_refused(playground, playground.metadata({**query, "resource": "x"}, header), 400, "AADSTS500011")
    assert_refused(playground, playground.metadata({**query, "client_id": "x"}, header), 400, "Identity not found")


def test_a_replaced_token_is_refused(playground, repo):
    old = {"Authorization": "Basic " + base64.b64encode(f":{playground.pat}".encode()).decode()}
    playground.replace_pat()
    assert playground.rest("GET", f"{repo.api}/refs").status == 200
    assert playground.rest("GET", f"{repo.api}/refs", user=None, headers=old, check=False).status == 401
    assert playground.forget_unexpected()


def test_the_life_of_a_token_can_be_set(playground):
    tenant = playground.add_application(CLIENT, secret="right")
    playground.set_token_life(60)
    assert playground.login(tenant, FORM).json()["expires_in"] == 60

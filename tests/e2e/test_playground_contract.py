# SPDX-License-Identifier: Apache-2.0
"""The playground's routes against the published OpenAPI files, where they are at hand.

HADAL_CONTRACT_DIR: a folder with openapi in it, as in tests/contract; ../shared/spec/azure-contract beside the
sources when not given. They are not part of this repository.
"""
import json
import os
import pathlib
import re
import subprocess

import pytest

from playground import BUILD, SOURCE

PACK = pathlib.Path(os.environ.get("HADAL_CONTRACT_DIR", SOURCE.parent / "shared/spec/azure-contract"))
CONTRACT = PACK / "openapi"
FILES = ("git", "policy", "serviceHooks", "core", "identities")

# There is no OpenAPI file for how clients find their way.
UNPUBLISHED = ("connectiondata", "resourceareas")

if not CONTRACT.is_dir():
    pytest.skip(f"no OpenAPI files in {CONTRACT}: set HADAL_CONTRACT_DIR", allow_module_level=True)

# Seen on the wire, though these files do not have it: older forms of versionDescriptor and paging.
UNPUBLISHED_PARAMETERS = {"version", "versiontype", "versionoptions", "$top", "$skip", "includelabels"}


def normal(path):
    """Without the names of its parameters and letter case."""
    return re.sub(r"\{[^}]*\}", "{}", path).lower().rstrip("/")


@pytest.fixture(scope="module")
def published():
    operations = {}
    for name in FILES:
        document = json.loads((CONTRACT / f"{name}.json").read_text(encoding="utf-8-sig"))
        for path, methods in [*document["paths"].items(), *document.get("x-ms-paths", {}).items()]:
            for method, operation in methods.items():
                if method != "parameters":
                    known = {p["name"].lower() for p in operation.get("parameters", []) if p.get("in") == "query"}
                    scopes = {s for way in operation.get("security", []) for names in way.values() for s in names}
                    found = operations.setdefault((method.upper(), normal(path.partition("?")[0])), (set(), set()))
                    found[0].update(known)
                    found[1].update(scopes)
    return operations


def routes():
    output = subprocess.run([BUILD / "playground" / "hadal-playground", "--routes"], check=True, capture_output=True,
                            text=True).stdout
    for line in output.splitlines():
        call, _, rest = line.partition(" !")
        scopes, _, query = rest.partition("?")
        method, path = call.split()
        yield pytest.param(method, path, query.split(), set(scopes.split()), id=call)


@pytest.mark.parametrize("method, path, query, scopes", routes())
def test_each_route_is_published(published, method, path, query, scopes):
    if method == "OPTIONS" or path.split("/")[1].lower() in UNPUBLISHED:
        return
    operation = published.get((method, normal("/{organization}/" + path)))

    assert operation is not None
    parameters, needed = operation
    assert scopes == needed
    unknown = {name.lower() for name in query} - parameters - UNPUBLISHED_PARAMETERS
    assert not unknown

# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas agree with the C reader: unit tests hold the same samples against that."""
import json
import pathlib
import subprocess

import jsonschema
import pytest
import yaml

from server import BUILD_ROOT

ROOT = pathlib.Path(__file__).parents[2]
PROGRAM = BUILD_ROOT / "src/cli/hadal"
SAMPLES = ROOT / "tests/fixtures/config"


def schema_of(sample):
    name = sample.name.split("-")[0]
    return json.loads((ROOT / f"docs/reference/{name}.schema.json").read_text())


def samples(folder):
    return sorted((SAMPLES / folder).glob("*.yaml"))


def is_valid(sample):
    schema = schema_of(sample)
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema).is_valid(yaml.safe_load(sample.read_text()))


@pytest.mark.parametrize("sample", samples("good"), ids=lambda sample: sample.stem)
def test_a_good_sample_is_valid(sample):
    assert is_valid(sample)


@pytest.mark.parametrize("sample", samples("bad"), ids=lambda sample: sample.stem)
def test_a_bad_sample_is_not(sample):
    assert not is_valid(sample)


@pytest.mark.parametrize("words, page", [
    (["schema", "repos"], "repos.schema.json"),
    (["schema", "atlantis"], "atlantis.schema.json"),
    (["reference", "repos-yaml"], "repos-yaml.md"),
    (["reference", "atlantis-yaml"], "atlantis-yaml.md"),
    (["reference", "commands"], "commands.md"),
])
def test_the_program_prints_what_is_committed(words, page):
    printed = subprocess.check_output([PROGRAM, *words], text=True)

    assert printed == (ROOT / "docs/reference" / page).read_text()


def test_what_cannot_be_printed_is_told():
    result = subprocess.run([PROGRAM, "schema", "server"], capture_output=True, text=True)

    assert (result.returncode, result.stderr) == (2, "usage: hadal schema repos|atlantis\n")


def pages():
    """Each line of `make docs`: the words and the file."""
    lines = (ROOT / "Makefile").read_text().splitlines()
    return [line.partition("build/src/cli/hadal ")[2].split(" >") for line in lines if " >docs/reference/" in line]


@pytest.mark.parametrize("words, page", pages())
def test_pages_are_as_the_program_prints_them(words, page):
    printed = subprocess.run([PROGRAM, *words.split()], capture_output=True, text=True, check=True, timeout=60).stdout
    assert printed == (ROOT / page).read_text(), f"{page}: run make docs"


def test_every_page_of_the_reference_is_printed():
    assert {ROOT / page for _, page in pages()} == set((ROOT / "docs/reference").iterdir())

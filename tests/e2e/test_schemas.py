# SPDX-License-Identifier: Apache-2.0
"""The JSON Schemas agree with the C reader: unit tests hold the same samples against that."""
import json
import pathlib

import jsonschema
import pytest
import yaml

ROOT = pathlib.Path(__file__).parents[2]
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

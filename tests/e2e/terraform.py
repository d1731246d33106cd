# SPDX-License-Identifier: Apache-2.0
"""Small root modules of terraform_data: real Terraform, no provider to download."""

import json
from pathlib import Path


class Module:
    """A root module with one or more terraform_data and a local state at a known place."""

    def __init__(self, state, values=("one",), extra=""):
        self.state = Path(state)
        self.values = tuple(values)
        self.extra = extra

    def with_values(self, *values, extra=None):
        return Module(self.state, values, self.extra if extra is None else extra)

    def text(self):
        resources = "\n".join(
            f'resource "terraform_data" "item{number}" {{\n  input = {json.dumps(value)}\n}}\n'
            for number, value in enumerate(self.values))
        return (f'terraform {{\n  backend "local" {{\n    path = {json.dumps(str(self.state))}\n'
                f"  }}\n}}\n\n{resources}\n{self.extra}")

    def applied(self):
        """Inputs of the resources that the state has, or None without a state."""
        if not self.state.exists():
            return None
        document = json.loads(self.state.read_text())
        return [resource["instances"][0]["attributes"]["input"]["value"]
                for resource in sorted(document["resources"], key=lambda entry: entry["name"])
                if resource["type"] == "terraform_data" and resource["name"].startswith("item")]

# SPDX-License-Identifier: Apache-2.0
"""Providers that Terraform installs from a mirror of files, and that nobody can run: for tests of init."""

import os
import platform
import zipfile

ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
PLATFORM = "linux_" + ARCHITECTURES.get(platform.machine(), platform.machine())
HOST = "registry.terraform.io"


class ProviderMirror:
    """A directory laid out as "terraform providers mirror" does it, of archives."""

    def __init__(self, directory):
        self.root = directory / "providers"
        self.config = directory / "mirror.tfrc"
        self.root.mkdir(parents=True)
        self.config.write_text(f'provider_installation {{\n  filesystem_mirror {{\n    path = "{self.root}"\n  }}\n}}\n')

    def add(self, name, version, size=1 << 20):
        """A provider acme/NAME whose program has that many bytes that do not compress."""
        place = self.root / HOST / "acme" / name
        place.mkdir(parents=True, exist_ok=True)
        with zipfile.ZipFile(place / f"terraform-provider-{name}_{version}_{PLATFORM}.zip", "w") as archive:
            program = zipfile.ZipInfo(f"terraform-provider-{name}_v{version}")
            program.external_attr = 0o755 << 16
            archive.writestr(program, b"#!/bin/sh\nexit 1\n#" + os.urandom(size))
            archive.writestr("README.md", name)


def requires(*names, version=None):
    """A root module that needs acme's providers."""
    constraint = f', version = "{version}"' if version else ""
    listed = "\n".join(f'    {name} = {{ source = "acme/{name}"{constraint} }}' for name in names)
    return f"terraform {{\n  required_providers {{\n{listed}\n  }}\n}}\n"


def packages(directory):
    """HOST/NAMESPACE/TYPE/VERSION/PLATFORM below a plugin cache: name -> path."""
    return {str(path.relative_to(directory)): path for path in directory.glob("*/*/*/*/*") if path.is_dir()}

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails where clang-format would write a file differently."""
import subprocess
import sys

import source

paths = [str(file) for _, file in source.files("src", "playground", "tests", "bench")]
sys.exit(subprocess.run(["clang-format", "--dry-run", "-Werror", *paths]).returncode)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs a contract test against the services it needs: run.py PROGRAM."""
import os
import pathlib
import secrets
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "e2e"))
from playground import Playground  # noqa: E402

pat = "pat-" + secrets.token_hex(20)
with tempfile.TemporaryDirectory(prefix="hadal-contract-") as directory, Playground(directory, pat=pat) as azuredevops:
    env = {**os.environ, "HADAL_PLAYGROUND_URL": azuredevops.root, "HADAL_PLAYGROUND_PAT": pat}
    status = subprocess.run([sys.argv[1]], env=env, timeout=240).returncode
sys.exit(status)

# SPDX-License-Identifier: Apache-2.0
"""Runs commands that look at an installation, as the operator of a server does."""
import subprocess

from server import BUILD_ROOT

PROGRAM = BUILD_ROOT / "src/cli/hadal"


def run(server, *words, **changes):
    """`hadal WORDS` with the environment of a server; changes: settings that differ from the server's."""
    env = server.environment()
    for name, value in changes.items():
        key = "ATLANTIS_" + name.upper()
        env.pop(key, None)
        if value is not None:
            env[key] = str(value)
    return subprocess.run([PROGRAM, *words], env=env, cwd=server.directory, text=True, capture_output=True,
                          timeout=60)

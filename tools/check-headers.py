#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""check-headers.py ROOT BUILD: fails when a header does not compile on its own."""
import concurrent.futures
import json
import pathlib
import shlex
import subprocess
import sys

import source

build = pathlib.Path(sys.argv[2])
commands = json.loads((build / "compile_commands.json").read_text())


def flags(top):
    """Those of the files of the same folder, without what belongs to one file: the longest, as
    small programs are built with less."""
    found = [[]]
    for command in commands:
        file = (build / command["file"]).resolve()
        if file.is_relative_to(source.root().resolve() / top) and file.suffix == ".c":
            words = shlex.split(command["command"])
            found.append(words[:words.index("-MD")])
    return max(found, key=len)


def check(place, header):
    words = flags_of[place.parts[0]]
    result = subprocess.run(
        [*words, "-fsyntax-only", "-include", str(header.resolve()), "-x", "c", "/dev/null"],
        cwd=build, capture_output=True, text=True)
    return f"{place}: does not compile on its own\n{result.stderr}" if result.returncode else ""


headers = [(place, file) for place, file in source.files("src", "playground") if file.suffix == ".h"]
flags_of = {place.parts[0]: flags(place.parts[0]) for place, _ in headers}
with concurrent.futures.ThreadPoolExecutor(2) as pool:
    source.report([text for text in pool.map(lambda header: check(*header), headers) if text])

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails when a file knows what its layer may not know. The tables are the architecture."""
import re

import source

LOW = {"base", "sys", "model"}
MIDDLE = {"config", "store", "host", "git", "tf", "render", "grammar"}
MAY_INCLUDE = {
    "base": set(),
    "sys": {"base"},
    "model": {"base"},
    **{layer: LOW for layer in MIDDLE},
    "render": LOW | {"grammar"},  # comments say what to type next
    "intake": LOW | {"config", "store", "render", "grammar"},
    "engine": LOW | MIDDLE,
    "web": LOW | {"config", "store", "host", "intake"},
    "watch": LOW | {"config", "store", "host", "render", "intake"},
    "cli": LOW | MIDDLE | {"engine", "web", "watch"},
    "launcher": {"sys/launch.h"},  # how the two talk; it includes nothing of ours
    "playground": {"base", "sys"},
}

# What may be named only in some places: where, what, in code or in its texts, and why.
ONLY_IN = [
    (
        re.compile(r"src/(host/azuredevops/|host/host\.c|config/settings|cli/)|playground/"),
        re.compile(r"azure", re.I),
        "a host's name belongs into its own folder and the registry",
        source.without_comments,
    ),
    (
        re.compile(r"src/(sys/proc\w*\.c|launcher/)"),
        re.compile(r"\b(posix_spawnp?|v?fork|clone3?|exec[lv]p?e?|execveat|fexecve|system|popen)\s*\("),
        "only sys/proc.c and the launcher start processes",
        source.code_only,
    ),
    (
        re.compile(r"src/(sys/http_client|cli/)"),
        re.compile(r"\bcurl_\w+\s*\("),
        "HTTP goes out through sys/http_client alone",
        source.code_only,
    ),
    (
        re.compile(r"src/sys/(http_server|http_message)"),
        re.compile(r"\bMHD_\w+"),
        "HTTP comes in through sys/http_server alone",
        source.code_only,
    ),
    (
        re.compile(r"src/sys/yaml\.c"),
        re.compile(r"\byaml_(parser|event)_\w+"),
        "nothing above sys/yaml knows libyaml",
        source.code_only,
    ),
    (
        re.compile(r"src/sys/db"),
        re.compile(r"\b(sqlite3_\w+|PQ\w+)\s*\("),
        "nothing above sys/db knows a database",
        source.code_only,
    ),
]

SQL = re.compile(
    r"\b(SELECT\s.+|INSERT\s+(OR\s+\w+\s+)?INTO|UPDATE\s+\w+\s+SET|DELETE\s+FROM"
    r"|(CREATE|ALTER|DROP)\s+(TABLE|INDEX)|PRAGMA\s+\w)",
    re.S,
)
SQL_HOME = re.compile(r"src/(store/|sys/db)")


def includes(place, text):
    layer = place.parts[1] if place.parts[0] == "src" else place.parts[0]
    if layer not in MAY_INCLUDE:
        yield f"{place}: {layer} is not a layer"
        return
    for number, line in enumerate(text.splitlines(), 1):
        if match := re.match(r'\s*#\s*include\s+"((\w+)/[^"]+)"', line):
            if not {match[1], match[2]} & (MAY_INCLUDE[layer] | {layer}):
                yield f"{place}:{number}: {layer} may not know {match[1]}"


def names(place, text):
    for home, pattern, why, view in ONLY_IN:
        if home.match(place.as_posix()):
            continue
        seen = view(text)
        for match in pattern.finditer(seen):
            line = seen.count("\n", 0, match.start()) + 1
            yield f"{place}:{line}: {match[0].strip()}: {why}"


def statements(place, text):
    if SQL_HOME.match(place.as_posix()):
        return
    for line, literal in source.strings(text):
        if match := SQL.search(literal):
            yield f"{place}:{line}: {match[0][:40]}: SQL belongs into store/"


bad = []
for place, file in source.files("src", "playground"):
    text = file.read_text()
    bad += [*includes(place, text), *names(place, text), *statements(place, text)]
source.report(bad)

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes a C file that holds files: embed.py OUTPUT FILE..."""
import pathlib
import sys

TYPES = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".svg": "image/svg+xml",
}


def main(output, names):
    arrays, rows = [], []
    for number, name in enumerate(names):
        path = pathlib.Path(name)
        data = path.read_bytes()
        # A list of numbers: string literals may only be so long.
        lines = [", ".join(map(str, data[at : at + 24])) for at in range(0, len(data), 24)]
        arrays.append(f"static const unsigned char file_{number}[] = {{\n    " + ",\n    ".join(lines) + "\n};\n")
        rows.append(f'    {{ "{path.name}", "{TYPES[path.suffix]}", file_{number}, sizeof(file_{number}) }},\n')
    pathlib.Path(output).write_text(
        "// SPDX-License-Identifier: Apache-2.0\n"
        '#include "assets.h"\n\n' + "\n".join(arrays) + "\nconst Asset assets[] = {\n" + "".join(rows) + "};\n"
        "const gsize assets_count = G_N_ELEMENTS(assets);\n"
    )


main(sys.argv[1], sys.argv[2:])

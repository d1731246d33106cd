#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""embed_migrations.py OUTPUT NNNN_name.sql ...: the SQL files as one C table, in order of NNNN."""
import pathlib
import sys

output, *inputs = map(pathlib.Path, sys.argv[1:])
files = sorted((int(path.name.split("_")[0]), path) for path in inputs)
if [number for number, _ in files] != list(range(1, len(files) + 1)):
    sys.exit("migrations must be numbered 0001, 0002 ... without a gap")

lines = ["// SPDX-License-Identifier: Apache-2.0", '#include "store/store_internal.h"', ""]
for number, path in files:
    # Bytes, not a literal: compilers promise only 4095 characters of one.
    text = ", ".join(str(byte) for byte in path.read_bytes())
    lines.append(f"static const char sql_{number}[] = {{ {text}, 0 }};")
lines.append("const Migration store_migrations[] = {")
lines += [f'    {{ {number}, "{path.stem}", sql_{number} }},' for number, path in files]
lines += ["};", f"const gsize store_n_migrations = {len(files)};", ""]
output.write_text("\n".join(lines))

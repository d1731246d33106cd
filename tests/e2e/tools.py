# SPDX-License-Identifier: Apache-2.0
"""Programs of others that some tests are made with, and that are not everywhere."""
import os
import shutil

import pytest

from server import SOURCE_ROOT

# HADAL_TOOLS: directories in which they are looked for first.
PLACES = os.pathsep.join([os.environ.get("HADAL_TOOLS", ""), os.environ["PATH"], f"{SOURCE_ROOT}/.cache/bin"])


def tool(*names):
    """Where they are, as a list where several are asked for; a skip that names what is not here."""
    found = {name: shutil.which(name, path=PLACES) for name in names}
    missing = [name for name, place in found.items() if not place]
    if missing:
        pytest.skip(f"not installed, so nothing is proven with it: {', '.join(missing)}")
    return list(found.values()) if len(names) > 1 else found[names[0]]

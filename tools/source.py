# SPDX-License-Identifier: Apache-2.0
"""What the check-*.py scripts share: the C files of the tree, and their text without comments."""
import pathlib
import re
import sys

# Comments become blanks and strings stay, or the other way round; lines keep their numbers.
TOKEN = re.compile(r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S)


def root():
    return pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else ".")


def files(*tops):
    """(path below the root, path) of every C file below these folders."""
    for top in tops:
        for file in sorted((root() / top).rglob("*.[ch]")):
            yield file.relative_to(root()), file


def blank(match):
    return re.sub(r"[^\n]", " ", match[0])


def without_comments(text):
    return TOKEN.sub(lambda m: blank(m) if m[0].startswith(("//", "/*")) else m[0], text)


def code_only(text):
    """Neither comments nor what stands in quotes."""
    return TOKEN.sub(blank, text)


def strings(text):
    """(line, text) of each literal; literals that follow each other are one, as in C."""
    joined = []
    end = None
    code = without_comments(text)
    for match in re.finditer(r'"((?:\\.|[^"\\\n])*)"', code):
        if end is not None and not code[end:match.start()].strip():
            joined[-1][1] += match[1]
        else:
            joined.append([code.count("\n", 0, match.start()) + 1, match[1]])
        end = match.end()
    return joined


def report(bad):
    print("\n".join(bad))
    sys.exit(bool(bad))

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Fails where the code calls what it must not: each with what is used instead."""
import re

import source

# Names, as a pattern; what to use; where it is right all the same. Tests may call them: a server of
# theirs has to be slow.
BANNED = [
    (r"strcpy|stpcpy|strcat|strncpy|strncat|v?sprintf|gets", "GString, g_strdup_printf", None),
    (r"ato(i|l|ll|f)|(v?[fs]?scanf)|strtok(_r)?", "g_ascii_string_to_signed, g_strsplit", None),
    (r"(u|nano)?sleep|g_usleep|clock_nanosleep", "a condition with a deadline", None),
    (r"g_spawn_\w+|g_subprocess_\w+|system|popen", "sys/proc.h", None),
    (r"g_regex_\w+", "sys/regex.h, strspn, g_str_has_prefix", None),
    (r"g_(rec_)?mutex_\w+|g_rw_lock_\w+|g_cond_\w+|g_thread_\w+|g_async_queue_\w+|g_once\w*"
     r"|g_private_\w+|g_static_\w+", "pthreads, which TSan sees", None),
    (r"g_main_\w+|g_idle_\w+|g_timeout_\w+|g_signal_\w+|g_object_\w+|g_variant_\w+|g_task_\w+",
     "a struct and a function", None),
    (r"g_file_set_contents", "g_file_set_contents_full, with a mode", None),
    (r"tmpnam|tempnam|mktemp|g_mktemp", "g_mkdtemp, g_file_open_tmp", None),
    (r"alloca|g_alloca|g_newa0?", "g_malloc, or an array of a fixed size", None),
    (r"setlocale|localtime(_r)?|gmtime|ctime|asctime|strftime", "GDateTime, base/clock.h", None),
    (r"setenv|putenv|unsetenv|clearenv|g_setenv|g_unsetenv", "g_environ_setenv on a copy",
     None),
    (r"malloc|calloc|realloc", "g_new, g_malloc", "src/launcher/"),
    (r"s?rand|s?random|drand48", "sys/crypto.h", None),
    (r"g_print|g_printerr|g_warning|g_message|g_info|g_debug", "log_line, fputs", None),
]

bad = []
for place, file in source.files("src", "playground", "tests", "bench"):
    code = source.code_only(file.read_text())
    is_test = place.parts[0] in ("tests", "bench")
    for pattern, instead, home in BANNED:
        if is_test or (home and place.as_posix().startswith(home)):
            continue
        for match in re.finditer(rf"(?<![\w.>])({pattern})\s*\(", code):
            line = code.count("\n", 0, match.start()) + 1
            bad.append(f"{place}:{line}: {match[1]}: use {instead}")
    for match in re.finditer(r"\bgoto\b", code):
        bad.append(f"{place}:{code.count(chr(10), 0, match.start()) + 1}: goto")
    if not file.read_text().startswith("// SPDX-License-Identifier: Apache-2.0\n"):
        bad.append(f"{place}:1: the first line must be the SPDX identifier")
source.report(bad)

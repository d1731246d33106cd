// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * Names of files, and what files and hosts say, may hold what moves a terminal's cursor or turns
 * the order of its letters round: this is the text without that, on one line. The caller frees it.
 */
char *terminal_text(const char *text);

// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * Paths of a repository as text: nothing here looks at a disk. "/a//b/../c/." becomes "a/c", what
 * is nothing becomes ".", and what climbs out keeps its leading "..". The caller frees it. Pure.
 */
char *path_clean(const char *path);

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "call.h"

/* The REST calls this program knows: one table. */
extern const Route rest_routes[];
gsize rest_routes_count(void);

/* The control API, behind "_playground/"; the project of a Route means nothing here. */
extern const Route control_routes[];
gsize control_routes_count(void);

/*
 * The route for a method and the segments of a path, and what its names caught; NULL when there is
 * none. with_project: whether a project stood in front.
 */
const Route *route_find(const Route *routes, gsize n, const char *method,
                        const char *const *segments, bool with_project, GHashTable *params);

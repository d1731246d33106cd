// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/atlantis_yaml.h"

/*
 * Whether the depends_on of the projects (of const ProjectYaml) come to an end. by_name: name ->
 * ProjectYaml. INVALID names the circle: "a -> b -> a".
 */
bool dependency_check(const SchemaReader *reader, const GPtrArray *projects, GHashTable *by_name,
                      GError **error) MUST_CHECK;

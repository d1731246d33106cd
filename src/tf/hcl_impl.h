// SPDX-License-Identifier: Apache-2.0
#pragma once

/* Shared by hcl.c and hcl_json.c only. */
#include "tf/hcl.h"

/* Adds what a *.tf.json file says. */
void hcl_module_add_json(HclModule *module, const char *text, gsize length);

/* What a block says, in either syntax. text is copied. */
void hcl_module_add_version(HclModule *module, const char *text);
void hcl_module_add_source(HclModule *module, const char *text);
void hcl_module_add_need(HclModule *module, const char *text, gsize length);
void hcl_module_set_backend(HclModule *module, const char *type);
void hcl_module_set_cloud_workspace(HclModule *module, const char *name);

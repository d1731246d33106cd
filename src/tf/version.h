// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"

/*
 * Versions and constraints as Terraform reads them (github.com/hashicorp/go-version): "1.9.5",
 * "v1.9", "1.10.0-beta2+build"; ">= 1.5, != 1.6.2, < 2.0", "~> 1.9". Missing numbers are zeros,
 * what stands behind "+" counts for nothing, a pre-release comes before its release. Pure.
 */
typedef struct _TfVersion TfVersion;

/* Fails with INVALID and the text. */
TfVersion *tf_version_parse(const char *text, GError **error) MUST_CHECK;
void tf_version_free(TfVersion *version);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TfVersion, tf_version_free)

/* The one way to write it: at least three numbers, no "v", no metadata. The caller frees it. */
char *tf_version_text(const TfVersion *version);

/* Below, equal or above 0, as strcmp(). Pre-releases are ordered as semver.org has them. */
int tf_version_compare(const TfVersion *a, const TfVersion *b);

TfVersion *tf_version_copy(const TfVersion *version);

/* The release that a pre-release leads to: "1.10.0" of "1.10.0-beta2". The caller frees it. */
TfVersion *tf_version_core(const TfVersion *version);

/* Lists of constraints that all have to hold: none at the beginning, which everything fulfils. */
typedef struct _TfConstraints TfConstraints;

TfConstraints *tf_constraints_new(void);
void tf_constraints_free(TfConstraints *constraints);
G_DEFINE_AUTOPTR_CLEANUP_FUNC(TfConstraints, tf_constraints_free)

/* Adds a list, "~> 1.9, != 1.9.3". Fails with INVALID, and nothing of it is added. */
bool tf_constraints_add(TfConstraints *constraints, const char *list, GError **error) MUST_CHECK;

/*
 * Whether a version fulfils all of them. A pre-release does only where a constraint names one of
 * the same release ("1.10.0-beta1", ">= 1.10.0-beta1").
 */
bool tf_constraints_allow(const TfConstraints *constraints, const TfVersion *version);

/* The only version that a single "1.9.5" or "= 1.9.5" allows, borrowed; NULL for anything else. */
const TfVersion *tf_constraints_exact(const TfConstraints *constraints);

/* All of them in one list, with single blanks, for people; the caller frees it. */
char *tf_constraints_text(const TfConstraints *constraints);

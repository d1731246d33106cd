// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "base/error.h"
#include "tf/version.h"

/*
 * What differs between Terraform and OpenTofu: names, and where their releases lie. Pure. An
 * address is made of the one that the operator gave; what is returned the caller frees.
 */
typedef struct _TfDistribution TfDistribution;
struct _TfDistribution {
    const char *key;     /* "terraform" or "opentofu", as configuration has it */
    const char *title;   /* "Terraform", for people */
    const char *program; /* "terraform" or "tofu" */
};

/* Borrowed and constant. INVALID names what is neither. */
const TfDistribution *tf_distribution_find(const char *key, GError **error) MUST_CHECK;

/* The list of all versions. The default address of OpenTofu has its list elsewhere. */
char *tf_distribution_index_url(const TfDistribution *distribution, const char *base);

/* Versions that such a list has: an array of TfVersion, owned. INVALID: it is no such list. */
GPtrArray *tf_distribution_read_index(const TfDistribution *distribution, const char *text,
                                      gsize length, GError **error) MUST_CHECK;

/* The archive for this machine, "terraform_1.9.5_linux_amd64.zip". */
char *tf_distribution_archive(const TfDistribution *distribution, const char *version);
char *tf_distribution_sums(const TfDistribution *distribution, const char *version);
char *tf_distribution_signature(const TfDistribution *distribution, const char *version);

/* Where a file of a release lies. */
char *tf_distribution_url(const TfDistribution *distribution, const char *base, const char *version,
                          const char *file);

// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "visit.h"

/*
 * Git's smart HTTP, by git http-backend. path is what follows ".../_git/{repository}". A push is
 * seen through to its consequences (iterations, merges, events) before it is answered. Takes the
 * state's lock itself: a fetch does not need it.
 */
HttpResponse *git_http_handle(Visit *visit, Repo *repo, const char *path);

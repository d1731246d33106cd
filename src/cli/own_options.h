// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "config/option.h"

/*
 * Commands beside the server have flags of their own and take the server's too. The words of the
 * command line by whom they are for.
 */
typedef struct _OwnWords OwnWords;
struct _OwnWords {
    GStrvBuilder *own, *server;
};

/* One flag, with its value where that is a word of its own: *argv goes on behind it. */
void own_words_take(const OptionTable *own_table, OwnWords *words, const char *const **argv);
void own_words_clear(OwnWords *words);
G_DEFINE_AUTO_CLEANUP_CLEAR_FUNC(OwnWords, own_words_clear)

/*
 * --help of both: the table's own rows, then the told ones of the server (NULL-terminated). The
 * caller frees it.
 */
char *own_options_help(const OptionTable *own_table, const char *const *told);

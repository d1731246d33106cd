// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "model/command.h"

/* The flags of comment commands: one table for reading, usage and help. */
typedef struct _Flag Flag;
struct _Flag {
    const char *name;
    char letter; /* 0: none */
    CommandTakes takes;
    const char *value; /* what follows it; NULL: nothing, it is a switch */
    gsize place;       /* in CommandArgs: of a char *, or of a bool */
    const char *help;
};

/* Those of a command that takes these, in the order of help; of borrowed const Flag. */
GPtrArray *flags_of(unsigned takes);

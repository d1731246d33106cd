// SPDX-License-Identifier: Apache-2.0
#include "base/ids.h"

#include <stdatomic.h>

#include "base/clock.h"

enum { SEQUENCE_BITS = 21 };

static atomic_llong last;

gint64 id_new(void)
{
    long long earlier = atomic_load(&last), id;

    do {
        id = MAX((long long)clock_now() << SEQUENCE_BITS, earlier + 1);
    } while (!atomic_compare_exchange_weak(&last, &earlier, id));
    return id;
}

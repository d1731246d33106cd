// SPDX-License-Identifier: Apache-2.0
/* Prints the names of all steps, so that the crash test cannot leave one out. */
#include <stdio.h>

#include "base/step.h"

int main(void)
{
    for (int step = 0; step < STEPS; step++)
        puts(step_name((Step)step));
    return 0;
}

// SPDX-License-Identifier: Apache-2.0
#pragma once

/*
 * What proc and hadal-launch say to each other. hadal-launch is not linked with the rest, so this
 * is plain C.
 *
 *     hadal-launch GRACE_MS -- program argument...
 */

/* Read end of a pipe that nobody writes to: its end asks to stop, and comes when the server dies.
 */
enum { LAUNCH_LIFELINE_FD = 3 };

/* Write end of a pipe that takes LaunchReport records. The first one says how it went. */
enum { LAUNCH_REPORT_FD = 4 };

typedef enum {
    LAUNCH_EXITED,      /* value: exit status */
    LAUNCH_KILLED,      /* value: signal */
    LAUNCH_NOT_STARTED, /* value: errno */
} LaunchEnd;

/* Far below PIPE_BUF, so it is read and written whole. */
typedef struct _LaunchReport LaunchReport;
struct _LaunchReport {
    int end; /* LaunchEnd */
    int value;
};

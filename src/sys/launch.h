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

/*
 * Write end of a pipe that takes LaunchReport records. The first one says how it went. The server
 * keeps the read end as long as it lives: nobody there to read means that it is gone.
 */
enum { LAUNCH_REPORT_FD = 4 };

/*
 * Read ends of the pipes that are the program's output and, where they are apart, its errors. They
 * are read here only once the server is gone: the program is asked to stop then, and one that says
 * so at length must neither die of a broken pipe nor wait for a reader before it has put its things
 * in order. What it says then is in no log: secrets are known to the server only.
 */
enum { LAUNCH_OUTPUT_FD = 5, LAUNCH_ERRORS_FD = 6 };

/* Only when there is a secret: a socket with it. The program gets it under the same number. */
enum { LAUNCH_SECRET_FD = 7 };

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

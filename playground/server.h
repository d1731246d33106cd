// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "state.h"
#include "sys/http_server.h"

/* The whole of a request: where it belongs, what is to go wrong with it, and its line in the
 * journal. data is the State. */
HttpResponse *server_handle(const HttpRequest *request, gpointer data);

/* Ends the waits of hanging requests, so that the server can be closed. */
void server_stop(void);

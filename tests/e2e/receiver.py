# SPDX-License-Identifier: Apache-2.0
"""An HTTP server that takes service hooks and answers as it is told."""
import http.server
import json
import threading

from playground import wait_until


class Receiver:
    """answers: statuses for the next events, in order; 200 when there are none left.

    bound: a socket that has its port already but does not listen yet.
    """

    def __init__(self, answers=(), bound=None):
        self.events = []
        self.headers = []
        self.answers = list(answers)
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                receiver.headers.append(dict(self.headers))
                receiver.events.append(json.loads(body))
                self.send_response(receiver.answers.pop(0) if receiver.answers else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler, bind_and_activate=bound is None)
        if bound:
            self._server.socket.close()
            self._server.socket = bound
            self._server.server_address = bound.getsockname()
            self._server.server_port = bound.getsockname()[1]
            self._server.server_activate()
        self.port = self._server.server_port
        self.url = f"http://hook:s%40cret@127.0.0.1:{self.port}/events?x=1"
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    def of_type(self, event_type, containing=""):
        return [e for e in self.events
                if e["eventType"] == event_type and containing in ((e["message"] or {}).get("text") or "")]

    def wait_for(self, event_type, containing="", count=1):
        """The newest of at least `count` events of that type with that text in their message."""

        def found():
            hits = self.of_type(event_type, containing)
            return hits[-1] if len(hits) >= count else None

        return wait_until(found, f"event {event_type} {containing!r}", 20,
                          lambda: [(e["eventType"], e["message"]) for e in self.events])

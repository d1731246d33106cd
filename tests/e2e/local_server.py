# SPDX-License-Identifier: Apache-2.0
"""HTTP servers over loopback that live as long as a with block."""

import http.server
import threading


class LocalServer:
    def __init__(self, handler):
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()


class StateStore(LocalServer):
    """What Terraform's backend "http" speaks to: one state, without locks."""

    def __init__(self):
        self.state = None
        self.refuses = False
        store = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def answer(self, status, body=b""):
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def do_GET(self):
                if store.refuses:
                    self.answer(403)
                    return
                self.answer(200, store.state) if store.state else self.answer(404)

            def do_POST(self):
                store.state = self.rfile.read(int(self.headers["Content-Length"]))
                self.answer(200)

            def log_message(self, *_):
                pass

        super().__init__(Handler)

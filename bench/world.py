# SPDX-License-Identifier: Apache-2.0
"""The real server and the playground as the end-to-end tests start them, but as in production."""

import contextlib
import json
import secrets
import time

from measure import LogReader
from playground import Playground, wait_until
from server import SANITIZERS, Server
from terraform import Module


class BareServer(Server):
    """With the environment that a server has in production."""

    def environment(self):
        return {name: value for name, value in super().environment().items()
                if name not in SANITIZERS}


class World:
    """Events are held: who measures delivers them, and so knows when."""

    def __init__(self, directory, **settings):
        self.directory = directory
        self.pat = "pat-" + secrets.token_hex(20)
        self.playground = Playground(directory / "playground", pat=self.pat)
        self.settings = settings
        self.server = None

    def __enter__(self):
        self.playground.start()
        self.server = BareServer(self.directory / "server", self.playground.url, self.pat,
                                 **self.settings)
        self.playground.subscribe(self.server.hook_url)
        self.playground.control("POST", "deliveries/hold", {"held": True})
        self.server.start()
        return self

    def __exit__(self, *_):
        if self.server.process:
            self.server.kill()
        self.playground.stop(check=False)

    def module(self, name, **arguments):
        return Module(self.directory / "states" / f"{name}.tfstate", **arguments)

    def event(self, event_type, pull):
        """The event of that type about the newest head of a pull request, as text."""
        head = pull.head

        def found():
            for delivery in reversed(self.playground.deliveries(event_type)):
                resource = delivery["event"]["resource"]
                if (resource["pullRequestId"] == pull.number
                        and resource["lastMergeSourceCommit"]["commitId"] == head):
                    return json.dumps(delivery["event"])
            return None

        return wait_until(found, f"{event_type} of {pull.number} at {head}")

    def opened(self, pull):
        return self.event("git.pullrequest.created", pull)

    def updated(self, pull):
        return self.event("git.pullrequest.updated", pull)

    @contextlib.contextmanager
    def delivered(self, body):
        """Sends an event; gives the log from then on, and the time it was sent. Ends when idle."""
        with LogReader(self.server.log_path) as log:
            sent_at = time.time()
            status, text = self.server.post_event(body)
            assert (status, text) == (200, "queued"), f"{status} {text}"
            yield log, sent_at
            self.server.wait_until_idle(deadline=120)

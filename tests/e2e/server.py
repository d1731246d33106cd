# SPDX-License-Identifier: Apache-2.0
"""The real server as a process: started, stopped, killed, and looked at through what it offers."""

import base64
import http.client
import json
import os
import re
import secrets
import signal
import socket
import subprocess
import time
from pathlib import Path

SOURCE_ROOT = Path(__file__).resolve().parents[2]
BUILD_ROOT = Path(os.environ.get("HADAL_BUILD_ROOT", SOURCE_ROOT / "build"))
DEADLINE = float(os.environ.get("HADAL_TEST_DEADLINE", "60"))

# What the server's own environment may bring to its children in a test.
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR")
SANITIZERS = {
    "ASAN_OPTIONS": "exitcode=97:abort_on_error=0",
    "UBSAN_OPTIONS": "halt_on_error=1:print_stacktrace=1:exitcode=97",
    "TSAN_OPTIONS": "ignore_noninstrumented_modules=1:exitcode=97",
    "G_DEBUG": "fatal-criticals,gc-friendly",
    "G_SLICE": "always-malloc",
}


def wait_until(condition, what, deadline=DEADLINE):
    """Polls until condition() is true and returns what it returned."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {deadline} s: {what}")
        time.sleep(0.02)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """One data directory and the processes that follow each other on it."""

    def __init__(self, directory, base_url, pat, repo_allowlist="*", program=None, **settings):
        self.directory = Path(directory)
        self.directory.mkdir(parents=True, exist_ok=True)
        self.data_dir = self.directory / "data"
        self.log_path = self.directory / "server.log"
        self.port = free_port()
        self.webhook_user = "hooks"
        self.webhook_password = "webhook-" + secrets.token_hex(12)
        self.pat = pat
        self.program = Path(program) if program else BUILD_ROOT / "src" / "cli" / "hadal"
        self.settings = {
            "port": self.port,
            "data-dir": self.data_dir,
            "azuredevops-user": "hadal",
            "azuredevops-token": pat,
            "azuredevops-webhook-user": self.webhook_user,
            "azuredevops-webhook-password": self.webhook_password,
            "azuredevops-base-url": base_url,
            "repo-allowlist": repo_allowlist,
            "log-level": "debug",
            **{name.replace("_", "-"): value for name, value in settings.items()},
        }
        self.extra_env = {}
        self.process = None
        self.started_at = None
        self.allowed_errors = []

    @property
    def hook_url(self):
        return f"http://{self.webhook_user}:{self.webhook_password}@127.0.0.1:{self.port}/events"

    def environment(self):
        env = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
        env.update(SANITIZERS)
        for name, value in self.settings.items():
            if value is not None:
                key = "ATLANTIS_" + name.upper().replace("-", "_")
                env[key] = str(value).lower() if isinstance(value, bool) else str(value)
        env.update(self.extra_env)
        return env

    def start(self, wait=True):
        assert self.process is None
        self.started_at = time.time()
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen([self.program, "server"], env=self.environment(),
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            start_new_session=True)
        if wait:
            wait_until(self.is_ready, "the server is ready")
        return self

    def is_ready(self):
        assert self.process.poll() is None, f"the server ended: {self.log()[-2000:]}"
        try:
            return self.get("/healthz")[0] == 200
        except OSError:
            return False

    def stop(self, timeout=DEADLINE):
        self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(timeout)
        self.process = None
        assert status == 0, f"exit {status}: {self.log()[-4000:]}"

    def terminate(self):
        """SIGTERM without waiting: wait_for_death() tells the exit status."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self):
        self.process.kill()
        self.process.wait(DEADLINE)
        self.process = None

    def wait_for_death(self, deadline=DEADLINE):
        status = self.process.wait(deadline)
        self.process = None
        return status

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def allow_error(self, pattern):
        """A test that provokes an error line says which."""
        self.allowed_errors.append(pattern)

    def check_log(self):
        for line in self.log().splitlines():
            is_bad = "level=error" in line or "runtime error:" in line or "Sanitizer" in line
            if is_bad and not any(re.search(pattern, line) for pattern in self.allowed_errors):
                raise AssertionError(f"in the server's log: {line}")

    def wait_for_log(self, pattern, deadline=DEADLINE):
        wait_until(lambda: re.search(pattern, self.log()), f"the log says {pattern}", deadline)

    def wait_for(self, condition, what, deadline=DEADLINE):
        wait_until(condition, what, deadline)

    def wait_for_file(self, path, deadline=DEADLINE):
        wait_until(Path(path).exists, f"{path} is there", deadline)

    def status(self):
        return json.loads(self.get("/status")[1])

    def is_idle(self):
        """Nothing is queued, running, or waiting to be posted."""
        status = self.status()
        return not (status["queued_operations"] or status["in_progress_operations"]
                    or status["waiting_posts"])

    def wait_until_idle(self, deadline=DEADLINE):
        wait_until(self.is_idle, "the server has nothing left to do", deadline)

    def request(self, method, path, body=None, headers=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.request(method, path, body, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()
        finally:
            connection.close()

    def get(self, path):
        return self.request("GET", path)

    def post_event(self, body, user=None, password=None, content_type="application/json"):
        pair = f"{user or self.webhook_user}:{password or self.webhook_password}"
        headers = {
            "Authorization": "Basic " + base64.b64encode(pair.encode()).decode(),
            "Content-Type": content_type,
        }
        return self.request("POST", "/events", body, headers)

    def children(self):
        """Processes that the server or its launchers started and that still run."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit():
                continue
            try:
                environ = (entry / "environ").read_bytes()
            except OSError:
                continue
            if str(self.data_dir).encode() in environ:
                found.append(int(entry.name))
        return found

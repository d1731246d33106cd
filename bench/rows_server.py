# SPDX-License-Identifier: Apache-2.0
"""What the server needs and bears: events in a burst, start, memory, calls of the host."""

import base64
import json
import os
import shutil
import socket
import sqlite3
import subprocess
import time
from pathlib import Path

from measure import CannotMeasure, Figure, peak_mb, resident_mb, run_ms, syncs_per_second
from world import BareServer, World

REPO = "platform/infra"
HERE = Path(__file__).resolve().parent
HANG_MS = 10 * 60 * 1000


def hang_host(world, count=10_000):
    """From now on every REST call of the server waits: what is queued stays queued."""
    world.playground.fault(match="rest", count=count, hang_ms=HANG_MS)


# --- a burst of events ---

SECONDS, CONNECTIONS, THREADS = 5, 64, 2
PACE = 2000
ROUNDS = 3


def template_of(event, pull, head):
    """The body with what differs from delivery to delivery left open."""
    event = json.loads(event)
    event["id"] = "@DELIVERY@"
    resource = event["resource"].get("pullRequest", event["resource"])
    resource["pullRequestId"] = "@NUMBER@"
    text = json.dumps(event).replace('"@NUMBER@"', "@NUMBER@").replace(head, "@HEAD@")
    return text.replace(f"pullRequests/{pull.number}", "pullRequests/@NUMBER@")


def load(server, template=None, pace=None):
    """
    wrk's result for /events with bodies made from template, or for GET /healthz: as many requests
    as are answered, or pace in a second.
    """
    if not shutil.which("wrk"):
        raise CannotMeasure("there is no wrk: apt-get install wrk")
    env = dict(os.environ)
    if template:
        pair = f"{server.webhook_user}:{server.webhook_password}"
        env["HADAL_BENCH_AUTH"] = "Basic " + base64.b64encode(pair.encode()).decode()
        env["HADAL_BENCH_EVENT"] = str(server.directory / "event.json")
        Path(env["HADAL_BENCH_EVENT"]).write_text(template)
    if pace:
        env["HADAL_BENCH_PACE"] = str(pace / THREADS)
    done = subprocess.run(
        ["wrk", f"-t{THREADS}", f"-c{CONNECTIONS}", f"-d{SECONDS}s", "-s", HERE / "load.lua",
         f"http://127.0.0.1:{server.port}/healthz"],
        env=env, stdout=subprocess.PIPE, text=True, check=True)
    result = json.loads(done.stdout.splitlines()[-1])
    if result["refused"] or result["broken"] or not result["requests"]:
        raise CannotMeasure(f"not every request was answered with 2xx: {result}")
    return result


def check_stored(server, answered):
    """2xx means committed: as many rows as answers, or a few more that wrk did not wait for."""
    database = sqlite3.connect(f"file:{server.data_dir}/hadal.db?mode=ro", uri=True)
    try:
        (stored,) = database.execute("SELECT COUNT(*) FROM delivery").fetchone()
    finally:
        database.close()
    if not answered <= stored <= answered + 2 * CONNECTIONS:
        raise CannotMeasure(f"{answered} deliveries were answered with 2xx, {stored} are stored")


def event_templates(world):
    """A push, and a comment that is no command."""
    repo = world.playground.create_repo(REPO, {"README.md": "infra\n"})
    pull = repo.open_pull_request({"docs/page.md": "text\n"})
    pull.push({"docs/page.md": "more text\n"})
    pull.comment("nice")
    comment = world.playground.delivery_body("ms.vss-code.git-pullrequest-comment-event", pull)
    return (template_of(body, pull, pull.head) for body in (world.updated(pull), comment))


class EventsRow:
    """Each round is a server that has stored nothing yet."""

    def __init__(self, bench, name, pace=None):
        self.bench = bench
        self.name = name
        self.pace = pace
        self.pushes, self.comments, self.health, self.disk = [], [], [], []

    def measure(self, number):
        # One worker, and it waits for the host: the engine takes nothing of the machine.
        settings = {"parallel_pool_size": 1, "azuredevops_timeout": "10m", "log_level": "info"}
        with World(self.bench.directory(f"{self.name}-{number}"), **settings) as world:
            server = world.server
            push, comment = event_templates(world)
            hang_host(world)
            self.health.append(load(server, pace=self.pace))
            if not self.pace:
                self.comments.append(load(server, comment))
            self.disk.append(syncs_per_second(server.data_dir / "sync"))
            self.pushes.append(load(server, push, self.pace))
            check_stored(server, self.pushes[-1]["requests"])

    def rounds(self):
        for number in range(ROUNDS):
            self.measure(number)
        return self


def rates(results):
    return [result["requests"] / result["seconds"] for result in results]


def late(results):
    return [result["p99"] for result in results]


def measure_events(bench):
    full = EventsRow(bench, "events").rounds()
    yield Figure(f"POST /events, pushes that are committed, {CONNECTIONS} connections",
                 "requests/s", rates(full.pushes), "GET /healthz", rates(full.health),
                 f"at least {PACE:,}/s", PACE, is_floor=True)
    yield Figure("the same, beside the disk alone", "requests/s", rates(full.pushes),
                 "`fdatasync` of 8 kB, one after the other", full.disk)
    yield Figure("the same, 99 of 100 are answered within", "ms", late(full.pushes),
                 "GET /healthz", late(full.health))
    yield Figure("POST /events, comments that are no command", "requests/s",
                 rates(full.comments), "GET /healthz", rates(full.health))
    paced = EventsRow(bench, "events-paced", PACE).rounds()
    yield Figure(f"POST /events, pushes that are committed, sent at {PACE:,}/s: taken",
                 "requests/s", rates(paced.pushes), "GET /healthz", rates(paced.health))
    yield Figure("the same, 99 of 100 are answered within", "ms", late(paced.pushes),
                 "GET /healthz", late(paced.health), "20 ms", 20)


# --- start ---

def is_ready(port):
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=5) as client:
            client.sendall(b"GET /readyz HTTP/1.1\r\nHost: bench\r\nConnection: close\r\n\r\n")
            return client.recv(64).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def start_ms(server, deadline=10):
    started = time.perf_counter()
    server.start(wait=False)
    while not is_ready(server.port):
        if time.perf_counter() - started > deadline or server.process.poll() is not None:
            raise CannotMeasure(f"the server is not ready: {server.log()[-1000:]}")
        time.sleep(0.0005)
    return (time.perf_counter() - started) * 1000


def measure_start(bench):
    directory = bench.directory("start")
    again, fresh, version = [], [], []
    old = BareServer(directory / "old", "http://127.0.0.1:9/", "unused", log_level="info")
    for number in range(11):
        new = BareServer(directory / f"new-{number}", "http://127.0.0.1:9/", "unused",
                         log_level="info")
        for server, samples in ((old, again), (new, fresh)):
            samples.append(start_ms(server))
            server.stop()
        version.append(run_ms([old.program, "version"]))
    del again[0]  # that one was made anew as well
    yield Figure("start to ready", "ms", again, "`hadal version`", version, "100 ms", 100)
    yield Figure("start to ready on an empty disk: the database is made", "ms", fresh,
                 "`hadal version`", version, "100 ms", 100)


# --- memory ---

N_QUEUED = 50


def queue_pulls(world):
    """Pull requests whose plans wait, and their number of commands as the server counts them."""
    repo = world.playground.create_repo(REPO, {"README.md": "infra\n"})
    bodies = []
    for number in range(N_QUEUED):
        text = world.module(f"m{number}").text()
        bodies.append(world.opened(repo.open_pull_request({f"m{number}/main.tf": text})))
    hang_host(world)
    for body in bodies:
        world.server.post_event(body)
    status = world.server.status()
    waiting = status["queued_operations"] + status["in_progress_operations"]
    if waiting != N_QUEUED:
        raise CannotMeasure(f"{waiting} commands wait, not {N_QUEUED}")


def drain(world, pid, deadline=120):
    """The most memory while all of them are planned."""
    most, end = 0.0, time.monotonic() + deadline
    world.playground.clear_faults()
    while not world.server.is_idle():
        if time.monotonic() > end:
            raise CannotMeasure(f"not planned within {deadline} s: {world.server.status()}")
        most = max(most, resident_mb(pid))
        time.sleep(0.05)
    return most


def measure_memory(bench):
    settings = {"log_level": "info", "azuredevops_timeout": "2s"}
    with World(bench.directory("memory"), **settings) as world:
        pid = world.server.process.pid
        idle = resident_mb(pid)
        terraform = peak_mb(["terraform", "version"])
        queue_pulls(world)
        queued = resident_mb(pid)
        most = drain(world, pid)
        after = resident_mb(pid)
    beside = ("one `terraform version`", [terraform])
    yield Figure("resident memory, idle", "MB", [idle], *beside, "15 MB", 15)
    yield Figure(f"resident memory, {N_QUEUED} queued pull requests", "MB", [queued], *beside,
                 "30 MB", 30)
    yield Figure("resident memory at most, while they are planned", "MB", [most], *beside)
    yield Figure("resident memory when they are planned", "MB", [after], *beside)


# --- calls of the host ---

def count_calls(world, repo, n_projects):
    """REST calls of one automatic plan, and how many of them set a status."""
    files = {f"n{n_projects}-{number}/main.tf": world.module(f"n{n_projects}-{number}").text()
             for number in range(n_projects)}
    pull = repo.open_pull_request(files)
    body = world.opened(pull)
    world.playground.forget_requests()
    with world.delivered(body) as (log, _):
        log.wait_for_step("post-answered", tag="command-", deadline=120)
    pull.wait_for_comment(containing=f"{n_projects} to add", timeout=1)
    calls = world.playground.requests(area="rest")
    statuses = [call for call in calls
                if call["method"] == "POST" and call["path"].endswith("/statuses")]
    return len(calls), len(statuses)


def measure_calls(bench):
    with World(bench.directory("calls"), log_level="debug") as world:
        repo = world.playground.create_repo(REPO, {"README.md": "infra\n"})
        for n_projects in (1, 10, 50):
            calls, statuses = count_calls(world, repo, n_projects)
            plural = "project" if n_projects == 1 else "projects"
            yield Figure(f"REST calls of one automatic plan, {n_projects} {plural}", "calls",
                         [calls], "of these, statuses set", [statuses],
                         "6 + statuses", 6 + statuses)

# SPDX-License-Identifier: Apache-2.0
"""Drives hadal-playground: an Azure DevOps organisation of its own for each test.

    with Playground(tmp_path) as azuredevops:
        repo = azuredevops.create_repo("Project/infra", {"main.tf": ONE})
        pull = repo.open_pull_request({"main.tf": TWO})
        pull.comment("atlantis plan")
        pull.wait_for_comment(containing="1 to add")

Leaving the block stops the program and fails when it had to refuse a request, or did not know one.
Whoever provokes such a request says so: azuredevops.forget_unexpected().
"""
import base64
import contextlib
import dataclasses
import datetime
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.error
import urllib.parse
import urllib.request

SOURCE = pathlib.Path(os.environ.get("HADAL_SOURCE_ROOT", pathlib.Path(__file__).parents[2]))
BUILD = pathlib.Path(os.environ.get("HADAL_BUILD_ROOT", SOURCE / "build"))
TIMEOUT = float(os.environ.get("HADAL_TEST_DEADLINE", "60"))
INTERVAL = 0.02
SANITIZERS = ("ERROR: AddressSanitizer", "ERROR: LeakSanitizer", "WARNING: ThreadSanitizer", "runtime error:")


class PlaygroundError(AssertionError):
    """The control API or the REST API said no."""


def wait_until(condition, what, timeout=TIMEOUT, state=lambda: ""):
    """The first true value of condition(); fails with `what` and state() after timeout seconds."""
    end = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() >= end:
            raise AssertionError(f"after {timeout} s: no {what}; there is: {state()}")
        time.sleep(INTERVAL)


@dataclasses.dataclass(frozen=True)
class Reply:
    status: int
    headers: dict
    body: bytes

    def json(self):
        return json.loads(self.body.decode("utf-8-sig"))


@dataclasses.dataclass(frozen=True)
class Comment:
    thread: int
    id: int
    text: str  # "" once deleted
    user: str  # "bot", "author" ...
    thread_status: str | None
    deleted: bool
    system: bool


@dataclasses.dataclass(frozen=True)
class Status:
    id: int
    name: str  # "genre/name"
    state: str
    description: str
    url: str | None
    iteration: int | None
    user: str


class Repo:
    def __init__(self, playground, raw):
        self.playground = playground
        self.id = raw["id"]
        self.name = raw["name"]
        self.project = raw["project"]["name"]
        self.project_id = raw["project"]["id"]
        self.url = raw["webUrl"]
        self._branches = 0

    @property
    def api(self):
        """The path of its REST calls, behind the organisation."""
        return f"{urllib.parse.quote(self.project)}/_apis/git/repositories/{self.id}"

    def open_pull_request(self, files, title="Change things", author="author", draft=False, fork=None,
                          source=None, target="main", description=None):
        """fork: a Repo made by fork(), or True for a new one."""
        self._branches += 1
        if fork is True:
            fork = self.fork(f"{self.name}.fork{self._branches}")
        body = {"repository": self.id, "files": files, "title": title, "user": author, "draft": draft,
                "source": source or f"change-{self._branches}", "target": target}
        if fork:
            body["fork"] = fork.id
        if description is not None:
            body["description"] = description
        return PullRequest(self.playground, self, self.playground.control("POST", "pulls", body)["number"])

    def fork(self, name=None, project=None):
        body = {key: value for key, value in (("name", name), ("project", project)) if value}
        return Repo(self.playground, self.playground.control("POST", f"repositories/{self.id}/fork", body))

    def commit(self, files, branch="main", message="Change files", user="author"):
        """Straight to a branch; returns the commit's id."""
        body = {"files": files, "branch": branch, "message": message, "user": user}
        return self.playground.control("POST", f"repositories/{self.id}/commits", body)["commit"]

    def files(self, branch="main"):
        return self.playground.control("GET", f"repositories/{self.id}/files?branch={urllib.parse.quote(branch)}")

    def commits(self, branch="main"):
        """Newest first, as REST has each: "commitId", "comment", "parents" ..."""
        query = f"searchCriteria.itemVersion.version={urllib.parse.quote(branch)}"
        listed = self.playground.rest("GET", f"{self.api}/commits?{query}").json()["value"]
        return [self.playground.rest("GET", f"{self.api}/commits/{c['commitId']}").json() for c in listed]

    def branches(self):
        listed = self.playground.rest("GET", f"{self.api}/refs?filter=heads/").json()["value"]
        return {ref["name"].removeprefix("refs/heads/"): ref["objectId"] for ref in listed}

    def clone_url(self, user="bot"):
        """With the user's token in it: for the tests' own git, not for the server's."""
        pat = urllib.parse.quote(self.playground.pat_of(user), safe="")
        return self.url.replace("://", f"://x:{pat}@", 1)

    def add_policy(self, kind, branch="main", blocking=True, **settings):
        """kind: a key of POLICY_TYPES. settings: the policy's own; of "required-reviewers": reviewers=[...]."""
        scope = [{"repositoryId": self.id, "refName": f"refs/heads/{branch}", "matchKind": "Exact"}]
        if kind == "required-reviewers":
            settings["requiredReviewerIds"] = [self.playground.identity(who) for who in settings.pop("reviewers")]
        body = {"isEnabled": True, "isBlocking": blocking, "type": {"id": POLICY_TYPES[kind]},
                "settings": {**settings, "scope": scope}}
        path = f"{urllib.parse.quote(self.project)}/_apis/policy/configurations"
        return self.playground.rest("POST", path, body).json()


POLICY_TYPES = {
    "status": "cbdc66da-9728-4af8-aada-9a5a32e4a226",
    "reviewers": "fa4e907d-c16b-4a4c-9dfa-4906e5d171dd",
    "required-reviewers": "fd2167ab-b0be-447a-8ec8-39368250530e",
    "comments": "c6a1889d-b943-4856-b76f-9e46bb6b0df2",
    "merge-strategy": "fa4e907d-c16b-4a4c-9dfa-4916e5d171ab",
}


class PullRequest:
    def __init__(self, playground, repo, number):
        self.playground = playground
        self.repo = repo
        self.number = number

    @property
    def api(self):
        return f"{self.repo.api}/pullRequests/{self.number}"

    @property
    def web_url(self):
        return f"{self.repo.url}/pullrequest/{self.number}"

    def _control(self, what, **body):
        return self.playground.control("POST", f"pulls/{self.number}/{what}", body)

    def whole(self):
        return self.playground.control("GET", f"pulls/{self.number}")

    def raw(self):
        """As REST has it."""
        return self.whole()["pullRequest"]

    @property
    def state(self):
        return self.whole()["state"]

    @property
    def head(self):
        return self.raw()["lastMergeSourceCommit"]["commitId"]

    @property
    def iteration(self):
        return len(self.whole()["iterations"])

    def push(self, files, message="Change files", user=None):
        """Another commit on the source branch; returns its id."""
        body = {"files": files, "message": message}
        if user:
            body["user"] = user
        return self._control("push", **body)["commit"]

    def user(self, key):
        return self.playground.users[key]

    def comment(self, text, user="author", thread=None, deliver=False):
        """deliver: its event is sent even while the others are held."""
        body = {"text": text, "user": user, "deliver": deliver}
        if thread is not None:
            body["thread"] = thread
        made = self._control("comment", **body)
        return next(c for c in self.comments(deleted=True) if (c.thread, c.id) == (made["thread"], made["comment"]))

    def edit_comment(self, comment, text):
        self._control(f"threads/{comment.thread}/comments/{comment.id}/edit", text=text)

    def delete_comment(self, comment):
        self._control(f"threads/{comment.thread}/comments/{comment.id}/delete")

    def likes(self, comment):
        """Who likes it: keys of users."""
        listed = self.rest("GET", f"/threads/{comment.thread}/comments/{comment.id}/likes").json()["value"]
        return [self.playground.key_of(user["id"]) for user in listed]

    def set_thread_status(self, thread, status):
        self._control(f"threads/{thread}/status", status=status)

    def vote(self, vote=10, user="reviewer"):
        self._control("vote", vote=vote, user=user)

    def approve(self, user="reviewer"):
        self.vote(10, user)

    def votes(self):
        """By name of the reviewer."""
        return {r["displayName"]: r["vote"] for r in self.raw()["reviewers"]}

    def add_reviewer(self, who, required=False):
        """who: key of a user, or what add_team() returned."""
        body = {"vote": 0, "isRequired": required}
        self.rest("PUT", f"/reviewers/{self.playground.identity(who)}", body)

    def set_auto_complete(self, user="author", **options):
        body = {"autoCompleteSetBy": {"id": self.playground.id_of(user)}, "completionOptions": options}
        self.rest("PATCH", "", body, user=user)

    def complete_slowly(self, looks):
        """The next completion stays queued until a client has looked at it so often."""
        self._control("slow", looks=looks)

    def keep_merge_check(self):
        """Pushes to the target do not lead to another from now on."""
        self._control("stale")

    def keep_evaluations(self, looks):
        """Its policies are told as they are now until a client has looked so often."""
        self._control("lag", looks=looks)

    @property
    def is_completed(self):
        return self.state == "completed"

    def wait_until_completed(self, timeout=TIMEOUT):
        wait_until(lambda: self.is_completed, "completed pull request", timeout, self.raw)

    def complete(self, user="author", timeout=TIMEOUT, **options):
        """Waits for the end, which comes a moment later."""
        self._control("complete", user=user, options=options)
        self.wait_until_completed(timeout)

    def abandon(self, user="author"):
        self._control("abandon", user=user)

    def reactivate(self, user="author"):
        self._control("reactivate", user=user)

    def set_draft(self, draft, user="author"):
        self._control("draft", draft=draft, user=user)

    def publish(self, user="author"):
        self.set_draft(False, user)

    def set_texts(self, title=None, description=None, user="author"):
        body = {key: value for key, value in (("title", title), ("description", description)) if value is not None}
        self._control("texts", user=user, **body)

    def set_title(self, title, user="author"):
        self.set_texts(title=title, user=user)

    def threads(self, system=False):
        """As REST has them; those the service itself writes only when asked for."""
        return [t for t in self.whole()["threads"] if system or t["comments"][0]["commentType"] != "system"]

    def comments(self, by=None, deleted=False):
        """The conversation, oldest first; by one user when given."""
        found = []
        for thread in self.threads():
            for raw in thread["comments"]:
                found.append(Comment(thread["id"], raw["id"], raw.get("content", ""),
                                     self.playground.key_of(raw["author"]["id"]), thread.get("status"),
                                     raw.get("isDeleted", False), raw["commentType"] == "system"))
        return [c for c in found if (by is None or c.user == by) and (deleted or not c.deleted)]

    def status_history(self):
        """Every status that was posted, oldest first; the newest of a name on the newest iteration counts."""
        return [Status(raw["id"], "/".join(filter(None, (raw["context"].get("genre"), raw["context"]["name"]))),
                       raw.get("state", "notSet"), raw.get("description", ""), raw.get("targetUrl"),
                       raw.get("iterationId"), self.playground.key_of(raw["createdBy"]["id"]))
                for raw in self.whole()["statuses"]]

    def statuses(self, iteration=None):
        """Those that count, by name, on the newest iteration or the given one."""
        wanted = iteration or self.iteration
        return {s.name: s for s in self.status_history() if s.iteration == wanted}

    def status(self, name, iteration=None):
        return self.statuses(iteration).get(name)

    def labels(self):
        return [label["name"] for label in self.whole()["labels"]]

    def add_label(self, name):
        self.rest("POST", "/labels", {"name": name})

    def remove_label(self, name):
        self.rest("DELETE", f"/labels/{urllib.parse.quote(name, safe='')}")

    def evaluations(self):
        return {e["policy"]: e["status"] for e in self.whole()["evaluations"]}

    def wait_for_comments(self, count, containing="", by="bot", timeout=TIMEOUT):
        """At least that many comments with the text in them, oldest first."""

        def found():
            hits = [c for c in self.comments(by) if containing in c.text]
            return hits if len(hits) >= count else None

        return wait_until(found, f"{count} comments by {by} with {containing!r}", timeout,
                          lambda: [c.text for c in self.comments()])

    def wait_for_comment(self, containing="", by="bot", timeout=TIMEOUT):
        """The newest comment with the text in it."""
        return self.wait_for_comments(1, containing, by, timeout)[-1]

    def wait_for_status(self, name, state, containing="", timeout=TIMEOUT, iteration=None):
        """name: "genre/name"; state: one, or several of which any will do."""
        states = (state,) if isinstance(state, str) else state

        def found():
            status = self.status(name, iteration)
            return status if status and status.state in states and containing in status.description else None

        return wait_until(found, f"status {name} {state} {containing!r}", timeout, self.status_history)

    def wait_until_older_than(self, seconds):
        """Until the last comment is that old."""
        raw = self.threads()[-1]["lastUpdatedDate"].rstrip("Z")
        last = datetime.datetime.fromisoformat(raw).replace(tzinfo=datetime.timezone.utc).timestamp()
        wait_until(lambda: time.time() - last > seconds, f"age of {seconds} s", seconds + TIMEOUT)

    def wait_for_merge(self, status="succeeded", timeout=TIMEOUT):
        """Until the test merge of the newest heads has this result."""
        return wait_until(lambda: (pull := self.raw()).get("mergeStatus") == status and pull,
                          f"merge status {status}", timeout, self.raw)

    def rest(self, method, path="", body=None, **options):
        return self.playground.rest(method, f"{self.api}{path}", body, **options)


class Playground:
    def __init__(self, directory, *, org="playground", pat=None, hook_url=None, retry_scale=0.02, merge_ms=20,
                 latency_ms=0, server=None, api_version=None, binary=None):
        self.directory = pathlib.Path(directory)
        self.org = org
        self._pat = pat
        self._hook_url = hook_url
        self._options = ["--retry-scale", str(retry_scale), "--merge-ms", str(merge_ms),
                         "--latency-ms", str(latency_ms), *(["--server", server] if server else []),
                         *(["--api-version", api_version] if api_version else [])]
        self._binary = str(binary or BUILD / "playground" / "hadal-playground")
        self._process = None
        self.log = self.directory / "playground.log"

    def start(self):
        self.directory.mkdir(parents=True, exist_ok=True)
        command = [self._binary, "--port", "0", "--org", self.org, "--dir", str(self.directory / "playground"),
                   *self._options]
        # Not as an argument: what anybody may see of a process must not tell it.
        env = {**os.environ, **({"HADAL_PLAYGROUND_PAT": self._pat} if self._pat else {})}
        if self._hook_url:
            command += ["--hook-url", self._hook_url]
        with open(self.log, "ab") as log:
            self._process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True, env=env)
        line = self._process.stdout.readline()
        if not line:
            self._process.wait(10)
            raise AssertionError(f"playground did not start: {self.log.read_text()}")
        ready = json.loads(line)
        self.url = ready["url"]
        self.root = urllib.parse.urljoin(self.url, "/").rstrip("/")
        self.pat = ready["pat"]
        self.port = ready["port"]
        self.users = {user["key"]: user for user in self.control("GET", "users")}
        return self

    def stop(self, check=True):
        if not self._process:
            return
        unexpected = self.unexpected() if check and self._process.poll() is None else []
        self._process.send_signal(signal.SIGTERM)
        try:
            code = self._process.wait(15)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
            code = "still there after 15 s"
        self._process.stdout.close()
        self._process = None
        if check:
            log = self.log.read_text(errors="replace")
            assert not any(mark in log for mark in SANITIZERS), log
            assert " level=error " not in log, log
            assert code == 0, f"exit status {code}: {log}"
            assert not unexpected, "unexpected requests:\n" + "\n".join(map(json.dumps, unexpected))

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, value, trace):
        self.stop(check=kind is None)

    # --- the two APIs ---

    def _send(self, method, url, body, headers, timeout=30):
        data = None if body is None else json.dumps(body).encode() if not isinstance(body, bytes) else body
        request = urllib.request.Request(url, data=data, method=method, headers=headers)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(request, timeout=timeout) as answer:
                return Reply(answer.status, dict(answer.headers), answer.read())
        except urllib.error.HTTPError as error:
            with error:
                return Reply(error.code, dict(error.headers), error.read())

    def get(self, path="/"):
        """A file of the page, or wherever an address leads."""
        return self._send("GET", urllib.parse.urljoin(self.root, path), None, {})

    def control(self, method, path, body=None):
        """Whatever the control API answers; PlaygroundError when it refuses."""
        headers = {"Content-Type": "application/json"}
        data = {} if method == "POST" and body is None else body
        reply = self._send(method, f"{self.root}/_playground/{path}", data, headers)
        if reply.status >= 400:
            raise PlaygroundError(f"{method} {path}: {reply.status} {reply.body.decode(errors='replace')}")
        return reply.json() if reply.body else None

    def rest(self, method, path, body=None, *, version="7.1", user="bot", headers=None, check=True, timeout=30):
        """A REST call as one of the users (None: without credentials). path is behind the organisation."""
        sent = {"Accept": "application/json", "X-TFS-FedAuthRedirect": "Suppress"}
        if user:
            token = base64.b64encode(f":{self.pat_of(user)}".encode()).decode()
            sent["Authorization"] = f"Basic {token}"
        if body is not None:
            sent["Content-Type"] = "application/json"
        sent.update(headers or {})
        if version:
            path += f"{'&' if '?' in path else '?'}api-version={version}"
        reply = self._send(method, f"{self.url}/{path}", body, sent, timeout)
        if check and not 200 <= reply.status < 300:
            raise PlaygroundError(f"{method} {path}: {reply.status} {reply.body.decode(errors='replace')}")
        return reply

    # --- people and repositories ---

    def pat_of(self, user):
        return self.users[user]["pat"]

    def id_of(self, user):
        return self.users[user]["id"]

    def name_of(self, user):
        return self.users[user]["displayName"]

    def limit(self, user="bot", scopes=None, denied=()):
        """From now on the user's token has these scopes alone (None: all), and the user not these permissions."""
        self.control("POST", f"users/{user}/limits", {"scopes": scopes, "denied": list(denied)})

    # --- credentials ---

    def replace_pat(self, user="bot"):
        """The old token is refused from now on; returns the new one."""
        pat = self.control("POST", f"users/{user}/pat")["pat"]
        self.users[user]["pat"] = pat
        if user == "bot":
            self.pat = pat
        return pat

    def add_application(self, client, *, secret=None, certificate=None, issuer=None, subject=None,
                        issuer_certificate=None, managed=False, identity_header=None):
        """What Entra ID knows of an application, and may give tokens of the automation user to. Returns the tenant."""
        body = {"client": client, "secret": secret, "certificate": certificate, "issuer": issuer, "subject": subject,
                "issuerCertificate": issuer_certificate, "managed": managed, "identityHeader": identity_header}
        return self.control("POST", "applications", body)["tenant"]

    def set_token_life(self, seconds):
        """Of tokens that are given out from now on."""
        self.control("POST", "tokens/life", {"seconds": seconds})

    def end_tokens(self):
        """Those of Entra ID, all, now."""
        self.control("POST", "tokens/end")

    def login(self, tenant, form, headers=None):
        """A request to the token endpoint."""
        sent = {"Content-Type": "application/x-www-form-urlencoded", **(headers or {})}
        return self._send("POST", f"{self.root}/{tenant}/oauth2/v2.0/token", urllib.parse.urlencode(form).encode(), sent)

    def metadata(self, query, headers):
        """A request to the metadata service."""
        path = f"/metadata/identity/oauth2/token?{urllib.parse.urlencode(query)}"
        return self._send("GET", self.root + path, None, headers)

    def add_team(self, project, name, members):
        """members: keys of users, and other teams. Returns the group's id, "name" of which is "[project]\\name"."""
        body = {"project": project, "name": name, "members": members}
        return self.control("POST", "teams", body)["id"]

    def identity(self, who):
        """Id of a user by key, or of a team, which is its id already."""
        return self.users[who]["id"] if who in self.users else who

    def key_of(self, identity):
        return next(key for key, user in self.users.items() if user["id"] == identity)

    def create_repo(self, path, files):
        """path: "Project/name", the branch is main."""
        project, name = path.rsplit("/", 1)
        return Repo(self, self.control("POST", "repositories", {"project": project, "name": name, "files": files}))

    def open_pull_request(self, repo, files, **options):
        return repo.open_pull_request(files, **options)

    # --- what happened ---

    def requests(self, area=None, method=None, containing=""):
        """What came in, oldest first, but for the page and the control API."""
        return [r for r in self.control("GET", "requests")
                if area in (None, r["area"]) and method in (None, r["method"]) and containing in r["path"]]

    def counts(self):
        """Requests by area since the start, or since forget_requests()."""
        return self.control("GET", "requests/counts")

    def forget_requests(self):
        self.control("DELETE", "requests")

    def unexpected(self):
        return self.control("GET", "unexpected")

    def forget_unexpected(self):
        """Returns what there was, for a test that provoked it to look at."""
        found = self.unexpected()
        self.control("DELETE", "unexpected")
        return found

    # --- service hooks ---

    def subscribe(self, url):
        """All four events of every repository to one receiver: http://user:password@host:port/path."""
        self.control("POST", "subscriptions", {"url": url})

    def subscriptions(self):
        return self.control("GET", "subscriptions")

    def deliveries(self, event_type=None):
        return [d for d in self.control("GET", "deliveries") if event_type in (None, d["eventType"])]

    def redeliver(self, delivery):
        self.control("POST", f"deliveries/{delivery['id']}/redeliver")

    def send_event(self, event, subscription=None):
        """Any body (an object, or text as it is), to the receiver of a subscription; the first one when not given."""
        chosen = subscription or self.subscriptions()[0]["id"]
        return self.control("POST", "deliveries", {"subscription": chosen, "event": event})["id"]

    def wait_for_delivery(self, delivery_id, status="succeeded", timeout=TIMEOUT):
        def found():
            delivery = next(d for d in self.deliveries() if d["id"] == delivery_id)
            return delivery if delivery["status"] == status else None

        return wait_until(found, f"delivery {delivery_id} {status}", timeout, self.deliveries)

    def wait_for_deliveries(self, timeout=TIMEOUT):
        """Until nothing is queued any more."""
        wait_until(lambda: all(d["status"] != "queued" for d in self.deliveries()), "end of the queue", timeout,
                   lambda: [d for d in self.deliveries() if d["status"] == "queued"])

    def delivery_body(self, event_type, pull):
        """The text of the first event of that type about a pull request."""

        def found():
            for delivery in self.deliveries(event_type):
                resource = delivery["event"]["resource"]
                if resource.get("pullRequest", resource)["pullRequestId"] == pull.number:
                    return json.dumps(delivery["event"])
            return None

        return wait_until(found, f"event {event_type} of {pull.number}", state=self.deliveries)

    @contextlib.contextmanager
    def hooks_held(self):
        """Events that happen in here are sent at the end."""
        self.control("POST", "deliveries/hold", {"held": True})
        try:
            yield
        finally:
            self.control("POST", "deliveries/hold", {"held": False})

    # --- what is to go wrong ---

    def fault(self, match="rest", count=1, status=None, retry_after=None, hang_ms=None, drop=False,
              drop_after=False, let_through=False, hold=False, containing=None):
        """The next requests that match go wrong, one way or another.

        match: "rest", "git", "login" (where tokens are given out), or a method of REST; containing: a part of the path. status: an answer
        without the effect; hang_ms: no answer for so long, then the connection ends; drop: it ends at
        once; drop_after: it ends without an answer, but the effect has happened; let_through: it is
        answered as ever, with retry_after; hold: as ever, when the faults are cleared.
        """
        areas = ("rest", "git", "login")
        spec = {"area": match if match in areas else "rest", "times": count}
        if match not in areas:
            spec["method"] = match
        if containing:
            spec["contains"] = containing
        if status:
            spec.update(kind="status", status=status)
            if retry_after is not None:
                spec["retryAfter"] = retry_after
        elif let_through:
            spec.update(kind="let-through", retryAfter=retry_after)
        elif hold:
            spec["kind"] = "hold"
        elif hang_ms:
            spec.update(kind="hang", ms=hang_ms)
        else:
            assert drop != drop_after, "which way?"
            spec["kind"] = "drop" if drop else "drop-after"
        self.control("POST", "faults", spec)

    def faults(self):
        return self.control("GET", "faults")

    def clear_faults(self):
        self.control("DELETE", "faults")

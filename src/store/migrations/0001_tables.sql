-- SPDX-License-Identifier: Apache-2.0
-- One text for SQLite and PostgreSQL. Times are milliseconds UTC, 0 when it has not happened; flags
-- are 0 and 1; ids are made by the program; JSON is TEXT that no statement looks into.

CREATE TABLE repo (
    id         BIGINT NOT NULL PRIMARY KEY,
    host       TEXT   NOT NULL,
    host_id    TEXT   NOT NULL, -- stays the same through renames
    locator    TEXT,            -- only for the host's own code
    full_name  TEXT,
    allow_name TEXT,
    created_at BIGINT NOT NULL,
    seen_at    BIGINT NOT NULL,
    UNIQUE (host, host_id)
);

CREATE TABLE pull (
    id           BIGINT NOT NULL PRIMARY KEY,
    repo_id      BIGINT NOT NULL REFERENCES repo (id),
    number       BIGINT NOT NULL,
    url          TEXT,
    state        TEXT   NOT NULL CHECK (state IN ('active', 'closed')),
    head         TEXT,                      -- as an event told last
    base_branch  TEXT,
    queued_head  TEXT,                      -- what was last queued for planning
    queued_base  TEXT,
    planned_head TEXT,                      -- of the last plan of everything
    planned_base TEXT,
    last_seq     BIGINT NOT NULL DEFAULT 0, -- gives commands and outbox items their order
    created_at   BIGINT NOT NULL,
    seen_at      BIGINT NOT NULL,
    UNIQUE (repo_id, number)
);

CREATE TABLE delivery (
    id          BIGINT NOT NULL PRIMARY KEY,
    host        TEXT   NOT NULL,
    key         TEXT, -- NULL: it has none, so it cannot be told from another
    type        TEXT,
    pull_id     BIGINT NOT NULL REFERENCES pull (id),
    body        BYTEA,
    outcome     TEXT   NOT NULL CHECK (outcome IN ('stored', 'duplicate', 'unchanged')),
    received_at BIGINT NOT NULL,
    UNIQUE (host, key)
);
CREATE INDEX delivery_received ON delivery (received_at);

CREATE TABLE command (
    id           BIGINT NOT NULL PRIMARY KEY,
    pull_id      BIGINT NOT NULL REFERENCES pull (id),
    seq          BIGINT NOT NULL, -- from pull.last_seq: clocks go back, this does not
    kind         TEXT   NOT NULL,
    source       TEXT   NOT NULL,
    args         TEXT   NOT NULL, -- JSON
    actor_id     TEXT,
    actor_name   TEXT,
    head         TEXT,
    comment_ref  TEXT,            -- the comment it was typed in
    comment_part BIGINT,          -- which one of that comment
    state        TEXT   NOT NULL,
    owner        TEXT,            -- while it runs
    lease_until  BIGINT NOT NULL DEFAULT 0,
    attempts     BIGINT NOT NULL DEFAULT 0, -- claims so far; tells a claim from a later one
    not_before   BIGINT NOT NULL DEFAULT 0,
    reason       TEXT,            -- for people
    released     TEXT,            -- JSON: the locks that it gave up
    queued_at    BIGINT NOT NULL,
    started_at   BIGINT NOT NULL DEFAULT 0,
    ended_at     BIGINT NOT NULL DEFAULT 0,
    UNIQUE (pull_id, seq),
    UNIQUE (pull_id, comment_ref, comment_part)
);
CREATE INDEX command_queue ON command (state, queued_at, id);
CREATE INDEX command_of_pull ON command (pull_id, state, seq);

CREATE TABLE project (
    id           BIGINT   NOT NULL PRIMARY KEY,
    pull_id      BIGINT   NOT NULL REFERENCES pull (id),
    dir          TEXT     NOT NULL,
    workspace    TEXT     NOT NULL,
    name         TEXT     NOT NULL,
    status       TEXT     NOT NULL,
    counts       TEXT, -- JSON, of the last plan
    head         TEXT, -- that the status speaks of
    selected_head TEXT, -- for which a plan of everything last found it
    last_run_id  BIGINT,
    was_applied  SMALLINT NOT NULL DEFAULT 0 CHECK (was_applied IN (0, 1)), -- or begun to be, since
                                                                            -- the last unlock
    is_forgotten SMALLINT NOT NULL DEFAULT 0 CHECK (is_forgotten IN (0, 1)), -- only its runs remain
    UNIQUE (pull_id, dir, workspace, name)
);

CREATE TABLE run (
    id           BIGINT NOT NULL PRIMARY KEY,
    command_id   BIGINT NOT NULL REFERENCES command (id),
    project_id   BIGINT NOT NULL REFERENCES project (id),
    state        TEXT   NOT NULL,
    log_path     TEXT,
    message      TEXT,
    counts       TEXT, -- JSON
    tool_version TEXT,
    started_at   BIGINT NOT NULL,
    ended_at     BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX run_of_command ON run (command_id);
CREATE INDEX run_of_project ON run (project_id);

CREATE TABLE plan (
    id            BIGINT NOT NULL PRIMARY KEY,
    project_id    BIGINT NOT NULL REFERENCES project (id),
    run_id        BIGINT NOT NULL REFERENCES run (id),
    head          TEXT   NOT NULL,
    base_branch   TEXT,
    base          TEXT,
    merge_commit  TEXT,
    config_digest TEXT,
    tool          TEXT,
    tool_version  TEXT,
    backend       TEXT,
    lineage       TEXT,
    serial        BIGINT NOT NULL,
    tf_workspace  TEXT,
    tf_data_dir   TEXT,
    digest        TEXT   NOT NULL,
    path          TEXT   NOT NULL,
    counts        TEXT, -- JSON
    extra         TEXT, -- JSON
    created_at    BIGINT NOT NULL,
    consumed_at   BIGINT NOT NULL DEFAULT 0,
    consumed_by   BIGINT REFERENCES run (id),
    discarded_at  BIGINT NOT NULL DEFAULT 0,
    removed_at    BIGINT NOT NULL DEFAULT 0 -- its file
);
CREATE UNIQUE INDEX plan_live ON plan (project_id) WHERE consumed_at = 0 AND discarded_at = 0;
CREATE INDEX plan_of_project ON plan (project_id);
CREATE INDEX plan_file ON plan (path);
CREATE INDEX plan_removed ON plan (removed_at);

CREATE TABLE lock (
    key        TEXT   NOT NULL PRIMARY KEY,
    pull_id    BIGINT NOT NULL REFERENCES pull (id),
    project_id BIGINT NOT NULL REFERENCES project (id),
    dir        TEXT   NOT NULL,
    workspace  TEXT   NOT NULL,
    name       TEXT   NOT NULL,
    actor_id   TEXT,
    actor_name TEXT,
    since      BIGINT NOT NULL,
    note       TEXT
);
CREATE INDEX lock_of_pull ON lock (pull_id);

CREATE TABLE outbox (
    id          BIGINT   NOT NULL PRIMARY KEY,
    pull_id     BIGINT   NOT NULL REFERENCES pull (id),
    seq         BIGINT   NOT NULL,
    command_id  BIGINT   NOT NULL REFERENCES command (id),
    kind        TEXT     NOT NULL,
    key         TEXT     NOT NULL UNIQUE,
    body        TEXT     NOT NULL, -- Markdown of a comment, JSON of a status
    is_active   SMALLINT NOT NULL DEFAULT 0 CHECK (is_active IN (0, 1)), -- a comment's thread
    thread_key  TEXT,              -- the item whose thread a comment continues
    status_name TEXT,
    status_head TEXT,
    state       TEXT     NOT NULL CHECK (state IN ('waiting', 'sending', 'done', 'dropped')),
    owner       TEXT,
    lease_until BIGINT   NOT NULL DEFAULT 0,
    attempts    BIGINT   NOT NULL DEFAULT 0,
    next_try    BIGINT   NOT NULL DEFAULT 0,
    reference   TEXT, -- the host's name of what was posted
    reason      TEXT, -- of the last failure
    queued_at   BIGINT   NOT NULL,
    ended_at    BIGINT   NOT NULL DEFAULT 0,
    UNIQUE (pull_id, seq)
);
CREATE INDEX outbox_queue ON outbox (state, queued_at, id);
CREATE INDEX outbox_of_pull ON outbox (pull_id, state, seq);
CREATE INDEX outbox_of_status ON outbox (pull_id, status_name, status_head, seq);
CREATE INDEX outbox_of_thread ON outbox (thread_key);

CREATE TABLE audit (
    id         BIGINT NOT NULL PRIMARY KEY,
    pull_id    BIGINT NOT NULL REFERENCES pull (id),
    command_id BIGINT NOT NULL REFERENCES command (id),
    actor_id   TEXT,
    actor_name TEXT,
    action     TEXT   NOT NULL,
    subject    TEXT   NOT NULL,
    decision   TEXT,
    evidence   TEXT,
    made_at    BIGINT NOT NULL
);
CREATE INDEX audit_made ON audit (made_at);

CREATE TABLE setting (
    key        TEXT   NOT NULL PRIMARY KEY,
    value      TEXT,
    updated_at BIGINT NOT NULL
);

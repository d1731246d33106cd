-- SPDX-License-Identifier: Apache-2.0
-- What policies say of plans, and who approved what they found.

CREATE TABLE policy_result (
    id             BIGINT   NOT NULL PRIMARY KEY,
    plan_id        BIGINT   NOT NULL REFERENCES plan (id),
    command_id     BIGINT   NOT NULL REFERENCES command (id), -- whose check it was
    place          BIGINT   NOT NULL, -- among the sets of the check
    set_name       TEXT     NOT NULL,
    has_passed     SMALLINT NOT NULL CHECK (has_passed IN (0, 1)),
    output         TEXT     NOT NULL,
    item_regex     TEXT     NOT NULL, -- '': all of the output is one item
    item_hashes    TEXT     NOT NULL, -- JSON
    needed         BIGINT   NOT NULL CHECK (needed >= 1), -- approvals
    keeps_approved SMALLINT NOT NULL CHECK (keeps_approved IN (0, 1)),
    checked_at     BIGINT   NOT NULL,
    UNIQUE (plan_id, set_name)
);

-- Of a project, not of a plan: what they cover decides for which plans they count.
CREATE TABLE policy_approval (
    id          BIGINT NOT NULL PRIMARY KEY,
    project_id  BIGINT NOT NULL REFERENCES project (id),
    plan_id     BIGINT NOT NULL REFERENCES plan (id), -- that was looked at
    command_id  BIGINT NOT NULL REFERENCES command (id),
    set_name    TEXT   NOT NULL,
    actor_id    TEXT,
    actor_name  TEXT,
    actor_login TEXT,
    item_regex  TEXT   NOT NULL,
    item_hashes TEXT   NOT NULL, -- JSON
    made_at     BIGINT NOT NULL,
    cleared_at  BIGINT NOT NULL DEFAULT 0,
    cleared_by  BIGINT REFERENCES command (id),
    UNIQUE (command_id, project_id, set_name)
);
CREATE INDEX policy_approval_of_project ON policy_approval (project_id, cleared_at);

-- SPDX-License-Identifier: Apache-2.0
-- The cancel command that ended a command which waited, or that asked a running one to stop.
ALTER TABLE command ADD COLUMN cancel_command_id BIGINT;
ALTER TABLE command ADD COLUMN cancel_asked_by TEXT;

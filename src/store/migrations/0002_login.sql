-- SPDX-License-Identifier: Apache-2.0
-- How the host calls the account that gave a command: what configuration names.
ALTER TABLE command ADD COLUMN actor_login TEXT;

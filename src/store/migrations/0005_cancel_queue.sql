-- SPDX-License-Identifier: Apache-2.0
-- Whether there is something to cancel is asked whenever something was queued.
CREATE INDEX command_cancels ON command (kind, state, queued_at, id)
 WHERE kind = 'cancel' AND state = 'queued';

-- Version 2. Never edit: a change is a new version that starts from this one.

-- Which alert a message of the outbox tells of.
CREATE INDEX revision_sequence ON revision (sequence);

-- The longest-closed alerts first, to be forgotten.
CREATE INDEX alert_closed ON alert (updated_at) WHERE state = 'closed';

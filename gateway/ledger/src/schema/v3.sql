-- Version 3. Never edit: a change is a new version that starts from this one.

-- Whatever was decided or said, in the order in which it was: every row is hashed with the hash of
-- the row before it, so that none can be changed, left out or slipped in unnoticed.
CREATE TABLE history (
    number   INTEGER PRIMARY KEY, -- from 1, without gaps
    at       INTEGER NOT NULL,    -- microseconds since the Unix epoch, UTC, by whoever tells of it
    kind     TEXT    NOT NULL,
    subject  TEXT    NOT NULL,
    body     BLOB    NOT NULL,
    previous BLOB    NOT NULL,    -- hash of the row before
    hash     BLOB    NOT NULL     -- SHA-256
) STRICT;

-- What became of one alert.
CREATE INDEX history_subject ON history (subject);

-- Where the kept part of the history begins (behind the anchor) and ends (with the head).
CREATE TABLE history_end (
    name   TEXT    NOT NULL PRIMARY KEY CHECK (name IN ('anchor', 'head')),
    number INTEGER NOT NULL,
    hash   BLOB    NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO history_end VALUES ('anchor', 0, zeroblob(32)), ('head', 0, zeroblob(32));

CREATE TRIGGER history_only_grows_at_its_end BEFORE INSERT ON history
WHEN new.number <> (SELECT number + 1 FROM history_end WHERE name = 'head')
BEGIN SELECT raise(ABORT, 'the history only grows at its end'); END;

CREATE TRIGGER history_is_never_rewritten BEFORE UPDATE ON history
BEGIN SELECT raise(ABORT, 'the history is never rewritten'); END;

-- Whoever prunes moves the anchor first.
CREATE TRIGGER history_is_pruned_behind_its_anchor BEFORE DELETE ON history
WHEN old.number > (SELECT number FROM history_end WHERE name = 'anchor')
BEGIN SELECT raise(ABORT, 'the history is pruned from its beginning only'); END;

-- How far each reader of the history has come.
CREATE TABLE history_cursor (
    name   TEXT    NOT NULL PRIMARY KEY,
    number INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- What the case system said about an alert: one row for each of its events.
CREATE TABLE case_event (
    alert_id    TEXT    NOT NULL,
    seq         INTEGER NOT NULL,
    msg_id      TEXT    NOT NULL,
    received_at INTEGER NOT NULL, -- microseconds since the Unix epoch, UTC
    payload     BLOB    NOT NULL,
    PRIMARY KEY (alert_id, seq),
    UNIQUE (alert_id, msg_id)
) STRICT;

-- What the retained topic of an alert must hold. Outlives the alert until the broker has taken the
-- removal over: a topic that is forgotten here would show its alert for ever.
CREATE TABLE alert_state (
    alert_id  TEXT    NOT NULL PRIMARY KEY,
    closed_at INTEGER, -- microseconds since the Unix epoch, UTC; null while the alert goes on
    payload   BLOB    NOT NULL
) STRICT;

-- Messages keep their order among those of one alert, or of one command.
ALTER TABLE outbox ADD COLUMN order_key TEXT NOT NULL DEFAULT '';

UPDATE outbox SET order_key = ifnull(
    (SELECT alert_id FROM revision WHERE revision.sequence = outbox.sequence), '');

CREATE INDEX outbox_order ON outbox (order_key);

DROP INDEX revision_sequence; -- only told which alert a message is of

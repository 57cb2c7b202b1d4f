-- Version 1. Never edit: a change is a new version that starts from this one.

-- The latest state of every alert.
CREATE TABLE alert (
    alert_id   TEXT    NOT NULL PRIMARY KEY,
    dedupe_key TEXT    NOT NULL,
    device_id  TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    state      TEXT    NOT NULL,
    updated_at INTEGER NOT NULL -- microseconds since the Unix epoch, UTC
) STRICT, WITHOUT ROWID;

CREATE INDEX alert_not_closed ON alert (device_id, alert_id) WHERE state <> 'closed';

-- What waits for its acknowledgement. AUTOINCREMENT: a number is never given twice, not even
-- after the newest row was removed.
CREATE TABLE outbox (
    sequence      INTEGER PRIMARY KEY AUTOINCREMENT,
    queued_at     INTEGER NOT NULL, -- updated_at of the alert step
    payload_bytes INTEGER NOT NULL,
    retain        INTEGER NOT NULL,
    topic         TEXT    NOT NULL,
    payload       BLOB    NOT NULL
) STRICT;

-- Answers "how much waits, since when" without reading payloads.
CREATE INDEX outbox_depth ON outbox (queued_at, payload_bytes);

-- Every step ever recorded, with its place in the outbox: it outlives the message, so that
-- recording a step again after its acknowledgement does not send it again.
CREATE TABLE revision (
    alert_id TEXT    NOT NULL,
    seq      INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (alert_id, seq)
) STRICT, WITHOUT ROWID;

CREATE TABLE assessor (
    device_id TEXT NOT NULL PRIMARY KEY,
    state     BLOB NOT NULL
) STRICT, WITHOUT ROWID;

-- Version 4. Never edit: a change is a new version that starts from this one.

-- Messages from outside that changed nothing: about alerts that are not known, unreadable, repeated.
-- The latest only; beside the history, so that nobody can make the history grow by them.
CREATE TABLE stray (
    number  INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL, -- microseconds since the Unix epoch, UTC
    subject TEXT    NOT NULL,
    bytes   INTEGER NOT NULL, -- size of the message, which is not kept
    result  TEXT    NOT NULL,
    reason  TEXT    NOT NULL
) STRICT;

-- How much of the history and of the cases is whose.
CREATE TABLE kept_bytes (
    kind  TEXT    NOT NULL PRIMARY KEY,
    bytes INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO kept_bytes
    SELECT kind, sum(256 + length(subject) + length(body)) FROM history GROUP BY kind;
INSERT INTO kept_bytes
    SELECT 'case_event', ifnull(sum(256 + length(payload)), 0) FROM case_event WHERE true
    ON CONFLICT (kind) DO UPDATE SET bytes = bytes + excluded.bytes;

CREATE TRIGGER history_counts_what_comes AFTER INSERT ON history
BEGIN INSERT INTO kept_bytes VALUES (new.kind, 256 + length(new.subject) + length(new.body))
    ON CONFLICT (kind) DO UPDATE SET bytes = bytes + excluded.bytes; END;

CREATE TRIGGER history_counts_what_goes AFTER DELETE ON history
BEGIN UPDATE kept_bytes SET bytes = bytes - 256 - length(old.subject) - length(old.body)
    WHERE kind = old.kind; END;

CREATE TRIGGER case_event_counts_what_comes AFTER INSERT ON case_event
BEGIN UPDATE kept_bytes SET bytes = bytes + 256 + length(new.payload)
    WHERE kind = 'case_event'; END;

CREATE TRIGGER case_event_counts_what_goes AFTER DELETE ON case_event
BEGIN UPDATE kept_bytes SET bytes = bytes - 256 - length(old.payload)
    WHERE kind = 'case_event'; END;

-- Answers that wait, to be counted.
ALTER TABLE outbox ADD COLUMN is_answer INTEGER NOT NULL DEFAULT 0;

CREATE INDEX outbox_answer ON outbox (sequence) WHERE is_answer = 1;

-- How far the history and the outbox had come at a time told by a clock that was believed. What lies
-- before a mark is at least as old as the mark, whatever times stand in it.
CREATE TABLE mark (
    at      INTEGER PRIMARY KEY, -- microseconds since the Unix epoch, UTC
    history INTEGER NOT NULL,
    outbox  INTEGER NOT NULL
) STRICT;

-- How far the time of upkeep had come: microseconds since the Unix epoch, UTC.
CREATE TABLE upkeep_time (
    only INTEGER PRIMARY KEY CHECK (only = 1),
    at   INTEGER NOT NULL
) STRICT;

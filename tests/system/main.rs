//! The whole path: recorded street, RTSP, the real gateway, a real broker over TLS, and a judge.

#![expect(clippy::expect_used, reason = "a test that cannot get at its subject must fail")]

mod bad_input;
mod blind;
mod casework;
mod checkpoint;
mod clock;
mod dataset;
mod devices;
mod discovery;
mod door_story;
mod early_stop;
mod eyes;
mod full_disk;
mod full_start;
mod fuzzed_cameras;
mod harm;
mod history;
mod hostile;
mod house;
mod import;
mod isolation;
mod odd_life;
mod outage;
mod page;
mod quarantine;
mod quiet;
mod quirk_cameras;
mod quirks;
mod reload;
mod retune;
mod second_look;
mod stall_head;
mod stalled_log;
mod standstill;
mod street;
mod told_gap;
mod unknown;
mod wire;

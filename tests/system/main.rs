//! The whole path: recorded street, RTSP, the real gateway, a real broker over TLS, and a judge.

#![expect(clippy::expect_used, reason = "a test that cannot get at its subject must fail")]

mod bad_input;
mod blind;
mod casework;
mod clock;
mod eyes;
mod full_disk;
mod history;
mod house;
mod isolation;
mod outage;
mod page;
mod quarantine;
mod quirk_cameras;
mod quirks;
mod reload;
mod retune;
mod standstill;
mod street;

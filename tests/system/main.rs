//! The whole path: recorded street, RTSP, the real gateway, a real broker over TLS, and a judge.

#![expect(clippy::expect_used, reason = "a test that cannot get at its subject must fail")]

mod bad_input;
mod casework;
mod clock;
mod full_disk;
mod history;
mod house;
mod isolation;
mod outage;
mod page;
mod reload;
mod retune;
mod street;

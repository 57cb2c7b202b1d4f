//! The whole path: recorded street, RTSP, the real gateway, a real broker over TLS, and a judge.

mod bad_input;
mod house;
mod outage;

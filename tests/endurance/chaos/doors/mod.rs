//! Everything goes wrong with the doors and sensors of a gateway at once: the real program is killed at any
//! instant, their lines are cut, stalled and half open, devices start again, show 1970, number all they say
//! with one number or with none, and some know another password than ours. In the end every event that
//! reached the gateway has raised one alert, no event has raised two, and whoever refuses our password has
//! locked nobody out, in however many lives of the gateway.
//!
//! `CHAOS_SECS` makes it longer, `CHAOS_SEED` repeats a plan.

mod account;
mod config;
mod gate;
mod locked;
mod publisher;
mod registers;
mod run;
mod stand;
mod transmitter;

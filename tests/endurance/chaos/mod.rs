//! Everything goes wrong at once, for as long as you like: the gateway's process is killed at any
//! instant, its broker too, the line between them is cut, stalled, slowed and spoilt, its disk is
//! full and its clock steps, while the case system sends feedback. In the end every alert step has
//! arrived, in order, as recorded; every feedback is kept once and answered.
//!
//! `CHAOS_SECS` makes it longer, `CHAOS_SEED` repeats a plan (not its timing, which the system has
//! a say in).

mod account;
mod case_system;
mod casework;
mod clock;
mod disk;
mod doors;
mod life;
mod orders;
mod relay;
mod run;
mod states;

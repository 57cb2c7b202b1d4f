//! One connection from CONNECT to its end.

mod commit;
pub(super) mod context;
pub(super) mod end;
pub(super) mod forbearance;
pub(super) mod in_flight;
mod inbound;
pub(super) mod patience;
mod receive;
mod retained;
mod rows;
mod run;
pub(super) mod state;

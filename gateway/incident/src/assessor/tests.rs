//! Tables of what a camera showed and what must follow from it.

mod arrivals;
mod camera_fault;
mod casework;
mod clock_step;
mod followed;
mod hours;
mod oracle;
mod outage;
mod place;
mod refusal;
mod script;
mod second_looks;
mod sensed;
mod signals;
mod step_back;
mod story;
mod succession;
mod wire;
mod witness;

//! Tables of what a camera showed and what must follow from it.

mod followed;
mod golden;
mod oracle;
mod place;
mod refusal;
mod script;
mod step_back;
mod story;

//! Tables of what a camera showed and what must follow from it.

mod followed;
mod golden;
mod oracle;
mod script;
mod story;

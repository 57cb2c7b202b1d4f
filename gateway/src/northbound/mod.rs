//! Case systems beside the broker.

pub(crate) mod egova;

//! Messages taken in, carried out and answered.

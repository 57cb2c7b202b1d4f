//! Faults with their exact words, and settings with their values.

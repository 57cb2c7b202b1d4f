//! The files an operator edits, checked whole and turned into every edge's settings.

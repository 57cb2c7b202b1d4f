//! Pictures that prove an alert, kept on disk under their SHA-256.

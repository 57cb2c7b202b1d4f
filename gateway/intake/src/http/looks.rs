//! How many bytes were looked at: tests hold that it grows with what came, and not with its square.

#[cfg(test)]
thread_local! {
    static LOOKS: std::cell::Cell<u64> = const { std::cell::Cell::new(0) };
}

/// So many bytes were looked at. It counts in tests only.
pub(super) fn looked_at(bytes: usize) {
    #[cfg(test)]
    LOOKS.with(|looks| looks.set(looks.get() + bytes as u64));
    #[cfg(not(test))]
    let _ = bytes;
}

/// How many bytes this thread has looked at since the last call.
#[cfg(test)]
pub(super) fn taken() -> u64 {
    LOOKS.with(|looks| looks.replace(0))
}

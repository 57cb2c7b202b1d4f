//! Panics of the thread that fuzzes, by the place in the code.

use std::cell::RefCell;
use std::panic::{self, AssertUnwindSafe, PanicHookInfo};
use std::sync::Once;

/// Where a panic came from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PanicSite {
    /// The file, from its crate on: `retina-0.4.21/src/client/parse.rs`, `gateway/camera/src/ring.rs`.
    pub file: String,
    /// The line.
    pub line: u32,
}

impl PanicSite {
    /// Whether it is in the code of somebody else.
    #[must_use]
    pub fn is_foreign(&self) -> bool {
        !self.file.starts_with("gateway/") && !self.file.starts_with("tests/")
    }
}

impl std::fmt::Display for PanicSite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.file, self.line)
    }
}

/// A panic.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Panic {
    /// Where.
    pub site: PanicSite,
    /// What it said.
    pub said: String,
}

thread_local! {
    /// None: this thread does not fuzz.
    static SEEN: RefCell<Option<Vec<Panic>>> = const { RefCell::new(None) };
}

/// Does `work`; gives what came of it, and all panics of this thread in it: also those that something
/// else caught. Where one observation holds another, each sees its own.
pub(crate) fn observe<T>(work: impl FnOnce() -> T) -> (Option<T>, Vec<Panic>) {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let usual = panic::take_hook();
        panic::set_hook(Box::new(move |info| {
            if !note(info) {
                usual(info);
            }
        }));
    });
    let around = SEEN.replace(Some(Vec::new()));
    let done = panic::catch_unwind(AssertUnwindSafe(work));
    (done.ok(), SEEN.replace(around).unwrap_or_default())
}

/// Notes a panic of a thread that fuzzes; false if this is none.
fn note(info: &PanicHookInfo<'_>) -> bool {
    SEEN.with_borrow_mut(|seen| {
        let Some(seen) = seen else { return false };
        let (file, line) = info.location().map_or(("?", 0), |at| (at.file(), at.line()));
        let said = info.payload_as_str().unwrap_or_default().to_owned();
        seen.push(Panic { site: PanicSite { file: from_crate(file), line }, said });
        true
    })
}

/// The path without the part that differs from machine to machine.
fn from_crate(file: &str) -> String {
    for (marker, skipped) in [("/registry/src/", 1), ("/library/", 0)] {
        if let Some((_, path)) = file.split_once(marker) {
            return path.splitn(skipped + 1, '/').last().unwrap_or(path).to_owned();
        }
    }
    // Of this repository; some crates name their files from the repository, others from here.
    let known = ["gateway/", "tests/"].iter().filter_map(|part| file.find(part)).min();
    known.and_then(|at| file.get(at..)).unwrap_or(file).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panics_are_noted_by_their_place_also_if_somebody_else_caught_them() {
        let (done, seen) = observe(|| {
            let _caught = panic::catch_unwind(|| panic!("inner {}", 1));
            panic!("outer")
        });
        assert_eq!(done, None::<()>);
        let said: Vec<&str> = seen.iter().map(|panic| panic.said.as_str()).collect();
        assert_eq!(said, ["inner 1", "outer"]);
        assert!(seen.iter().all(|panic| !panic.site.is_foreign()), "{seen:?}");
        assert_eq!(observe(|| 7), (Some(7), Vec::new()));
    }

    #[test]
    fn a_place_is_named_from_its_crate_on() {
        for (file, named) in [
            (
                "/home/me/.cargo/registry/src/index.crates.io-1949/retina-0.4.21/src/a.rs",
                "retina-0.4.21/src/a.rs",
            ),
            ("/rustc/59807616/library/core/src/option.rs", "core/src/option.rs"),
            ("/home/builder/tree/gateway/camera/src/ring.rs", "gateway/camera/src/ring.rs"),
            ("gateway/src/../../tests/fuzz/a.rs", "gateway/src/../../tests/fuzz/a.rs"),
        ] {
            assert_eq!(from_crate(file), named);
        }
    }
}

//! What came of fuzzing one target.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::time::Duration;

use crate::panics::PanicSite;

/// What came of one target.
#[derive(Debug, Clone)]
pub struct Report {
    /// Its name.
    pub target: &'static str,
    /// Inputs executed.
    pub executions: u64,
    /// How long that took.
    pub took: Duration,
    /// Different things that inputs came to.
    pub outcomes: usize,
    /// How far sessions got: how many of them.
    pub reached: BTreeMap<String, u64>,
    /// The longest that one input kept the thread.
    pub longest: Duration,
    /// Memory of this process at the begin and the end, in bytes.
    pub memory_bytes: (u64, u64),
    /// Panics by their place: how many, what the first said, and where its input was written.
    pub panics: BTreeMap<PanicSite, (u64, String, PathBuf)>,
    /// Inputs that took too long, and where they were written.
    pub slow: Vec<(Duration, PathBuf)>,
}

/// More than this is no growth of what the fuzzer itself keeps, but a leak.
const MOST_GROWTH_BYTES: u64 = 512 * 1024 * 1024;

impl Report {
    pub(crate) fn new(target: &'static str) -> Self {
        let now = memory_bytes();
        Self {
            target,
            executions: 0,
            took: Duration::ZERO,
            outcomes: 0,
            reached: BTreeMap::new(),
            longest: Duration::ZERO,
            memory_bytes: (now, now),
            panics: BTreeMap::new(),
            slow: Vec::new(),
        }
    }

    /// Whether inputs made this process grow without end.
    #[must_use]
    pub fn leaks(&self) -> bool {
        self.growth_bytes() > MOST_GROWTH_BYTES
    }

    fn growth_bytes(&self) -> u64 {
        self.memory_bytes.1.saturating_sub(self.memory_bytes.0)
    }

    pub(crate) fn measure_memory(&mut self) {
        self.memory_bytes.1 = memory_bytes();
    }
}

impl std::fmt::Display for Report {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        #[expect(clippy::cast_precision_loss, reason = "a pace for a person to read")]
        let pace = self.executions as f64 / self.took.as_secs_f64().max(1e-9);
        let Self { target, executions, outcomes, .. } = self;
        let (longest, growth) = (self.longest.as_millis(), self.growth_bytes() / 1024 / 1024);
        write!(
            f,
            "{target}: {executions} executions, {pace:.0} a second, {outcomes} outcomes, the longest \
             {longest} ms, {growth} MiB more memory"
        )?;
        if !self.reached.is_empty() {
            let reached: Vec<String> =
                self.reached.iter().map(|(how_far, count)| format!("{count} {how_far}")).collect();
            write!(f, "\n  of them {}", reached.join(", "))?;
        }
        for (site, (count, said, input)) in &self.panics {
            write!(f, "\n  {count} panics at {site}: {said} ({})", input.display())?;
        }
        for (took, input) in &self.slow {
            write!(f, "\n  slow: {:.1} s ({})", took.as_secs_f32(), input.display())?;
        }
        Ok(())
    }
}

/// Bytes of a page of memory, on every machine that the gateway runs on.
const PAGE_BYTES: u64 = 4096;

/// What this process has in memory (`man proc_pid_statm`); 0 where the kernel does not say.
fn memory_bytes() -> u64 {
    let pages = std::fs::read_to_string("/proc/self/statm").ok().and_then(|text| {
        let resident = text.split_ascii_whitespace().nth(1)?;
        resident.parse::<u64>().ok()
    });
    pages.unwrap_or(0) * PAGE_BYTES
}

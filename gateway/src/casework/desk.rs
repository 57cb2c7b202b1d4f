//! What the centre may make this gateway keep and say. Bounded, whoever sends it: evidence and alerts
//! never pay for messages from outside.

use std::time::Instant;

use ledger::{Ledger, LedgerError};
use tracing::{error, warn};

use super::allowance::{Allowance, Senders, Telling, Terms};
use super::words::{CASE, COMMAND, COMMAND_ANSWER};
use runtime::metrics;

/// How much room all of it may take in the ledger by default: 1,600 messages a day for ever, and
/// 90,000 more at once.
pub const DESK_BYTES: u64 = 1024 * 1024 * 1024;

/// The history keeps what it has for this many days.
const KEPT_DAYS: u64 = 400;

/// What any entry costs besides its body; the ledger counts the same.
const ENTRY_BYTES: u64 = 256;

/// The kind under which the ledger counts what it keeps of cases besides the history.
const CASE_EVENT: &str = "case_event";

/// Messages about alerts that are not known, and ones that cannot be read.
const STRANGE: Terms = Terms { burst: 100, a_day: 24 * 3_600 };
const ALL_STRANGE: Terms = Terms { burst: 400, a_day: 4 * 24 * 3_600 };
/// Messages that are known already: a centre repeats all of them after an outage.
const REPEATED: Terms = Terms { burst: 2_000, a_day: 10 * 24 * 3_600 };
const ALL_REPEATED: Terms = Terms { burst: 4_000, a_day: 20 * 24 * 3_600 };
/// Commands that are carried out: ten people at work, all day.
const COMMANDS: Terms = Terms { burst: 200, a_day: 24 * 3_600 / 5 };

/// Those that ask for a picture: each lies among the evidence for as long as any other.
const SNAPSHOTS: Terms = Terms { burst: 60, a_day: 200 };

/// Answers to messages that changed nothing are not queued beyond this: a broker that takes no
/// answers must not fill the outbox.
const MOST_STRAY_ANSWERS: u64 = 1_000;
/// No answer is queued beyond this. Whoever repeats the message later is answered then.
const MOST_ANSWERS: u64 = 10_000;

/// Why something is not taken in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Full {
    /// Too much came lately.
    Lately,
    /// The share of the disk is used up.
    Share,
}

impl Full {
    /// What whoever sent it is told.
    pub(super) const fn reason(self) -> &'static str {
        match self {
            Self::Lately => "too many messages came lately; send it again later",
            Self::Share => {
                "this gateway has no more room for messages of the centre: raise \
                 casework.desk_max_bytes in its gateway.toml"
            }
        }
    }
}

/// Which part of the share something takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    /// Feedback on known alerts: three quarters.
    Feedback,
    /// Commands and their answers: a quarter.
    Commands,
    /// Of the same quarter; there may be fewer of them.
    Snapshots,
}

/// A part of the share: so much altogether, and never all of it at once, so that a flood does not
/// use up what a year of ordinary work needs.
#[derive(Debug)]
struct Room {
    kinds: &'static [&'static str],
    bytes: u64,
    lately: Allowance,
}

impl Room {
    fn new(bytes: u64, kinds: &'static [&'static str], now: Instant) -> Self {
        let burst = bytes / 8;
        let terms = Terms { burst, a_day: (bytes - burst) / KEPT_DAYS };
        Self { kinds, bytes, lately: Allowance::new(terms, now) }
    }

    fn claim(&mut self, bytes: u64, ledger: &Ledger, now: Instant) -> Result<(), Refused> {
        if !self.lately.covers(bytes, now) {
            return Err(Refused::Full(Full::Lately));
        }
        if ledger.kept_bytes(self.kinds)?.saturating_add(bytes) > self.bytes {
            return Err(Refused::Full(Full::Share));
        }
        self.lately.spend(bytes);
        Ok(())
    }
}

/// Why something cannot be kept.
#[derive(Debug)]
enum Refused {
    Full(Full),
    Ledger(LedgerError),
}

impl From<LedgerError> for Refused {
    fn from(fault: LedgerError) -> Self {
        Self::Ledger(fault)
    }
}

/// All accounts of one gateway.
#[derive(Debug)]
pub(super) struct Desk {
    feedback: Room,
    commands: Room,
    orders: Allowance,
    snapshots: Allowance,
    strangers: Senders,
    repeaters: Senders,
    passed_over: Telling,
    full: Telling,
    unanswered: Telling,
    strange: Telling,
}

impl Desk {
    /// For a share of `bytes`.
    pub(super) fn new(bytes: u64, now: Instant) -> Self {
        let for_commands = bytes / 4;
        Self {
            feedback: Room::new(bytes - for_commands, &[CASE, CASE_EVENT], now),
            commands: Room::new(for_commands, &[COMMAND, COMMAND_ANSWER], now),
            orders: Allowance::new(COMMANDS, now),
            snapshots: Allowance::new(SNAPSHOTS, now),
            strangers: Senders::new(STRANGE, ALL_STRANGE, now),
            repeaters: Senders::new(REPEATED, ALL_REPEATED, now),
            passed_over: Telling::default(),
            full: Telling::default(),
            unanswered: Telling::default(),
            strange: Telling::default(),
        }
    }

    /// Takes room for an entry of the history whose body and subject have `bytes`. The inner error
    /// says why there is none; an operator is told.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(super) fn claim(
        &mut self,
        part: Part,
        bytes: usize,
        ledger: &Ledger,
        now: Instant,
    ) -> Result<Result<(), Full>, LedgerError> {
        let is_too_often = match part {
            Part::Feedback => false,
            Part::Commands => !self.orders.covers(1, now),
            Part::Snapshots => !self.orders.covers(1, now) || !self.snapshots.covers(1, now),
        };
        if is_too_often {
            return Ok(Err(self.refuse(part, Full::Lately, now)));
        }
        let room = match part {
            Part::Feedback => &mut self.feedback,
            Part::Commands | Part::Snapshots => &mut self.commands,
        };
        match room.claim(bytes as u64 + ENTRY_BYTES, ledger, now) {
            Ok(()) => {
                self.orders.spend(u64::from(part != Part::Feedback));
                self.snapshots.spend(u64::from(part == Part::Snapshots));
                Ok(Ok(()))
            }
            Err(Refused::Full(full)) => Ok(Err(self.refuse(part, full, now))),
            Err(Refused::Ledger(fault)) => Err(fault),
        }
    }

    fn refuse(&mut self, part: Part, full: Full, now: Instant) -> Full {
        metrics::desk_refused();
        if let Some(times) = self.full.happened(now) {
            let what = match part {
                Part::Feedback => "feedback on cases",
                Part::Commands | Part::Snapshots => "commands",
            };
            error!(times, reason = full.reason(), "{what} of the centre are refused");
        }
        full
    }

    /// Whether a message that changes nothing may be written down and answered. If not, it is only
    /// counted.
    pub(super) fn admits_stray(&mut self, sender: &str, is_known: bool, now: Instant) -> bool {
        let senders = if is_known { &mut self.repeaters } else { &mut self.strangers };
        let admitted = senders.admit(sender, now);
        if !admitted && let Some(times) = self.passed_over.happened(now) {
            warn!(
                times,
                sender,
                "messages of the centre that change nothing come too often; they are passed over \
                 without an answer"
            );
        }
        admitted
    }

    /// Says in the log that a message changed nothing: at once, then now and then.
    pub(super) fn tell_stray(&mut self, result: &str, reason: &str, now: Instant) {
        if let Some(times) = self.strange.happened(now) {
            warn!(
                times,
                result,
                reason,
                "messages of the centre change nothing; `gridwhistle ledger strays` lists them"
            );
        }
    }

    /// Whether an answer may be queued: not if too many wait already.
    ///
    /// # Errors
    /// The ledger cannot be read.
    pub(super) fn may_answer(
        &mut self,
        is_stray: bool,
        ledger: &Ledger,
        now: Instant,
    ) -> Result<bool, LedgerError> {
        let most = if is_stray { MOST_STRAY_ANSWERS } else { MOST_ANSWERS };
        if ledger.answers_waiting()? < most {
            return Ok(true);
        }
        metrics::answer_dropped();
        if let Some(times) = self.unanswered.happened(now) {
            warn!(
                times,
                "the broker does not take the answers to the centre's messages: look at its \
                 permissions for case/+/ack and cmd/+/res; no more answers are queued"
            );
        }
        Ok(false)
    }
}

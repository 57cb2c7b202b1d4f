//! Whether a signal that was posted is kept: the word that a device's acknowledgement waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::watch;

/// Held by whoever posted a signal. The device may be told that it was heard once this says so.
#[derive(Debug)]
pub struct Receipt {
    outcome: watch::Receiver<Outcome>,
    settlement: Settlement,
}

/// Held by whoever judges the signal. Dropped without a word, it says that the signal is lost.
#[derive(Debug)]
pub struct Voucher(Settlement);

/// What became of a signal, for who remembers that it was told. Clones share it.
#[derive(Debug, Clone)]
pub(crate) struct Settlement {
    outcome: watch::Sender<Outcome>,
    marks: Arc<Marks>,
}

#[derive(Debug, Default)]
struct Marks {
    /// An answer to a device waits for this signal, or did until the connection was lost: the device
    /// says it again, and must not hear that it is kept before that is so.
    is_owed: AtomicBool,
    /// The rules have heard it: whoever saves what they remember saves that it was told.
    is_judged: AtomicBool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Open,
    Kept,
    Lost,
}

/// A receipt and the voucher that settles it.
pub(crate) fn pair() -> (Receipt, Voucher) {
    let (outcome, receiver) = watch::channel(Outcome::Open);
    let settlement = Settlement { outcome, marks: Arc::default() };
    (Receipt { outcome: receiver, settlement: settlement.clone() }, Voucher(settlement))
}

impl Receipt {
    /// Waits until the signal is settled. True: what follows from it is on disk. False: it was
    /// dropped from a full mailbox, or the gateway stops; the device should say it again.
    pub async fn is_kept(mut self) -> bool {
        self.settlement.owe();
        let settled = self.outcome.wait_for(|outcome| *outcome != Outcome::Open).await;
        settled.is_ok_and(|outcome| *outcome == Outcome::Kept)
    }

    /// Waits until all signals of one message are settled, and says whether all are kept.
    pub(crate) async fn are_kept(receipts: Vec<Self>) -> bool {
        // Even if the connection is lost while the first is waited for, the device says all again.
        receipts.iter().for_each(|receipt| receipt.settlement.owe());
        let mut are_kept = true;
        for receipt in receipts {
            are_kept &= receipt.is_kept().await;
        }
        are_kept
    }

    /// What becomes of the signal.
    pub(crate) fn settlement(&self) -> Settlement {
        self.settlement.clone()
    }
}

impl Settlement {
    /// Whether the signal is lost, and must be told again.
    pub(crate) fn is_lost(&self) -> bool {
        *self.outcome.borrow() == Outcome::Lost
    }

    /// Another receipt for the signal; none if it is kept already.
    pub(crate) fn receipt(&self) -> Option<Receipt> {
        let outcome = self.outcome.subscribe();
        let is_kept = *outcome.borrow() == Outcome::Kept;
        (!is_kept).then(|| Receipt { outcome, settlement: self.clone() })
    }

    /// Whether what follows from the signal is on disk.
    pub(crate) fn is_kept(&self) -> bool {
        *self.outcome.borrow() == Outcome::Kept
    }

    /// Whether the rules have heard the signal, and it is not lost since.
    pub(crate) fn is_judged(&self) -> bool {
        self.marks.is_judged.load(Ordering::Acquire) && !self.is_lost()
    }

    fn owe(&self) {
        self.marks.is_owed.store(true, Ordering::Release);
    }
}

impl Voucher {
    /// Whether somebody waits for the receipt, because a device is to be told; or did wait, so that
    /// the device will ask again.
    #[must_use]
    pub fn is_awaited(&self) -> bool {
        self.0.outcome.receiver_count() > 0 || self.0.marks.is_owed.load(Ordering::Acquire)
    }

    /// The rules have heard the signal: what they remember and [`DeviceMemory::kept`] are saved together
    /// from now on.
    ///
    /// [`DeviceMemory::kept`]: crate::DeviceMemory::kept
    pub fn judged(&self) {
        self.0.marks.is_judged.store(true, Ordering::Release);
    }

    /// What follows from the signal is on disk.
    pub fn kept(self) {
        self.0.outcome.send_replace(Outcome::Kept);
    }
}

impl Drop for Voucher {
    fn drop(&mut self) {
        self.0.outcome.send_if_modified(|outcome| {
            let is_open = *outcome == Outcome::Open;
            if is_open {
                *outcome = Outcome::Lost;
            }
            is_open
        });
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::{Receipt, pair};

    #[tokio::test]
    async fn a_receipt_tells_what_became_of_the_signal() {
        let (receipt, voucher) = pair();
        let settlement = receipt.settlement();
        voucher.kept();
        assert!(receipt.is_kept().await && !settlement.is_lost());
        assert!(settlement.receipt().is_none(), "nothing is left to wait for");
        let (receipt, voucher) = pair();
        let settlement = receipt.settlement();
        assert!(!settlement.is_lost(), "it waits to be judged");
        assert!(voucher.is_awaited());
        drop(voucher);
        assert!(!receipt.is_kept().await && settlement.is_lost());
    }

    #[tokio::test]
    async fn who_remembers_a_signal_does_not_wait_until_it_is_said_again() {
        let (receipt, voucher) = pair();
        let settlement = receipt.settlement();
        drop(receipt);
        assert!(!voucher.is_awaited(), "a reading that is taken again soon");
        let again = settlement.receipt().unwrap();
        assert!(voucher.is_awaited());
        voucher.kept();
        assert!(again.is_kept().await);
    }

    #[tokio::test]
    async fn an_answer_that_was_cut_off_is_still_owed() {
        let ((first, judged), (second, voucher)) = (pair(), pair());
        let settlement = second.settlement();
        // The connection is lost.
        timeout(Duration::ZERO, Receipt::are_kept(vec![first, second])).await.unwrap_err();
        assert!(judged.is_awaited() && voucher.is_awaited(), "the device says both again");
        let again = settlement.receipt().unwrap();
        timeout(Duration::ZERO, settlement.receipt().unwrap().is_kept()).await.unwrap_err();
        voucher.kept();
        assert!(again.is_kept().await);
    }
}

//! Whether a signal that was posted is kept: the word that a device's acknowledgement waits for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::oneshot;

/// Held by whoever posted a signal. The device may be told that it was heard once this says so.
#[derive(Debug)]
pub struct Receipt {
    settled: oneshot::Receiver<()>,
    loss: Loss,
}

/// Held by whoever judges the signal. Dropped without a word, it says that the signal is lost.
#[derive(Debug)]
pub struct Voucher {
    settle: Option<oneshot::Sender<()>>,
    loss: Loss,
}

/// Whether a signal was lost, for who remembers that it was told. Clones share it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Loss(Arc<AtomicBool>);

impl Loss {
    /// Whether the signal is lost, and must be told again.
    pub(crate) fn is_certain(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

/// A receipt and the voucher that settles it.
pub(crate) fn pair() -> (Receipt, Voucher) {
    let (sender, settled) = oneshot::channel();
    let loss = Loss::default();
    (Receipt { settled, loss: loss.clone() }, Voucher { settle: Some(sender), loss })
}

impl Receipt {
    /// Waits until the signal is settled. True: what follows from it is on disk. False: it was
    /// dropped from a full mailbox, or the gateway stops; the device should say it again.
    pub async fn is_kept(self) -> bool {
        self.settled.await.is_ok()
    }

    /// Whether the signal was lost.
    pub(crate) fn loss(&self) -> Loss {
        self.loss.clone()
    }
}

impl Voucher {
    /// What follows from the signal is on disk.
    pub fn kept(mut self) {
        // Nobody waits for it if the device's connection is gone.
        let _ = self.settle.take().map(|settle| settle.send(()));
    }
}

impl Drop for Voucher {
    fn drop(&mut self) {
        if self.settle.is_some() {
            self.loss.0.store(true, Ordering::Release);
        }
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn a_receipt_tells_what_became_of_the_signal() {
        let (receipt, voucher) = super::pair();
        let loss = receipt.loss();
        voucher.kept();
        assert!(receipt.is_kept().await && !loss.is_certain());
        let (receipt, voucher) = super::pair();
        let loss = receipt.loss();
        assert!(!loss.is_certain(), "it waits to be judged");
        drop(voucher);
        assert!(!receipt.is_kept().await && loss.is_certain());
    }
}

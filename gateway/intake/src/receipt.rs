//! Whether a signal that was posted is kept: the word that a device's acknowledgement waits for.

use tokio::sync::oneshot;

/// Held by whoever posted a signal. The device may be told that it was heard once this says so.
#[derive(Debug)]
pub struct Receipt(oneshot::Receiver<()>);

/// Held by whoever judges the signal. Dropped without a word, it says that the signal is lost.
#[derive(Debug)]
pub struct Voucher(oneshot::Sender<()>);

/// A receipt and the voucher that settles it.
pub(crate) fn pair() -> (Receipt, Voucher) {
    let (sender, receiver) = oneshot::channel();
    (Receipt(receiver), Voucher(sender))
}

impl Receipt {
    /// Waits until the signal is settled. True: what follows from it is on disk. False: it was
    /// dropped from a full mailbox, or the gateway stops; the device should say it again.
    pub async fn is_kept(self) -> bool {
        self.0.await.is_ok()
    }
}

impl Voucher {
    /// What follows from the signal is on disk.
    pub fn kept(self) {
        // Nobody waits for it if the device's connection is gone.
        let _heard = self.0.send(());
    }
}

#[cfg(test)]
mod tests {
    #[tokio::test]
    async fn a_receipt_tells_what_became_of_the_signal() {
        let (receipt, voucher) = super::pair();
        voucher.kept();
        assert!(receipt.is_kept().await);
        let (receipt, voucher) = super::pair();
        drop(voucher);
        assert!(!receipt.is_kept().await);
    }
}

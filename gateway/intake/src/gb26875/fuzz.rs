//! Entries for fuzzers: what a transmitter sends on one connection, and the data of one frame.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};

use crate::device::Device;
use crate::gb26875::connection::Connection;
use crate::gb26875::dialect::SourceAddress;
use crate::gb26875::frame::{Frame, MOST_DATA_BYTES};
use crate::gb26875::settings::Settings;
use crate::gb26875::station::Station;
use crate::gb26875::strangers::Strangers;
use crate::mailbox::Mailbox;

/// What a connection came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Served {
    /// Bytes that were answered.
    pub answered: usize,
    /// Transmitters that nobody knows.
    pub strangers: usize,
    /// Signals, signs of life among them.
    pub signals: usize,
}

/// Serves one connection on which `sent` comes, and then its end. All signals are kept.
pub async fn serve(settings: &Settings, sent: &[u8]) -> Served {
    let mailbox = Arc::new(Mailbox::default());
    let stations = settings.transmitters.iter().map(|transmitter| {
        let device = Device::new(&transmitter.device, Arc::clone(&mailbox));
        (transmitter.address, Arc::new(Station::new(transmitter.clone(), device)))
    });
    let strangers = Strangers::default();
    let mut connection =
        Connection::new(Arc::new(stations.collect()), strangers.clone(), Duration::from_millis(1));
    let (ours, theirs) = tokio::io::duplex(64 * 1024);
    let mut signals = 0;
    let keep = async {
        loop {
            for posted in mailbox.take(Duration::ZERO) {
                posted.voucher.kept();
                signals += 1;
            }
            tokio::task::yield_now().await;
        }
    };
    let play = async {
        let (answered, _ended) = tokio::join!(say(theirs, sent), connection.serve(ours));
        answered
    };
    let answered = tokio::select! {
        answered = play => answered,
        () = keep => 0,
    };
    signals += mailbox.take(Duration::ZERO).len();
    Served { answered, strangers: strangers.seen().len(), signals }
}

/// The same with one whole frame of the first transmitter around `data`: what gets past the sum.
pub async fn serve_data(settings: &Settings, data: &[u8]) -> Served {
    let nobody = SourceAddress([0; 6]);
    let frame = Frame {
        number: 1,
        version: [1, 0],
        time: [5, 30, 14, 19, 9, 26],
        source: settings.transmitters.first().map_or(nobody, |transmitter| transmitter.address),
        destination: nobody,
        command: 2,
        data: data.iter().copied().take(MOST_DATA_BYTES).collect(),
    };
    serve(settings, &frame.bytes()).await
}

/// Says all, hangs up, and counts what is answered.
async fn say(mut wire: DuplexStream, sent: &[u8]) -> usize {
    // It ends early if the other side has hung up.
    let _said = wire.write_all(sent).await;
    let _hung_up = wire.shutdown().await;
    let mut answers = Vec::new();
    let _ended = wire.read_to_end(&mut answers).await;
    answers.len()
}

//! Entry for fuzzers: what a transmitter sends on one connection.

use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::device::Device;
use crate::gb26875::connection::Connection;
use crate::gb26875::dialect::SourceAddress;
use crate::gb26875::frame::{Frame, MOST_DATA_BYTES};
use crate::gb26875::settings::Settings;
use crate::gb26875::station::Station;
use crate::gb26875::strangers::Strangers;
use crate::mailbox::Mailbox;

/// Serves one connection on which `sent` comes, and then its end. Nobody keeps what is told, so nothing
/// that tells something is confirmed. Returns how many bytes were answered, and how many strangers
/// spoke.
pub async fn serve(settings: &Settings, sent: &[u8]) -> (usize, usize) {
    let mailbox = Arc::new(Mailbox::new(1));
    let stations = settings.transmitters.iter().map(|transmitter| {
        let device = Device::new(&transmitter.device, Arc::clone(&mailbox));
        (transmitter.address, Arc::new(Station::new(transmitter.clone(), device)))
    });
    let strangers = Strangers::default();
    let mut connection =
        Connection::new(Arc::new(stations.collect()), strangers.clone(), Duration::from_millis(1));
    let (ours, mut theirs) = tokio::io::duplex(64 * 1024);
    let lose = async {
        loop {
            drop(mailbox.take(Duration::ZERO));
            tokio::task::yield_now().await;
        }
    };
    let play = async {
        let (sending, serving) = tokio::join!(
            async {
                let _ = theirs.write_all(sent).await;
                let _ = theirs.shutdown().await;
                let mut answers = Vec::new();
                let _ = theirs.read_to_end(&mut answers).await;
                answers.len()
            },
            async {
                let _ended = connection.serve(ours).await;
            }
        );
        let () = serving;
        sending
    };
    let answered = tokio::select! {
        answered = play => answered,
        () = lose => 0,
    };
    (answered, strangers.seen().len())
}

/// The same with one whole frame of the first transmitter around `data`: what gets past the sum.
pub async fn serve_data(settings: &Settings, data: &[u8]) -> (usize, usize) {
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

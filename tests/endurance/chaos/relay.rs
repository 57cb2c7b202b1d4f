//! A line between gateway and broker that the test cuts, stalls, slows, spoils and shuts. Bytes
//! pass untouched otherwise, so TLS is between the two ends.

use std::io;
use std::net::Ipv4Addr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Weather {
    Fair,
    /// Nothing gets through either way, and nobody is told: a half-open connection.
    Stalled,
    /// The broker hears everything, its answers get lost in time: it never acknowledges.
    Mute,
    /// Every piece is late.
    Slow(Duration),
    /// Connections are accepted and closed.
    Refusing,
}

/// The relay. Its port lives as long as the test.
pub(super) struct Relay {
    pub(super) port: u16,
    weather: watch::Sender<Weather>,
    /// Rises with every cut; a connection ends when it is not of this age.
    cuts: watch::Sender<u64>,
    /// Pieces that are still to be spoilt.
    to_spoil: Arc<AtomicU64>,
}

/// What both directions of a connection look at.
#[derive(Clone)]
struct Sky {
    weather: watch::Receiver<Weather>,
    cuts: watch::Receiver<u64>,
    to_spoil: Arc<AtomicU64>,
    /// From the broker to the gateway.
    is_answer: bool,
}

impl Relay {
    /// To a broker on this port, open.
    pub(super) async fn start(broker_port: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (weather, weather_now) = watch::channel(Weather::Fair);
        let (cuts, cuts_now) = watch::channel(0);
        let to_spoil = Arc::new(AtomicU64::new(0));
        let sky = Sky {
            weather: weather_now,
            cuts: cuts_now,
            to_spoil: to_spoil.clone(),
            is_answer: false,
        };
        tokio::spawn(accept(listener, broker_port, sky));
        Self { port, weather, cuts, to_spoil }
    }

    pub(super) fn set(&self, weather: Weather) {
        self.weather.send_replace(weather);
        if weather == Weather::Refusing {
            self.cut();
        }
    }

    /// Ends all connections at once.
    pub(super) fn cut(&self) {
        self.cuts.send_modify(|count| *count += 1);
    }

    /// Flips bits in the next piece that passes.
    pub(super) fn spoil(&self) {
        self.to_spoil.fetch_add(1, Ordering::Relaxed);
    }
}

async fn accept(listener: TcpListener, broker_port: u16, sky: Sky) {
    while let Ok((near, _)) = listener.accept().await {
        let mut sky = sky.clone();
        sky.cuts.borrow_and_update();
        if *sky.weather.borrow() == Weather::Refusing {
            continue;
        }
        let Ok(far) = TcpStream::connect((Ipv4Addr::LOCALHOST, broker_port)).await else {
            continue;
        };
        for stream in [&near, &far] {
            stream.set_nodelay(true).unwrap();
        }
        let (near_in, near_out) = near.into_split();
        let (far_in, far_out) = far.into_split();
        let answers = Sky { is_answer: true, ..sky.clone() };
        tokio::spawn(async move {
            // The first direction that ends takes the other with it.
            tokio::select! {
                _ = pass(near_in, far_out, sky) => {}
                _ = pass(far_in, near_out, answers) => {}
            }
        });
    }
}

async fn pass(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut sky: Sky) -> io::Result<()> {
    let mut piece = vec![0; 16 * 1024];
    loop {
        let count = tokio::select! {
            count = from.read(&mut piece) => count?,
            _ = sky.cuts.changed() => return Ok(()),
        };
        if count == 0 {
            return Ok(());
        }
        tokio::select! {
            () = sky.clone().clears() => {}
            _ = sky.cuts.changed() => return Ok(()),
        }
        let piece = &mut piece[..count];
        let spoils =
            sky.to_spoil.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |n| n.checked_sub(1));
        if spoils.is_ok() {
            piece[count / 2] ^= 0x55;
        }
        to.write_all(piece).await?;
    }
}

impl Sky {
    /// Waits until this direction may pass.
    async fn clears(mut self) {
        loop {
            let now = *self.weather.borrow_and_update();
            match now {
                Weather::Fair | Weather::Refusing => return,
                Weather::Slow(delay) => return tokio::time::sleep(delay).await,
                Weather::Mute if !self.is_answer => return,
                Weather::Mute | Weather::Stalled => {
                    if self.weather.changed().await.is_err() {
                        return;
                    }
                }
            }
        }
    }
}

//! The connections of a server: a bounded number, in which a crowd of strangers cannot keep out who
//! has shown a token.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv6Addr};
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use governor::{DefaultDirectRateLimiter, Quota, RateLimiter};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tracing::error;

use super::seldom::Seldom;

/// How often it is looked whether there is room again.
const LOOK_EVERY: Duration = Duration::from_millis(5);
/// Out of file descriptors, for one: it passes, the server stays.
const AFTER_FAULT: Duration = Duration::from_millis(100);

/// How many connections are let in, and for how long.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Crowd {
    /// So many at a time.
    pub(crate) places: usize,
    /// So many new ones a second; what comes faster waits in the system's queue.
    pub(crate) new_per_sec: u32,
    /// A stranger may use this time undisturbed.
    pub(crate) undisturbed: Duration,
}

impl Crowd {
    /// Strangers over TLS. Each costs about a millisecond of handshake, so that a flood takes at most a fifth
    /// of a core. The time undisturbed is enough for a handshake and a request over a slow line.
    pub(crate) fn of_strangers(places: usize) -> Self {
        Self { places, new_per_sec: 200, undisturbed: Duration::from_secs(1) }
    }

    /// Programs of this machine. They ask as soon as they are connected, and cost next to nothing.
    pub(crate) fn of_neighbours(places: usize) -> Self {
        Self { places, new_per_sec: 2000, undisturbed: Duration::from_millis(100) }
    }
}

/// Lets connections in.
pub(crate) struct Reception {
    crowd: Crowd,
    pace: DefaultDirectRateLimiter,
    list: Arc<GuestList>,
    fault: Seldom,
}

/// One connection that was let in. Its place is free again when this is dropped.
pub(crate) struct Guest {
    number: u64,
    from: IpAddr,
    is_trusted: Arc<AtomicBool>,
    has_asked: Arc<AtomicBool>,
    asked_to_leave: CancellationToken,
    list: Arc<GuestList>,
}

#[derive(Default)]
struct GuestList {
    guests: Mutex<Guests>,
    left: Notify,
}

#[derive(Default)]
struct Guests {
    next: u64,
    here: BTreeMap<u64, Here>,
}

struct Here {
    from: IpAddr,
    since: Instant,
    is_trusted: Arc<AtomicBool>,
    /// A whole request came.
    has_asked: Arc<AtomicBool>,
    ask_to_leave: CancellationToken,
}

impl Reception {
    /// With room for this crowd.
    pub(crate) fn new(crowd: Crowd) -> Self {
        let pace = NonZeroU32::new(crowd.new_per_sec).unwrap_or(NonZeroU32::MIN);
        let pace = RateLimiter::direct(Quota::per_second(pace));
        Self { crowd, pace, list: Arc::default(), fault: Seldom::default() }
    }

    /// The next connection. If all places are taken, a stranger has to leave for it; if nobody can be
    /// asked to, the connection waits.
    pub(crate) async fn next(&self, listener: &TcpListener) -> (TcpStream, Guest) {
        loop {
            while self.pace.check().is_err() {
                tokio::time::sleep(LOOK_EVERY).await;
            }
            match listener.accept().await {
                Ok((stream, from)) => {
                    let guest = self.admit(address_of(from.ip())).await;
                    return (stream, guest);
                }
                Err(fault) => {
                    if self.fault.is_due() {
                        error!(%fault, "cannot take a connection; tried again until it works");
                    }
                    tokio::time::sleep(AFTER_FAULT).await;
                }
            }
        }
    }

    async fn admit(&self, from: IpAddr) -> Guest {
        loop {
            let left = self.list.left.notified();
            {
                let mut guests = self.list.lock();
                if guests.here.len() < self.crowd.places {
                    return self.enter(&mut guests, from);
                }
                guests.ask_one_to_leave(self.crowd.undisturbed);
            }
            // Who may be asked changes with time, too.
            drop(tokio::time::timeout(LOOK_EVERY, left).await);
        }
    }

    fn enter(&self, guests: &mut Guests, from: IpAddr) -> Guest {
        let number = guests.next;
        guests.next += 1;
        let (is_trusted, has_asked): (Arc<AtomicBool>, Arc<AtomicBool>) = Default::default();
        let asked_to_leave = CancellationToken::new();
        let here = Here {
            from,
            since: Instant::now(),
            is_trusted: Arc::clone(&is_trusted),
            has_asked: Arc::clone(&has_asked),
            ask_to_leave: asked_to_leave.clone(),
        };
        guests.here.insert(number, here);
        Guest { number, from, is_trusted, has_asked, asked_to_leave, list: Arc::clone(&self.list) }
    }
}

impl Guests {
    /// Of the strangers, the one who has been here longest, from the address with the most of them; first of
    /// those who have not asked for anything yet.
    fn ask_one_to_leave(&self, undisturbed: Duration) {
        let strangers = || self.here.values().filter(|it| !it.is_trusted.load(Ordering::Relaxed));
        let mut crowds: BTreeMap<IpAddr, usize> = BTreeMap::new();
        strangers().for_each(|it| *crowds.entry(it.from).or_default() += 1);
        let may_be_asked = strangers().filter(|it| it.since.elapsed() >= undisturbed);
        let longest_first = |it: &&Here| {
            let is_idle = !it.has_asked.load(Ordering::Relaxed);
            (is_idle, crowds.get(&it.from).copied(), std::cmp::Reverse(it.since))
        };
        if let Some(it) = may_be_asked.max_by_key(longest_first) {
            it.ask_to_leave.cancel();
        }
    }
}

impl GuestList {
    fn lock(&self) -> MutexGuard<'_, Guests> {
        self.guests.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// Where the connection comes from; of IPv6 the network, because each has addresses without end.
    pub(crate) fn from(&self) -> IpAddr {
        self.from
    }

    /// It has shown a token: nobody takes its place.
    pub(crate) fn trust(&self) {
        self.is_trusted.store(true, Ordering::Relaxed);
    }

    /// It has asked for something: who has not is asked to leave first.
    pub(crate) fn has_asked(&self) {
        self.has_asked.store(true, Ordering::Relaxed);
    }

    /// Waits until the place is needed for another.
    pub(crate) async fn asked_to_leave(&self) {
        self.asked_to_leave.cancelled().await;
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.list.lock().here.remove(&self.number);
        self.list.left.notify_one();
    }
}

/// An address as one that is counted: IPv4 as such, however it came, and of IPv6 the network (/64).
fn address_of(ip: IpAddr) -> IpAddr {
    match ip.to_canonical() {
        IpAddr::V6(ip) => {
            let [a, b, c, d, ..] = ip.segments();
            Ipv6Addr::from([a, b, c, d, 0, 0, 0, 0]).into()
        }
        v4 => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const UNDISTURBED: Duration = Duration::from_secs(1);

    fn waited(guests: &Reception, number: u64, secs: u64) {
        let mut list = guests.list.lock();
        let here = list.here.get_mut(&number).unwrap();
        here.since = here.since.checked_sub(Duration::from_secs(secs)).unwrap();
    }

    #[tokio::test]
    async fn the_largest_crowd_makes_room_and_who_is_trusted_stays() {
        let address = |last: u8| IpAddr::from([10, 0, 0, last]);
        let reception = Reception::new(Crowd::of_strangers(4));
        let mut guests = Vec::new();
        for from in [1, 2, 2, 3] {
            guests.push(reception.admit(address(from)).await);
        }
        // The longest here is alone at its address; of the two others the first is trusted.
        waited(&reception, 0, 60);
        waited(&reception, 1, 50);
        waited(&reception, 2, 40);
        guests[1].trust();
        let asked = |guests: &[Guest]| -> Vec<u64> {
            let asked = guests.iter().filter(|guest| guest.asked_to_leave.is_cancelled());
            asked.map(|guest| guest.number).collect()
        };
        reception.list.lock().ask_one_to_leave(UNDISTURBED);
        assert_eq!(asked(&guests), [0], "all crowds are of one stranger: the longest here");
        guests.remove(0);
        guests.push(reception.admit(address(2)).await);
        waited(&reception, 4, 2);
        reception.list.lock().ask_one_to_leave(UNDISTURBED);
        assert_eq!(asked(&guests), [2], "two strangers of one address");
        guests.remove(1);
        guests[1].has_asked();
        reception.list.lock().ask_one_to_leave(UNDISTURBED);
        assert_eq!(asked(&guests), [4], "the one that has been here longer has asked");
    }

    #[tokio::test]
    async fn nobody_is_asked_to_leave_in_the_first_second() {
        let reception = Reception::new(Crowd::of_strangers(1));
        let first = reception.admit(IpAddr::from([10, 0, 0, 1])).await;
        let began = Instant::now();
        let leaves = async {
            first.asked_to_leave().await;
            drop(first);
        };
        let (second, ()) = tokio::join!(reception.admit(IpAddr::from([10, 0, 0, 1])), leaves);
        assert!(
            began.elapsed() >= UNDISTURBED - Duration::from_millis(50),
            "{:?}",
            began.elapsed()
        );
        drop(second);
        assert!(reception.list.lock().here.is_empty());
    }

    #[test]
    fn an_address_is_counted_as_its_owner_has_it() {
        let of = |text: &str| address_of(text.parse().unwrap()).to_string();
        assert_eq!(of("::ffff:10.0.0.1"), "10.0.0.1");
        assert_eq!(of("2001:db8:1:2:3:4:5:6"), of("2001:db8:1:2::9"));
        assert_ne!(of("2001:db8:1:2::9"), of("2001:db8:1:3::9"));
    }
}

//! The cameras that an eye looks at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use camera::{Decoder, GateCounts, SharedGate, SharedRing};
use runtime::Recurring;
use scene::MOST_STANDING_ZONES;
use tokio_util::sync::CancellationToken;

use super::cables::CableWatch;
use super::glances::Glances;
use super::second_looks::SecondLooks;
use super::standing::StandingZones;
use crate::protocol::{CameraNumber, Reference, Seat, Watch};

/// One camera at work.
pub(crate) struct SeatAtWork {
    pub(crate) camera: CameraNumber,
    /// Its id, for the log.
    pub(crate) name: String,
    /// Its number in the fair queue.
    pub(crate) turn: usize,
    /// Where its access units wait.
    pub(crate) gate: Arc<SharedGate>,
    /// The largest picture that is decoded, width times height.
    pub(crate) max_picture_px: u64,
    /// What its lane needs. A camera is with one lane at a time, so nobody waits for it there.
    pub(crate) decoder: Mutex<Option<Decoder>>,
    /// How often pictures of it were lost. With one lane at a time, as the decoder is.
    pub(crate) lost: Mutex<Recurring>,
    /// What its zones look like. With one lane at a time, as the decoder is.
    pub(crate) standing: Mutex<StandingZones>,
    /// What the gateway says of them, until the next look. Whoever brings it waits for no look.
    words: Mutex<Vec<ZoneWord>>,
    /// Ends its session.
    pub(crate) session: CancellationToken,
    /// Which of its two-wheelers are looked at next.
    second_looks: Mutex<SecondLooks>,
    cables: Mutex<CableWatch>,
    /// What the detector found when it last looked.
    glances: Mutex<Glances>,
    watch: Mutex<Watch>,
    ring: Mutex<Option<SharedRing>>,
}

/// What the gateway says of a zone.
pub(crate) enum ZoneWord {
    /// What an earlier eye knew of it.
    Refer(Reference),
    /// What stands in it now belongs there.
    Free(String),
}

/// More words than these are never under way: one of each kind for each zone.
const MOST_WORDS: usize = 2 * MOST_STANDING_ZONES;

/// All of them.
#[derive(Default)]
pub(crate) struct Seats(RwLock<Lists>);

#[derive(Default)]
struct Lists {
    by_number: BTreeMap<CameraNumber, Arc<SeatAtWork>>,
    by_turn: BTreeMap<usize, Arc<SeatAtWork>>,
}

impl Seats {
    /// Takes a camera in that has this `turn` in the fair queue.
    pub(crate) fn take_in(
        &self,
        seat: &Seat,
        turn: usize,
        session: CancellationToken,
    ) -> Arc<SeatAtWork> {
        let gate = SharedGate::new(seat.stream.decoder_queue_bytes);
        gate.set_pace(seat.watch.pace());
        let taken_in = Arc::new(SeatAtWork {
            camera: seat.camera,
            name: seat.stream.camera.clone(),
            turn,
            gate: Arc::new(gate),
            max_picture_px: seat.stream.max_picture_px,
            decoder: Mutex::default(),
            lost: Mutex::default(),
            standing: Mutex::default(),
            words: Mutex::default(),
            session,
            second_looks: Mutex::default(),
            cables: Mutex::default(),
            glances: Mutex::default(),
            watch: Mutex::new(seat.watch.clone()),
            ring: Mutex::new(seat.footage.map(SharedRing::new)),
        });
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        lists.by_number.insert(seat.camera, Arc::clone(&taken_in));
        lists.by_turn.insert(turn, Arc::clone(&taken_in));
        taken_in
    }

    /// Forgets a camera and answers it.
    pub(crate) fn take_out(&self, camera: CameraNumber) -> Option<Arc<SeatAtWork>> {
        let mut lists = self.0.write().unwrap_or_else(PoisonError::into_inner);
        let gone = lists.by_number.remove(&camera)?;
        lists.by_turn.remove(&gone.turn);
        Some(gone)
    }

    /// The camera of this number.
    pub(crate) fn of(&self, camera: CameraNumber) -> Option<Arc<SeatAtWork>> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lists.by_number.get(&camera).cloned()
    }

    /// What became of the access units of each camera so far.
    pub(crate) fn gates(&self) -> BTreeMap<CameraNumber, GateCounts> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lists.by_number.iter().map(|(camera, seat)| (*camera, seat.gate.counts())).collect()
    }

    /// The camera whose turn this is.
    pub(crate) fn at_turn(&self, turn: usize) -> Option<Arc<SeatAtWork>> {
        let lists = self.0.read().unwrap_or_else(PoisonError::into_inner);
        lists.by_turn.get(&turn).cloned()
    }
}

impl SeatAtWork {
    /// How it is looked at now.
    pub(crate) fn watch(&self) -> Watch {
        locked(&self.watch).clone()
    }

    /// Looks at it in another way from now on.
    pub(crate) fn look(&self, watch: Watch) {
        self.gate.set_pace(watch.pace());
        *locked(&self.watch) = watch;
    }

    /// Keeps a word of the gateway for the next look.
    pub(crate) fn hear(&self, word: ZoneWord) {
        let mut words = locked(&self.words);
        if words.len() < MOST_WORDS {
            words.push(word);
        }
    }

    /// What the gateway has said since the last look, in its order.
    pub(crate) fn words(&self) -> Vec<ZoneWord> {
        std::mem::take(&mut locked(&self.words))
    }

    /// Which of its two-wheelers are looked at next. With one lane at a time, as the decoder is.
    pub(crate) fn second_looks(&self) -> MutexGuard<'_, SecondLooks> {
        locked(&self.second_looks)
    }

    /// What is known of cables round its two-wheelers. With one lane at a time, as the decoder is.
    pub(crate) fn cables(&self) -> MutexGuard<'_, CableWatch> {
        locked(&self.cables)
    }

    /// What the detector found when it last looked. With one lane at a time, as the decoder is.
    pub(crate) fn glances(&self) -> MutexGuard<'_, Glances> {
        locked(&self.glances)
    }

    /// What is kept of it for clips, if anything is.
    pub(crate) fn ring(&self) -> Option<SharedRing> {
        locked(&self.ring).clone()
    }

    /// Forgets what was kept, and keeps nothing more that a clip could show.
    pub(crate) fn forget_footage(&self) {
        if let Some(ring) = locked(&self.ring).take() {
            // Its session and clips under way have it, too.
            ring.lock().close();
        }
    }
}

fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
impl Seats {
    /// A camera of which `ring` is kept, and that nobody is connected to.
    pub(crate) fn with_ring(&self, camera: CameraNumber, ring: SharedRing) -> Arc<SeatAtWork> {
        let url = "rtsp://127.0.0.1/".parse().unwrap();
        let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../models");
        let manifest = detector::Manifest::load(&models.join("yolox-nano")).unwrap();
        let seat = Seat {
            camera,
            stream: camera::Settings::new("cam", url),
            watch: Watch {
                interval: std::time::Duration::from_secs(1),
                detect: detector::DetectSettings::of(&manifest),
                wants_appearance: false,
                standing: Vec::new(),
                second_look: Vec::new(),
                crops: crate::protocol::Crops::default(),
                cables: crate::protocol::CableDemand::default(),
                quiet: None,
            },
            footage: None,
            learnt: camera::Learnt::default(),
        };
        let at_work = self.take_in(&seat, 0, CancellationToken::new());
        *locked(&at_work.ring) = Some(ring);
        at_work
    }
}

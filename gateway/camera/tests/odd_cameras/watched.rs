//! A camera that is kept connected by a session.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use camera::{Decoder, Health, SessionOutputs, Settings, SharedGate, SharedHealth, stay_connected};
use tokio_util::sync::CancellationToken;

/// Room of a gate, in bytes.
const GATE_BYTES: usize = 4 * 1024 * 1024;

/// A camera that is kept connected, and how it is.
pub(crate) struct Watched {
    pub(crate) health: SharedHealth,
    pub(crate) gate: Arc<SharedGate>,
    pub(crate) shutdown: CancellationToken,
}

impl Watched {
    pub(crate) fn start(settings: Settings) -> Self {
        camera::init_libav().unwrap();
        let gate = Arc::new(SharedGate::new(GATE_BYTES));
        let health = SharedHealth::default();
        let turns = AtomicU64::new(0);
        let outputs = SessionOutputs {
            learnt: Default::default(),
            handed_over: Default::default(),
            gate: Arc::clone(&gate),
            request_turn: Arc::new(move || {
                turns.fetch_add(1, Ordering::Relaxed);
            }),
            is_news: true,
            health: health.clone(),
            ring: None,
        };
        let shutdown = CancellationToken::new();
        tokio::spawn(stay_connected(settings, outputs, shutdown.clone()));
        Self { health, gate, shutdown }
    }

    pub(crate) async fn until(
        &self,
        limit: Duration,
        is_it: impl Fn(&Health) -> bool,
    ) -> Option<Health> {
        let started = Instant::now();
        while started.elapsed() < limit {
            if let Some(health) = self.health.get().filter(&is_it) {
                return Some(health);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        None
    }

    pub(crate) async fn reason(&self) -> String {
        let offline = |health: &Health| matches!(health, Health::Offline { .. });
        match self.until(Duration::from_secs(30), offline).await {
            Some(Health::Offline { reason }) => reason,
            other => panic!("{other:?}, {:?}", self.health.get()),
        }
    }

    /// Decodes what the gate hands out, as a worker does, until there are so many pictures.
    pub(crate) async fn decoded(&self, pictures: usize) {
        let mut decoder = None;
        let mut decoded = 0;
        let started = Instant::now();
        while decoded < pictures {
            assert!(
                started.elapsed() < Duration::from_secs(20),
                "{decoded} of {pictures} pictures"
            );
            let Some((codec, run)) = self.gate.take() else {
                tokio::time::sleep(Duration::from_millis(5)).await;
                continue;
            };
            let decoder = decoder
                .get_or_insert_with(|| Decoder::open(codec, Settings::MAX_PICTURE_PX).unwrap());
            let is_due = run.is_due;
            let made = decoder.decode(&run, |_| {}).unwrap();
            assert!(made.picture.is_some() || !is_due, "a due picture is missing");
            decoded += usize::from(made.picture.is_some() && is_due);
            if made.needs_random_access_point {
                self.gate.await_random_access_point();
            }
        }
    }
}

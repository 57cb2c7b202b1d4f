//! The worker threads: one inference session each, all cameras shared.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use detector::Detector;
use tracing::{error, error_span};

use super::line::{Bench, Line};
use super::registrar::{Failure, Registrar};
use super::rota::Rota;
use camera::Scaler;

/// A fixed pool of worker threads, sized to the cores, and the cameras' lines that they serve.
///
/// One picture at a time on one thread each: batches and threads within one inference both lost
/// against this in measurement.
pub(crate) struct Pool {
    shop: Arc<Shop>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

/// What the workers share.
struct Shop {
    rota: Arc<Rota>,
    /// By the number that the rota gave; empty once dismissed.
    lines: RwLock<Vec<Arc<Place>>>,
    /// The number of each camera that is not dismissed.
    numbers: RwLock<BTreeMap<String, usize>>,
    registrar: Registrar,
}

/// Where a camera's line lies between its turns.
type Place = Mutex<Option<NamedLine>>;

/// A camera's line, named for the log.
struct NamedLine {
    name: String,
    line: Line,
}

impl Pool {
    /// Starts one worker for each of `detectors`. `fail` is called once the ledger fails for good.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(
        detectors: Vec<Detector>,
        registrar: Registrar,
        fail: impl Fn(Failure) + Send + Clone + 'static,
    ) -> io::Result<Self> {
        let (rota, lines, numbers) = (Arc::default(), RwLock::default(), RwLock::default());
        let shop = Arc::new(Shop { rota, lines, numbers, registrar });
        let mut workers = Vec::with_capacity(detectors.len());
        for (number, detector) in detectors.into_iter().enumerate() {
            let (shop, fail) = (Arc::clone(&shop), fail.clone());
            let thread = std::thread::Builder::new().name(format!("analysis-{number}"));
            workers.push(thread.spawn(move || {
                let bench = Bench { detector, scaler: Scaler::default() };
                if let Err(failure) = shop.work(bench) {
                    fail(failure);
                }
            })?);
        }
        Ok(Self { shop, workers: Mutex::new(workers) })
    }

    /// Takes a camera in, under the number that is answered.
    pub(crate) fn admit(&self, name: String, line: Line) -> usize {
        let known_as = name.clone();
        let place = Arc::new(Mutex::new(Some(NamedLine { name, line })));
        let mut lines = self.shop.lines.write().unwrap_or_else(PoisonError::into_inner);
        lines.push(place);
        // Under the lock, so that numbers and places go together.
        let number = self.shop.rota.admit();
        let mut numbers = self.shop.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.insert(known_as, number);
        number
    }

    /// What a camera's session calls when a picture waits.
    pub(crate) fn bell(&self, camera: usize) -> Arc<dyn Fn() + Send + Sync> {
        let rota = Arc::clone(&self.shop.rota);
        Arc::new(move || rota.request(camera))
    }

    /// Changes a camera's line between two of its turns; waits for the one under way. Answers
    /// `None` if the camera was dismissed.
    pub(crate) fn change<T>(
        &self,
        camera: usize,
        change: impl FnOnce(&mut Line, &Registrar) -> T,
    ) -> Option<T> {
        let place = self.shop.place(camera)?;
        let mut place = taken(&place);
        place.as_mut().map(|named| change(&mut named.line, &self.shop.registrar))
    }

    /// As [`Pool::change`], by the camera's name; `None` if there is no such camera.
    pub(crate) fn change_named<T>(
        &self,
        name: &str,
        change: impl FnOnce(&mut Line, &Registrar) -> T,
    ) -> Option<T> {
        let numbers = self.shop.numbers.read().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.get(name).copied();
        drop(numbers);
        self.change(number?, change)
    }

    /// The cameras that are not dismissed, by name.
    pub(crate) fn names(&self) -> Vec<String> {
        let numbers = self.shop.numbers.read().unwrap_or_else(PoisonError::into_inner);
        numbers.keys().cloned().collect()
    }

    /// Tells every camera that is not just taking its turn that time has passed.
    ///
    /// # Errors
    /// [`Failure`] if the ledger can no longer be trusted.
    pub(crate) fn pass_time(&self) -> Result<(), Failure> {
        let lines = self.shop.lines.read().unwrap_or_else(PoisonError::into_inner).clone();
        for place in lines {
            // A picture passes time as well.
            let Ok(mut place) = place.try_lock() else { continue };
            if let Some(NamedLine { line, .. }) = &mut *place {
                line.pass_time(&self.shop.registrar)?;
            }
        }
        Ok(())
    }

    /// Takes a camera out, after the turn under way.
    pub(crate) fn dismiss(&self, camera: usize) {
        let mut numbers = self.shop.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.retain(|_, number| *number != camera);
        drop(numbers);
        self.shop.rota.dismiss(camera);
        if let Some(place) = self.shop.place(camera) {
            *taken(&place) = None;
        }
    }

    /// Lets every worker finish its picture, then saves every camera's state.
    pub(crate) fn stop(&self) {
        self.shop.rota.close();
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        for worker in workers.drain(..) {
            if worker.join().is_err() {
                error!("an analysis worker had panicked");
            }
        }
        let lines = self.shop.lines.read().unwrap_or_else(PoisonError::into_inner);
        for place in lines.iter() {
            let mut place = taken(place);
            let Some(NamedLine { name, line }) = &mut *place else { continue };
            line.flush_observations();
            if let Err(error) = line.save(&self.shop.registrar) {
                error!(camera = name, %error, "states not saved; the last saved ones count");
                return;
            }
        }
    }
}

impl Shop {
    fn work(&self, mut bench: Bench) -> Result<(), Failure> {
        while let Some(camera) = self.rota.next() {
            if let Some(place) = self.place(camera) {
                // The rota gives a camera to one worker at a time: only a change of the
                // configuration is ever waited for here.
                if let Some(NamedLine { name, line }) = &mut *taken(&place) {
                    let _entered = error_span!("camera", id = %name).entered();
                    line.take_turn(&mut bench, &self.registrar)?;
                }
            }
            self.rota.done(camera);
        }
        Ok(())
    }

    fn place(&self, camera: usize) -> Option<Arc<Place>> {
        let lines = self.lines.read().unwrap_or_else(PoisonError::into_inner);
        lines.get(camera).map(Arc::clone)
    }
}

fn taken(place: &Place) -> MutexGuard<'_, Option<NamedLine>> {
    place.lock().unwrap_or_else(PoisonError::into_inner)
}

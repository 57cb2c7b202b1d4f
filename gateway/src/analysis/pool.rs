//! The worker threads: one inference session each, all cameras shared.

use std::collections::BTreeMap;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};
use std::thread::JoinHandle;

use detector::Detector;
use tracing::{error, error_span};

use super::alert_recorder::{AlertRecorder, RecordError};
use super::fair_queue::FairQueue;
use super::pipeline::CameraPipeline;
use super::worker_context::WorkerContext;
use crate::camera_order::{CameraOrder, CameraOrders};
use camera::Scaler;

/// A fixed pool of worker threads, sized to the cores, and the cameras' pipelines that they serve.
///
/// Each worker analyses one picture at a time on one thread. Batches, and several threads for one
/// inference, were slower when measured.
pub(crate) struct Pool {
    shared: Arc<Shared>,
    workers: Mutex<Vec<JoinHandle<()>>>,
    /// Called when the ledger can no longer be trusted.
    fail: Arc<dyn Fn(RecordError) + Send + Sync>,
}

/// What the workers share.
struct Shared {
    queue: Arc<FairQueue>,
    /// By the number that the queue gave; empty once dismissed.
    slots: RwLock<Vec<Arc<Slot>>>,
    /// The number of each camera that is not dismissed.
    numbers: RwLock<BTreeMap<String, usize>>,
    recorder: AlertRecorder,
}

/// Where a camera's pipeline lies between its turns.
type Slot = Mutex<Option<NamedPipeline>>;

/// A camera's pipeline, named for the log.
struct NamedPipeline {
    name: String,
    pipeline: CameraPipeline,
}

impl Pool {
    /// Starts one worker for each of `detectors`. `fail` is called when the ledger fails for good.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(
        detectors: Vec<Detector>,
        recorder: AlertRecorder,
        fail: impl Fn(RecordError) + Send + Sync + 'static,
    ) -> io::Result<Self> {
        let fail: Arc<dyn Fn(RecordError) + Send + Sync> = Arc::new(fail);
        let (queue, slots, numbers) = (Arc::default(), RwLock::default(), RwLock::default());
        let shared = Arc::new(Shared { queue, slots, numbers, recorder });
        let mut workers = Vec::with_capacity(detectors.len());
        for (number, detector) in detectors.into_iter().enumerate() {
            let (shared, fail) = (Arc::clone(&shared), Arc::clone(&fail));
            let thread = std::thread::Builder::new().name(format!("analysis-{number}"));
            workers.push(thread.spawn(move || {
                let context = WorkerContext { detector, scaler: Scaler::default() };
                if let Err(failure) = shared.work(context) {
                    fail(failure);
                }
            })?);
        }
        Ok(Self { shared, workers: Mutex::new(workers), fail })
    }

    /// Takes a camera in, under the number that is answered.
    pub(crate) fn admit(&self, name: String, pipeline: CameraPipeline) -> usize {
        let known_as = name.clone();
        let slot = Arc::new(Mutex::new(Some(NamedPipeline { name, pipeline })));
        let mut slots = self.shared.slots.write().unwrap_or_else(PoisonError::into_inner);
        slots.push(slot);
        // Under the lock, so that numbers and slots go together.
        let number = self.shared.queue.admit();
        let mut numbers = self.shared.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.insert(known_as, number);
        number
    }

    /// What a camera's session calls when a picture waits.
    pub(crate) fn turn_request(&self, camera: usize) -> Arc<dyn Fn() + Send + Sync> {
        let queue = Arc::clone(&self.shared.queue);
        Arc::new(move || queue.request(camera))
    }

    /// Changes a camera's pipeline between two of its turns; waits for the one under way. Answers
    /// `None` if the camera was dismissed.
    pub(crate) fn change<T>(
        &self,
        camera: usize,
        change: impl FnOnce(&mut CameraPipeline, &AlertRecorder) -> T,
    ) -> Option<T> {
        let slot = self.shared.slot(camera)?;
        let mut slot = locked(&slot);
        slot.as_mut().map(|named| change(&mut named.pipeline, &self.shared.recorder))
    }

    fn carry_out(
        &self,
        camera: Option<&str>,
        order: &CameraOrder<'_>,
    ) -> Result<bool, RecordError> {
        let mut is_done = false;
        for slot in self.shared.slots_of(camera) {
            let mut slot = if order.is_done_by_a_picture() {
                let Ok(slot) = slot.try_lock() else { continue };
                slot
            } else {
                locked(&slot)
            };
            if let Some(NamedPipeline { pipeline, .. }) = &mut *slot {
                is_done |= pipeline.carry_out(order, &self.shared.recorder)?;
            }
        }
        Ok(is_done)
    }

    /// Takes a camera out, after the turn under way.
    pub(crate) fn dismiss(&self, camera: usize) {
        let mut numbers = self.shared.numbers.write().unwrap_or_else(PoisonError::into_inner);
        numbers.retain(|_, number| *number != camera);
        drop(numbers);
        self.shared.queue.dismiss(camera);
        if let Some(slot) = self.shared.slot(camera) {
            *locked(&slot) = None;
        }
    }

    /// Lets every worker finish its picture, then saves every camera's state.
    pub(crate) fn stop(&self) {
        self.shared.queue.close();
        let mut workers = self.workers.lock().unwrap_or_else(PoisonError::into_inner);
        for worker in workers.drain(..) {
            if worker.join().is_err() {
                error!("an analysis worker had panicked");
            }
        }
        for slot in self.shared.slots_of(None) {
            let mut slot = locked(&slot);
            let Some(NamedPipeline { name, pipeline }) = &mut *slot else { continue };
            pipeline.flush_observations();
            if let Err(error) = pipeline.save(&self.shared.recorder) {
                error!(camera = name, %error, "the state of the rules is not saved; the last saved one counts");
                return;
            }
        }
    }
}

impl CameraOrders for Arc<Pool> {
    fn order(&self, camera: Option<&str>, order: &CameraOrder<'_>) -> bool {
        self.carry_out(camera, order).unwrap_or_else(|error| {
            (self.fail)(error);
            false
        })
    }
}

impl Shared {
    fn work(&self, mut context: WorkerContext) -> Result<(), RecordError> {
        while let Some(camera) = self.queue.next() {
            if let Some(slot) = self.slot(camera) {
                // The queue gives a camera to one worker at a time: only an order or a change of
                // the configuration is ever waited for here.
                if let Some(NamedPipeline { name, pipeline }) = &mut *locked(&slot) {
                    let _entered = error_span!("camera", id = %name).entered();
                    pipeline.take_turn(&mut context, &self.recorder)?;
                }
            }
            self.queue.done(camera);
        }
        Ok(())
    }

    fn slot(&self, camera: usize) -> Option<Arc<Slot>> {
        let slots = self.slots.read().unwrap_or_else(PoisonError::into_inner);
        slots.get(camera).map(Arc::clone)
    }

    /// The slot of one camera, or those of all.
    fn slots_of(&self, camera: Option<&str>) -> Vec<Arc<Slot>> {
        let Some(name) = camera else {
            return self.slots.read().unwrap_or_else(PoisonError::into_inner).clone();
        };
        let numbers = self.numbers.read().unwrap_or_else(PoisonError::into_inner);
        let number = numbers.get(name).copied();
        drop(numbers);
        number.and_then(|number| self.slot(number)).into_iter().collect()
    }
}

fn locked(slot: &Slot) -> MutexGuard<'_, Option<NamedPipeline>> {
    slot.lock().unwrap_or_else(PoisonError::into_inner)
}

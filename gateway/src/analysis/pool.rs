//! The worker threads: one inference session each, all cameras shared.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use detector::Detector;
use tracing::{error, error_span};

use super::line::{Bench, Line};
use super::registrar::{Failure, Registrar};
use super::rota::Rota;
use crate::camera::Scaler;

/// A camera's line, named for the log.
pub(crate) type NamedLine = (String, Line);

/// A fixed pool of worker threads, sized to the cores.
///
/// One picture at a time on one thread each: batches and threads within one inference both lost
/// against this in measurement.
pub(crate) struct Pool {
    rota: Arc<Rota>,
    lines: Arc<[Mutex<NamedLine>]>,
    registrar: Arc<Registrar>,
    workers: Vec<JoinHandle<()>>,
}

impl Pool {
    /// Starts one worker for each of `detectors`. `fail` is called once the ledger fails for good.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(
        detectors: Vec<Detector>,
        lines: Vec<NamedLine>,
        rota: Arc<Rota>,
        registrar: Registrar,
        fail: impl Fn(Failure) + Send + Clone + 'static,
    ) -> io::Result<Self> {
        let lines: Arc<[Mutex<NamedLine>]> = lines.into_iter().map(Mutex::new).collect();
        let registrar = Arc::new(registrar);
        let mut workers = Vec::with_capacity(detectors.len());
        for (number, detector) in detectors.into_iter().enumerate() {
            let worker = Worker {
                rota: Arc::clone(&rota),
                lines: Arc::clone(&lines),
                registrar: Arc::clone(&registrar),
            };
            let fail = fail.clone();
            let thread = std::thread::Builder::new().name(format!("analysis-{number}"));
            workers.push(thread.spawn(move || {
                let bench = Bench { detector, scaler: Scaler::default() };
                if let Err(failure) = worker.work(bench) {
                    fail(failure);
                }
            })?);
        }
        Ok(Self { rota, lines, registrar, workers })
    }

    /// Lets every worker finish its picture, then saves every camera's observations and state.
    pub(crate) fn stop(self) {
        self.rota.close();
        for worker in self.workers {
            if worker.join().is_err() {
                error!("an analysis worker had panicked");
            }
        }
        for line in self.lines.iter() {
            let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
            line.1.flush_observations();
        }
        for line in self.lines.iter() {
            let line = line.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = line.1.save(&self.registrar) {
                error!(camera = line.0, %error, "states not saved; the last saved ones count");
                return;
            }
        }
    }
}

struct Worker {
    rota: Arc<Rota>,
    lines: Arc<[Mutex<NamedLine>]>,
    registrar: Arc<Registrar>,
}

impl Worker {
    fn work(&self, mut bench: Bench) -> Result<(), Failure> {
        while let Some(camera) = self.rota.next() {
            if let Some(line) = self.lines.get(camera) {
                // The rota gives a camera to one worker at a time: this lock is never waited for.
                let mut line = line.lock().unwrap_or_else(PoisonError::into_inner);
                let (name, line) = &mut *line;
                let _entered = error_span!("camera", id = %name).entered();
                line.take_turn(&mut bench, &self.registrar)?;
            }
            self.rota.done(camera);
        }
        Ok(())
    }
}

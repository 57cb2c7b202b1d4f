//! The connections to doors and sensors: a task for each, all on one thread.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use std::time::Duration;

use intake::gb26875::{Strangers, Transmitter};
use intake::{
    Device, DeviceHealth, DeviceMemory, Mailbox, dahua, gb26875, isapi, modbus, mqtt, onvif,
};
use runtime::{LONGEST_STEP, loops};
use tokio::runtime::{Builder, Handle};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_util::sync::CancellationToken;
use tracing::{error, warn};

use super::link::{DeviceLink, listener, own_topic};
use super::routes::{Route, SensorRoutes};

/// Connections that do not end within this time are cut off.
const PARTING: Duration = Duration::from_secs(2);

/// Why no device can be talked to.
#[derive(Debug, thiserror::Error)]
#[error("cannot start the thread that talks to doors and sensors: {0}")]
pub(crate) struct LinesError(std::io::Error);

/// The connections to doors and sensors. Cheap to clone: all clones are one.
#[derive(Clone)]
pub(crate) struct DeviceLines(Arc<Mutex<Lines>>);

struct Lines {
    runtime: Handle,
    mailbox: Arc<Mailbox>,
    routes: SensorRoutes,
    lines: BTreeMap<String, Line>,
    /// Where transmitters call, and who may.
    callers: BTreeMap<SocketAddr, Callers>,
    stop: CancellationToken,
    thread: Option<thread::JoinHandle<()>>,
}

/// What goes on when a device is connected anew.
pub(crate) type Kept = (DeviceHealth, DeviceMemory);

/// A task that ends when it is told to.
struct Line {
    stop: CancellationToken,
    task: JoinHandle<()>,
}

/// The transmitters that call at one place.
#[derive(Default)]
struct Callers {
    line: Option<Line>,
    known: BTreeMap<String, (Transmitter, Kept)>,
}

impl DeviceLines {
    /// No device yet. What they say goes to `mailbox`; what they publish comes by `routes`.
    ///
    /// # Errors
    /// If the system refuses a thread.
    pub(crate) fn start(mailbox: Arc<Mailbox>, routes: SensorRoutes) -> Result<Self, LinesError> {
        let runtime = Builder::new_current_thread().enable_all().build().map_err(LinesError)?;
        let (handle, stop) = (runtime.handle().clone(), CancellationToken::new());
        let stopped = stop.clone();
        let body = move || {
            runtime.block_on(async {
                tokio::spawn(loops().watch("intake", LONGEST_STEP).keep_beating());
                stopped.cancelled().await;
            });
            // Not a plain drop: that would wait for a name lookup that hangs.
            runtime.shutdown_background();
        };
        let thread =
            thread::Builder::new().name("intake".into()).spawn(body).map_err(LinesError)?;
        let lines = Lines {
            runtime: handle,
            mailbox,
            routes,
            lines: BTreeMap::new(),
            callers: BTreeMap::new(),
            stop,
            thread: Some(thread),
        };
        Ok(Self(Arc::new(Mutex::new(lines))))
    }

    /// Takes the devices `gone` off, all at once, then connects those that `come`. Each goes on with what is
    /// kept of it. Transmitters that call at a place at which something changes must call again.
    pub(crate) fn change<'a>(
        &self,
        gone: impl Iterator<Item = &'a str>,
        come: impl Iterator<Item = (String, DeviceLink, Kept)>,
    ) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let (mut changed, mut ending) = (BTreeSet::new(), Vec::new());
        gone.for_each(|id| ending.extend(lines.take_off(id, &mut changed)));
        for (id, link, kept) in come {
            changed.extend(lines.put_on(id, link, kept));
        }
        let callers = &mut lines.callers;
        let silenced = changed
            .iter()
            .filter_map(|listen| callers.get_mut(listen).and_then(|it| it.line.take()));
        ending.extend(silenced);
        lines.end(ending);
        changed.into_iter().for_each(|listen| lines.listen(listen));
    }

    /// All devices of the configuration are here, so what is published by none of them is a stranger's.
    pub(crate) fn begin(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).routes.begin();
    }

    /// A device that was taken off does not come back: what it publishes from now on is a stranger's.
    pub(crate) fn forget(&self, id: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).routes.remove(id);
    }

    /// Ends all connections, and their thread. Blocks.
    pub(crate) fn stop(&self) {
        let mut lines = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let of_callers = std::mem::take(&mut lines.callers).into_values().filter_map(|it| it.line);
        let mut all: Vec<Line> = of_callers.collect();
        all.extend(std::mem::take(&mut lines.lines).into_values());
        lines.end(all);
        lines.stop.cancel();
        if lines.thread.take().is_some_and(|thread| thread.join().is_err()) {
            error!("the thread that talks to doors and sensors had panicked");
        }
    }
}

impl Lines {
    /// Takes a device off. Gives its connection, which must be ended; notes where the gateway must listen
    /// anew.
    fn take_off(&mut self, id: &str, changed: &mut BTreeSet<SocketAddr>) -> Option<Line> {
        let callers = self.callers.iter_mut();
        changed.extend(callers.filter_map(|(at, it)| it.known.remove(id).map(|_| *at)));
        self.lines.remove(id)
    }

    /// Connects a device, or gives where the gateway must listen anew.
    fn put_on(&mut self, id: String, link: DeviceLink, kept: Kept) -> Option<SocketAddr> {
        if !matches!(link, DeviceLink::Mqtt(_)) {
            self.routes.remove(&id);
        }
        if let DeviceLink::Gb26875 { listen, transmitter } = link {
            self.callers.entry(listen).or_default().known.insert(id, (transmitter, kept));
            return Some(listen);
        }
        let device = self.device(&id, kept);
        let line = self.connect(&id, link, device);
        self.lines.extend(line.map(|line| (id, line)));
        None
    }

    fn device(&self, id: &str, (health, memory): Kept) -> Device {
        Device::new(id, Arc::clone(&self.mailbox)).with_health(health).with_memory(memory)
    }

    fn connect(&self, id: &str, link: DeviceLink, device: Device) -> Option<Line> {
        let stop = CancellationToken::new();
        let until = stop.clone();
        let task = match link {
            DeviceLink::Isapi(settings) => self.runtime.spawn(isapi::run(settings, device, until)),
            DeviceLink::Dahua(settings) => self.runtime.spawn(dahua::run(settings, device, until)),
            DeviceLink::Onvif(settings) => self.runtime.spawn(onvif::run(settings, device, until)),
            DeviceLink::Modbus(settings) => {
                self.runtime.spawn(modbus::run(settings, device, until))
            }
            DeviceLink::Mqtt(settings) => {
                let (filters, own) = (mqtt::filters(&settings), own_topic(&settings));
                let inbox = Arc::new(mqtt::Inbox::new(settings, vec![device]));
                self.routes.put(id, Route { inbox: Arc::clone(&inbox), filters, own });
                self.runtime.spawn(mqtt::run(inbox, until))
            }
            // They share a task; see `listen`.
            DeviceLink::Gb26875 { .. } => return None,
        };
        Some(Line { stop, task })
    }

    /// Listens anew for the transmitters that call at one place, at which nobody listens now.
    fn listen(&mut self, listen: SocketAddr) {
        let Some(mut callers) = self.callers.remove(&listen) else { return };
        if callers.known.is_empty() {
            return;
        }
        let known = callers.known.iter();
        let devices = known.clone().map(|(id, (_, kept))| self.device(id, kept.clone()));
        let devices: Vec<Device> = devices.collect();
        let transmitters = known.map(|(_, (transmitter, _))| transmitter.clone()).collect();
        let settings = listener(listen, transmitters);
        let stop = CancellationToken::new();
        let task = gb26875::run(settings, devices, Strangers::default(), stop.clone());
        callers.line = Some(Line { stop, task: self.runtime.spawn(task) });
        self.callers.insert(listen, callers);
    }

    /// Blocks until all these tasks have ended, side by side; not for long.
    fn end(&self, ending: Vec<Line>) {
        if ending.is_empty() {
            return;
        }
        ending.iter().for_each(|line| line.stop.cancel());
        let (ended, wait) = mpsc::channel::<()>();
        // Whoever calls may be a task itself, which may not drive another runtime.
        self.runtime.spawn(async move {
            let _until_then = ended;
            let deadline = Instant::now() + PARTING;
            for Line { mut task, .. } in ending {
                if timeout_at(deadline, &mut task).await.is_err() {
                    warn!("a connection to a door or sensor did not end in time");
                    task.abort();
                }
            }
        });
        // It ends when the other side is gone: there is nothing to receive.
        for () in wait {}
    }
}

#[cfg(test)]
mod tests;

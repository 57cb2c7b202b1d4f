//! An eye from its first order to its end.

use std::collections::BTreeMap;
use std::future::Future;
use std::io::{self, BufReader};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::pin::pin;
use std::sync::Arc;
use std::sync::mpsc::{Sender, channel};
use std::task::Poll;
use std::thread::JoinHandle;
use std::time::Duration;

use camera::{Health, SessionOutputs, SharedHealth, SharedLearnt, stay_connected};
use detector::ModelFiles;
use rustix::process::{DumpableBehavior, Signal, getpid, kill_process, set_dumpable_behavior};
use tokio::runtime::Handle;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, error_span};

use super::clips::Clips;
use super::confinement::confine;
use super::fair_queue::FairQueue;
use super::lane::{Lane, LaneOrder};
use super::measurements::Measurements;
use super::readers::Readers;
use super::reports::Reports;
use super::seats::{Seats, ZoneWord};
use crate::inference::Inference;
use crate::logbook::{Logbook, Page};
use crate::picture::MaskSearch;
use crate::protocol::{
    CameraNumber, Order, PROTOCOL, Ready, Report, Seat, Start, read_order, read_start,
};

/// How often metrics go up.
const MEASURE_EVERY: Duration = Duration::from_secs(1);

/// How often the thread of the sessions says that it goes on.
const BEAT_EVERY: Duration = Duration::from_millis(200);

/// How long cameras may take to answer TEARDOWN once the eye stops.
const TEARDOWN_LIMIT: Duration = Duration::from_secs(2);

/// The thread of the sessions in the logbook; the lanes follow.
const SESSIONS_PAGE: u16 = 0;

/// Why a process cannot be an eye.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// Somebody typed the command.
    #[error("`gridwhistle eye` is a part of the gateway; start the gateway with `gridwhistle run`")]
    NotStartedByAGateway,
    /// The system refused a thread, a signal or a socket.
    #[error("cannot look at cameras: {0}")]
    System(#[from] io::Error),
}

/// The eye, as the thread that reads its orders knows it.
struct Eye {
    seats: Arc<Seats>,
    queue: Arc<FairQueue>,
    clips: Clips,
    lanes: Vec<Sender<LaneOrder>>,
    reports: Reports,
    sessions: TaskTracker,
    shutdown: CancellationToken,
    page: Arc<Page>,
    readers: Readers,
    runtime: Handle,
}

/// Looks at cameras as the gateway orders, by the socket that is standard input, until the gateway
/// says stop or is gone. The logbook is standard output.
///
/// # Errors
/// [`ServeError`].
pub fn serve() -> Result<(), ServeError> {
    runtime::tell_panics_briefly();
    // A core dump would hold passwords, and hold up the next eye while it is written.
    let _kept = set_dumpable_behavior(DumpableBehavior::NotDumpable);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let _ignored = {
        // The gateway ends its eyes. A signal for the whole service does not, from the first moment on.
        let _within = runtime.enter();
        (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?)
    };
    let socket = UnixStream::from(io::stdin().as_fd().try_clone_to_owned()?);
    if socket.local_addr().is_err() {
        return Err(ServeError::NotStartedByAGateway);
    }
    let mut orders = BufReader::new(socket.try_clone()?);
    let reports = Reports::by(socket);
    let Ok(Some((start, weights))) = read_start(&mut orders) else {
        return Err(ServeError::NotStartedByAGateway);
    };
    // Whoever reads the log may stand still from the first line on.
    runtime::hold_log();
    let _entered = error_span!("eye", n = start.number).entered();
    #[cfg(debug_assertions)]
    super::harm::EYE.get_or_init(|| start.number);
    let logbook = Logbook::of(io::stdout().as_fd().try_clone_to_owned()?, start.lanes);
    let inference = match prepare(&start, weights) {
        Ok(inference) => inference,
        Err(reason) => {
            reports.send(&Report::Refused(reason));
            return Ok(());
        }
    };
    let measurements = Measurements::install();
    let precision = inference.models.first().map_or(start.precision, |it| it.detector.precision());
    // Threads inherit what the thread that starts them may do. So all others start after this.
    let confinement = confine();
    runtime::log_without_waiting()?;
    reports.send(&Report::Ready(Ready { precision, confinement }));
    runtime.block_on(work(inference, logbook, (orders, reports), measurements))?;
    runtime.shutdown_background();
    Ok(())
}

fn prepare(start: &Start, [weights, crops, cables]: [Vec<u8>; 3]) -> Result<Inference, String> {
    if start.protocol != PROTOCOL {
        return Err("the program file was replaced while the gateway ran; restart it".to_owned());
    }
    camera::init_libav().map_err(|error| format!("FFmpeg's libraries cannot be used: {error}"))?;
    let mut model = ModelFiles::handed_over(start.model_toml.clone(), start.precision, weights)
        .map_err(|error| error.to_string())?;
    if let Some(second_look) = &start.second_look {
        let files = second_look.files(crops).map_err(|error| error.to_string())?;
        model.second_look = Some(files);
    }
    if let Some(cable) = &start.cable {
        model.cable = Some(cable.files(cables).map_err(|error| error.to_string())?);
    }
    Inference::of(&model, &start.onnxruntime_file, start.lanes.into())
        .map_err(|error| error.to_string())
}

async fn work(
    inference: Inference,
    logbook: Logbook,
    (orders, reports): (BufReader<UnixStream>, Reports),
    measurements: Measurements,
) -> Result<(), ServeError> {
    let (seats, queue): (Arc<Seats>, Arc<FairQueue>) = Default::default();
    let (lanes, mut threads) = start_lanes(inference, &logbook, &reports, (&seats, &queue))?;
    let clips = Clips::new(reports.clone());
    let (at_work, page) = (clips.clone(), logbook.clips_page());
    threads.push(thread("clips", move || at_work.work(&page))?);
    let (sessions, shutdown) = (TaskTracker::new(), CancellationToken::new());
    let eye = Eye {
        seats: Arc::clone(&seats),
        queue: Arc::clone(&queue),
        clips: clips.clone(),
        lanes,
        reports: reports.clone(),
        sessions: sessions.clone(),
        shutdown: shutdown.clone(),
        page: Arc::new(logbook.page(SESSIONS_PAGE)),
        readers: Readers::new(logbook.clone()),
        runtime: Handle::current(),
    };
    thread("orders", move || eye.obey(orders))?;
    tokio::select! {
        () = beat(&logbook) => {}
        () = measure(measurements, &seats, &reports, &shutdown) => {}
    }
    sessions.close();
    drop(tokio::time::timeout(TEARDOWN_LIMIT, sessions.wait()).await);
    queue.close();
    clips.close();
    for thread in threads {
        drop(thread.join());
    }
    Ok(())
}

type Lanes = (Vec<Sender<LaneOrder>>, Vec<JoinHandle<()>>);

fn start_lanes(
    inference: Inference,
    logbook: &Logbook,
    reports: &Reports,
    (seats, queue): (&Arc<Seats>, &Arc<FairQueue>),
) -> io::Result<Lanes> {
    let Inference { manifest, models } = inference;
    let (mut orders, mut threads) = (Vec::new(), Vec::new());
    for (number, models) in (0..).zip(models) {
        let (order, orders_of_lane) = channel();
        let lane = Lane {
            number,
            mask: MaskSearch::of(&manifest),
            orders: orders_of_lane,
            reports: reports.clone(),
            page: logbook.page(SESSIONS_PAGE + 1 + number),
        };
        let (seats, queue) = (Arc::clone(seats), Arc::clone(queue));
        threads.push(thread(&format!("lane-{number}"), move || lane.work(models, &queue, &seats))?);
        orders.push(order);
    }
    Ok((orders, threads))
}

fn thread(name: &str, work: impl FnOnce() + Send + 'static) -> io::Result<JoinHandle<()>> {
    let span = tracing::Span::current();
    std::thread::Builder::new().name(name.to_owned()).spawn(move || span.in_scope(work))
}

/// Says again and again that this thread goes on.
async fn beat(logbook: &Logbook) {
    let mut tick = tokio::time::interval(BEAT_EVERY);
    for turn in 1_u32.. {
        logbook.beat(turn);
        tick.tick().await;
    }
}

/// Sends what was counted, until the eye stops.
async fn measure(
    mut measurements: Measurements,
    seats: &Seats,
    reports: &Reports,
    shutdown: &CancellationToken,
) {
    let mut tick = tokio::time::interval(MEASURE_EVERY);
    let mut told = BTreeMap::new();
    loop {
        tokio::select! {
            () = shutdown.cancelled() => return,
            _now = tick.tick() => {}
        }
        let changes = measurements.changes();
        if !changes.is_empty() {
            reports.send(&Report::Measured(changes));
        }
        let gates = seats.gates();
        let moved = gates.iter().filter(|(camera, counts)| told.get(*camera) != Some(*counts));
        let moved: Vec<_> = moved.map(|(camera, counts)| (*camera, *counts)).collect();
        if !moved.is_empty() {
            reports.send(&Report::Gates(moved));
        }
        told = gates;
    }
}

impl Eye {
    fn obey(self, mut orders: BufReader<UnixStream>) {
        loop {
            match read_order(&mut orders) {
                // Pictures in hand may still be asked for.
                Ok(Some(Order::Stop)) => self.shutdown.cancel(),
                Ok(Some(order)) => self.carry_out(order),
                // The gateway is gone. There is nobody to show anything to, and an ordinary exit would
                // take the libraries away from lanes that are at work.
                Ok(None) | Err(_) => {
                    runtime::drain_log();
                    let _killed = kill_process(getpid(), Signal::KILL);
                }
            }
        }
    }

    fn carry_out(&self, order: Order) {
        match order {
            Order::TakeIn(seat) => self.take_in(*seat),
            Order::Watch { camera, watch } => {
                if let Some(seat) = self.seats.of(camera) {
                    seat.look(watch);
                }
            }
            Order::Refer { camera, reference } => {
                if let Some(seat) = self.seats.of(camera) {
                    seat.hear(ZoneWord::Refer(reference));
                }
            }
            Order::Free { camera, zone } => {
                if let Some(seat) = self.seats.of(camera) {
                    seat.hear(ZoneWord::Free(zone));
                }
            }
            Order::TakeOut(camera) => self.take_out(camera),
            Order::ForgetFootage(camera) => {
                if let Some(seat) = self.seats.of(camera) {
                    seat.forget_footage();
                }
            }
            Order::Show { lane, request } => self.tell_lane(lane, LaneOrder::Show(request)),
            Order::LetGo { lane } => self.tell_lane(lane, LaneOrder::LetGo),
            Order::CutClip(order) => self.clips.order(&order, self.seats.of(order.camera)),
            Order::Start(_) | Order::Stop => {}
        }
    }

    fn take_in(&self, seat: Seat) {
        let turn = self.queue.admit();
        let session = self.shutdown.child_token();
        let at_work = self.seats.take_in(&seat, turn, session.clone());
        let (camera, reports) = (seat.camera, self.reports.clone());
        let told = move |health: &Health| {
            reports.send(&Report::Health { camera, health: health.clone() });
        };
        let reports = self.reports.clone();
        let answered = move || reports.send(&Report::Answered { camera });
        let health = SharedHealth::telling(told, answered);
        let reports = self.reports.clone();
        let learnt = SharedLearnt::telling(seat.learnt, move |learnt| {
            reports.send(&Report::Learnt { camera, learnt });
        });
        #[cfg(debug_assertions)]
        let name = at_work.name.clone();
        let queue = Arc::clone(&self.queue);
        let outputs = SessionOutputs {
            gate: Arc::clone(&at_work.gate),
            request_turn: Arc::new(move || {
                #[cfg(debug_assertions)]
                super::harm::befall("session", &name);
                queue.request(turn);
            }),
            health,
            handed_over: self.readers.hand_over(&at_work),
            learnt,
            ring: at_work.ring(),
            is_news: true,
        };
        let connection = stay_connected(seat.stream, outputs, session);
        let noted = note_polls(connection, camera, Arc::clone(&self.page));
        let span = error_span!("camera", id = %at_work.name);
        self.sessions.spawn_on(noted.instrument(span), &self.runtime);
    }

    fn take_out(&self, camera: CameraNumber) {
        if let Some(gone) = self.seats.take_out(camera) {
            gone.session.cancel();
            self.queue.dismiss(gone.turn);
        }
    }

    fn tell_lane(&self, lane: u16, order: LaneOrder) {
        if let Some(orders) = self.lanes.get(usize::from(lane)) {
            drop(orders.send(order));
        }
    }
}

/// `work`, with each of its steps noted in the logbook: a step that crashes or does not end names
/// its camera.
async fn note_polls(work: impl Future<Output = ()>, camera: CameraNumber, page: Arc<Page>) {
    let mut work = pin!(work);
    std::future::poll_fn(|context| -> Poll<()> {
        page.note(camera, || work.as_mut().poll(context))
    })
    .await;
}

//! Starts eyes, and hands on what they report.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::mpsc::{Sender, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;

use detector::ModelFiles;
use eye::{Death, EyeProcess, Ready, Report, SpawnError, Start};
use tracing::error;

use super::desk::EyeDesk;
use super::held_picture::LaneReport;
use super::lane::Judging;
use super::measured::add_up;
use super::post::Post;
use crate::analysis::clips::ClipAnswers;

/// What a lane says before the gateway has taken it: a picture, or an answer to a question that is no
/// longer asked and the next picture.
const MOST_REPORTS: usize = 2;

/// What happens to an eye.
pub(super) enum News {
    /// It can look at pictures.
    Ready(Post, Ready),
    /// It cannot, and why.
    Refused(Post, String),
    /// It ended.
    Died(Post, Death),
}

/// What each eye is started with.
pub(super) struct Nursery {
    /// All eyes run the model that was read at the start.
    pub(super) model: Arc<ModelFiles>,
    pub(super) onnxruntime_file: PathBuf,
    /// How many pictures an eye looks at side by side.
    pub(super) lanes: u16,
    pub(super) judging: Arc<Judging>,
    pub(super) clips: Option<ClipAnswers>,
    pub(super) desk: EyeDesk,
    pub(super) tell: Sender<News>,
    pub(super) lane_threads: Mutex<Vec<JoinHandle<()>>>,
    pub(super) born: AtomicU32,
}

impl Nursery {
    /// Starts an eye without a place.
    pub(super) fn spawn(&self, lanes: u16) -> Result<(Post, Arc<EyeProcess>), SpawnError> {
        let post = Post::spare(self.born.fetch_add(1, Ordering::Relaxed));
        let start = Start::new((post.number, lanes), &self.model, self.onnxruntime_file.clone());
        let senders = (0..lanes).map(|lane| self.start_lane(&post, lane));
        let mut ear = Ear {
            post: post.clone(),
            lanes: senders.collect::<Result<_, _>>()?,
            desk: self.desk.clone(),
            tell: self.tell.clone(),
            clips: self.clips.clone(),
            has_begun: false,
        };
        let (tell, dead) = (self.tell.clone(), post.clone());
        let ended = move |death| drop(tell.send(News::Died(dead, death)));
        let hear = move |eye: &Arc<EyeProcess>, report| ear.hear(eye, report);
        let program = PathBuf::from("/proc/self/exe");
        let eye = EyeProcess::spawn(&program, (start, Arc::clone(&self.model)), hear, ended)?;
        Ok((post, eye))
    }

    fn start_lane(&self, post: &Post, lane: u16) -> std::io::Result<SyncSender<LaneReport>> {
        let (sender, reports) = sync_channel(MOST_REPORTS);
        let (judging, post) = (Arc::clone(&self.judging), post.clone());
        let thread = std::thread::Builder::new().name(format!("judge-{}.{lane}", post.number));
        let thread = thread.spawn(move || judging.follow((&post, lane), &reports))?;
        let mut threads = self.lane_threads.lock().unwrap_or_else(PoisonError::into_inner);
        threads.retain(|thread| !thread.is_finished());
        threads.push(thread);
        Ok(sender)
    }

    /// Waits until every picture in hand is judged.
    pub(super) fn join_lanes(&self) {
        let mut threads = self.lane_threads.lock().unwrap_or_else(PoisonError::into_inner);
        for thread in threads.drain(..) {
            if thread.join().is_err() {
                error!("a thread that judges pictures had panicked");
            }
        }
    }
}

/// Hears one eye.
struct Ear {
    post: Post,
    lanes: Vec<SyncSender<LaneReport>>,
    desk: EyeDesk,
    tell: Sender<News>,
    clips: Option<ClipAnswers>,
    /// It has said that it can look at pictures, or that it cannot.
    has_begun: bool,
}

impl Ear {
    fn hear(&mut self, eye: &Arc<EyeProcess>, report: Report) {
        let report = match report {
            Report::Ready(_) | Report::Refused(_)
                if std::mem::replace(&mut self.has_begun, true) =>
            {
                return eye.kill("it began twice", &[]);
            }
            Report::Ready(ready) => return self.tell(News::Ready(self.post.clone(), ready)),
            Report::Refused(reason) => return self.tell(News::Refused(self.post.clone(), reason)),
            report => report,
        };
        let Some(place) = self.post.place() else {
            if !matches!(report, Report::Measured(_)) {
                eye.kill("it reported of cameras before it had any", &[]);
            }
            return;
        };
        let desk = &self.desk;
        match report {
            Report::Ready(_) | Report::Refused(_) => {}
            Report::Observed { lane, sight } => {
                // It may have been taken out meanwhile; then the lane waits for nothing else.
                self.judge(eye, lane, LaneReport::Observed(Arc::clone(eye), sight));
            }
            Report::Shown { lane, shot } => self.judge(eye, lane, LaneReport::Shown(shot)),
            Report::Health { camera, health } => desk.health_told((place, camera), health),
            Report::Stumbled { camera, reason } => desk.stumbled((place, camera), &reason),
            Report::Answered { camera } => desk.answered((place, camera)),
            Report::Gates(counts) => desk.gates_told(place, counts),
            Report::Refers { camera, reference } => {
                if !reference.is_sound() {
                    return eye.kill("it told what no zone looks like", &[camera]);
                }
                desk.refers((place, camera), reference);
            }
            Report::TooSmall { camera, zone } => desk.too_small((place, camera), zone),
            Report::Learnt { camera, learnt } => desk.learnt((place, camera), learnt),
            Report::Clip { job, clip } => {
                if desk.clip_answered(job)
                    && let Some(clips) = &self.clips
                {
                    clips.answer(job, clip);
                }
            }
            Report::Measured(samples) => {
                let names = desk.names_of(place);
                if let Err(error) = add_up(samples, |name| names.iter().any(|it| it == name)) {
                    eye.kill(&error.to_string(), &[]);
                }
            }
        }
    }

    /// If nobody listens, the gateway stops.
    fn tell(&self, news: News) {
        drop(self.tell.send(news));
    }

    /// Hands a report to the thread that judges what the lane sees.
    fn judge(&self, eye: &EyeProcess, lane: u16, report: LaneReport) {
        let lane = self.lanes.get(usize::from(lane));
        if lane.is_none_or(|lane| lane.try_send(report).is_err()) {
            eye.kill("it reported what it was not asked for", &[]);
        }
    }
}

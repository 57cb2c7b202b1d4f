//! The cameras at work: how one is taken in, given other rules, and taken out while all others go on.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use archive::Archive;
use detector::{DetectSettings, Manifest};
use incident::{Assessor, CaseSettings, Model};
use ledger::Ledger;
use rule::{Slug, Wanted};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tracing::{Instrument, error, error_span, info};

use crate::analysis::{
    CameraPipeline, ClipMaker, ObservationLog, PipelineSettings, Pool, PrivacyZones, RecordError,
};
use crate::config;
use crate::operator::{CameraView, Roster};
use camera::{self, SessionOutputs, SharedGate, SharedHealth, stay_connected};

/// What every camera is built from.
pub(super) struct Stage {
    pub(super) gateway: config::Gateway,
    pub(super) manifest: Manifest,
    pub(super) model: Model,
    pub(super) cases: Arc<CaseSettings>,
    pub(super) ledger: Ledger,
    pub(super) observations: Archive,
    pub(super) pool: Arc<Pool>,
    /// What nobody may look into.
    pub(super) private: PrivacyZones,
    /// Where clips are ordered, if there are any.
    pub(super) clips: Option<ClipMaker>,
    pub(super) roster: Roster,
    /// The camera sessions under way.
    pub(super) sessions: TaskTracker,
    pub(super) shutdown: CancellationToken,
}

/// The cameras at work.
pub(super) struct Crew {
    stage: Stage,
    members: BTreeMap<Slug, Member>,
}

/// One camera at work.
struct Member {
    camera: config::Camera,
    /// The pool's number for it.
    number: usize,
    /// Ends its session.
    session: CancellationToken,
}

/// What must change for a new configuration, built and checked as far as that can fail.
pub(super) struct Plan {
    removed: Vec<Slug>,
    /// Other rules, place or grid; the stream goes on.
    rejudged: Vec<(config::Camera, Judgement)>,
    /// New cameras, and those whose stream is fetched otherwise.
    added: Vec<(config::Camera, Judgement)>,
}

/// How a camera is judged.
struct Judgement {
    assessor: Assessor,
    detect: DetectSettings,
}

impl Plan {
    /// The changes in words, one for each camera; empty if nothing changes.
    pub(super) fn words(&self) -> Vec<String> {
        let names = |cameras: &[(config::Camera, Judgement)]| -> Vec<Slug> {
            cameras.iter().map(|(camera, _)| camera.id.clone()).collect()
        };
        let (rejudged, added) = (names(&self.rejudged), names(&self.added));
        let is_added = |id: &&Slug| added.contains(id);
        let removed = self.removed.iter().filter(|id| !is_added(id));
        removed
            .map(|id| format!("camera {id} removed"))
            .chain(rejudged.iter().map(|id| format!("camera {id} judged by other rules")))
            .chain(added.iter().map(|id| match self.removed.contains(id) {
                true => format!("camera {id} connected anew"),
                false => format!("camera {id} added"),
            }))
            .collect()
    }
}

impl Crew {
    /// Nobody yet.
    pub(super) fn new(stage: Stage) -> Self {
        Self { stage, members: BTreeMap::new() }
    }

    /// What must change so that exactly `cameras` are at work.
    ///
    /// # Errors
    /// A rule that cannot be set up, or a ledger that cannot be read; nothing has changed then.
    pub(super) fn plan(&self, cameras: Vec<config::Camera>) -> anyhow::Result<Plan> {
        let wanted: BTreeSet<&Slug> = cameras.iter().map(|camera| &camera.id).collect();
        let mut removed: Vec<Slug> =
            self.members.keys().filter(|id| !wanted.contains(id)).cloned().collect();
        let (mut rejudged, mut added) = (Vec::new(), Vec::new());
        for camera in cameras {
            let Some(member) = self.members.get(&camera.id) else {
                let judgement = self.stage.judgement(&camera)?;
                added.push((camera, judgement));
                continue;
            };
            if member.camera.stream != camera.stream {
                removed.push(camera.id.clone());
                let judgement = self.stage.judgement(&camera)?;
                added.push((camera, judgement));
            } else if member.camera != camera {
                let judgement = self.stage.judgement(&camera)?;
                rejudged.push((camera, judgement));
            }
        }
        Ok(Plan { removed, rejudged, added })
    }

    /// Carries `plan` out. Blocks while a camera that changes finishes its picture, or while the
    /// ledger refuses to keep what a removed camera left. Call it within a tokio runtime.
    ///
    /// # Errors
    /// [`RecordError`] if the ledger can no longer be trusted.
    pub(super) fn carry_out(&mut self, plan: Plan) -> Result<(), RecordError> {
        let Plan { removed, rejudged, added } = plan;
        for id in removed {
            let returns = added.iter().any(|(camera, _)| camera.id == id);
            self.take_out(&id, returns)?;
        }
        for (camera, judgement) in rejudged {
            self.rejudge(camera, judgement);
        }
        for (camera, judgement) in added {
            self.take_in(camera, judgement)?;
        }
        Ok(())
    }

    fn take_in(&mut self, camera: config::Camera, judgement: Judgement) -> Result<(), RecordError> {
        let stage = &self.stage;
        let id = camera.id.to_string();
        let stream = &camera.stream;
        let feed = Arc::new(SharedGate::new(stream.decoder_queue_bytes as usize));
        let Judgement { mut assessor, detect } = judgement;
        stage.remember(&id, &mut assessor)?;
        let settings = PipelineSettings {
            camera: id.clone(),
            feed: Arc::clone(&feed),
            detect,
            silence_timeout: stream.silence_timeout,
            max_picture_px: stream.max_picture_px,
        };
        let log = ObservationLog::new(id.clone(), stage.observations.recorder(&id));
        let pipeline = CameraPipeline::new(settings, assessor, log);
        let health = SharedHealth::default();
        stage.roster.put(CameraView {
            id: id.clone(),
            name: camera.name.clone(),
            health: health.clone(),
            progress: pipeline.progress(),
            feed: Arc::clone(&feed),
            silence_timeout: stream.silence_timeout,
        });
        let number = stage.pool.admit(id.clone(), pipeline);
        let request_turn = stage.pool.turn_request(number);
        let session = stage.shutdown.child_token();
        stage.private.set(&id, camera.privacy_zones.clone());
        // A clip would show what the zones hide.
        let ring = match &stage.clips {
            Some(clips) if camera.privacy_zones.is_empty() => Some(clips.admit(&id)),
            Some(clips) => {
                clips.forget(&id);
                None
            }
            None => None,
        };
        let outputs = SessionOutputs { gate: feed, request_turn, health, ring };
        let connection = stay_connected(session_settings(&camera), outputs, session.clone());
        stage.sessions.spawn(connection.instrument(error_span!("camera", %id)));
        self.members.insert(camera.id.clone(), Member { camera, number, session });
        Ok(())
    }

    fn rejudge(&mut self, camera: config::Camera, judgement: Judgement) {
        let Some(member) = self.members.get_mut(&camera.id) else { return };
        // Before the next picture: what is private now must not be shown once more.
        self.stage.private.set(camera.id.as_str(), camera.privacy_zones.clone());
        if let Some(clips) = self.stage.clips.as_ref().filter(|_| !camera.privacy_zones.is_empty())
        {
            clips.forget(camera.id.as_str());
        }
        let Judgement { assessor, detect } = judgement;
        let judged = self
            .stage
            .pool
            .change(member.number, |pipeline, _| pipeline.judge_by(assessor, detect));
        match judged {
            Some(Err(error)) => {
                error!(camera = %camera.id, %error, "still judged by the old rules")
            }
            Some(Ok(())) | None => member.camera = camera,
        }
    }

    /// `returns`: it is taken in again at once, so that its alerts go on.
    fn take_out(&mut self, id: &Slug, returns: bool) -> Result<(), RecordError> {
        let Some(member) = self.members.remove(id) else { return Ok(()) };
        member.session.cancel();
        let kept = self.stage.pool.change(member.number, |pipeline, recorder| {
            if returns { pipeline.save(recorder) } else { pipeline.retire(recorder) }
        });
        self.stage.pool.dismiss(member.number);
        if !returns {
            self.stage.roster.remove(id.as_str());
            if let Some(clips) = &self.stage.clips {
                clips.dismiss(id.as_str());
            }
            info!(camera = %id, "taken out of the configuration; its alerts are closed");
        }
        kept.unwrap_or(Ok(()))
    }
}

impl Stage {
    fn judgement(&self, camera: &config::Camera) -> anyhow::Result<Judgement> {
        let profile = self.gateway.profile(camera, self.model.clone());
        let assessor =
            Assessor::new(profile, camera.rules.clone())?.with_case_settings(&self.cases);
        Ok(Judgement { assessor, detect: self.detect_settings(camera)? })
    }

    fn detect_settings(&self, camera: &config::Camera) -> anyhow::Result<DetectSettings> {
        let mut names = BTreeSet::new();
        let mut every = false;
        for rule in &camera.rules {
            match rule.kind.classes() {
                Wanted::Only(classes) => names.extend(classes),
                Wanted::All => every = true,
            }
        }
        let classes = if every {
            self.manifest.every_class()
        } else {
            self.manifest.class_filter(names.iter().map(scene::Class::as_str))?
        };
        Ok(DetectSettings { classes, ..DetectSettings::of(&self.manifest) })
    }

    /// Gives a camera's rules what the ledger remembers of them.
    fn remember(&self, camera: &str, assessor: &mut Assessor) -> Result<(), RecordError> {
        if let Some(state) = self.ledger.assessor_state(camera)?
            && let Err(error) = assessor.restore(&state)
        {
            // One camera's damaged memory must not keep the others from being watched.
            error!(
                camera,
                %error,
                "starting without memory: alerts of this camera that are open now stay open at the \
                 command centre; close them there"
            );
        }
        Ok(())
    }
}

fn session_settings(camera: &config::Camera) -> camera::Settings {
    let stream = &camera.stream;
    camera::Settings {
        camera: camera.id.to_string(),
        url: stream.url.clone(),
        transport: match stream.transport {
            config::Transport::Tcp => camera::Transport::Tcp,
            config::Transport::Udp => camera::Transport::Udp,
        },
        credentials: stream.login.as_ref().map(|login| camera::Credentials {
            user: login.user.clone(),
            password: login.password.reveal().to_owned(),
        }),
        step_timeout: stream.connect_timeout,
        first_frame_timeout: stream.first_frame_timeout,
        silence_timeout: stream.silence_timeout,
        decoder_queue_bytes: stream.decoder_queue_bytes as usize,
        max_picture_px: stream.max_picture_px,
    }
}

//! The terms of a rule as the settings of its kind.

use std::time::Duration;

use rule::RuleKind;
use rule::{
    BesideSettings, CrossingSettings, GatheringSettings, ObstructionLimit, ObstructionSettings,
    Presence, ProhibitedSettings, Reach, SceneSettings, StallSettings, StandingSettings, ViewFault,
};
use scene::{Class, Point};

use super::camera_file::CornerPx;
use super::document::join;
use super::findings::Findings;
use super::rule_check::RuleCheck;
use super::rule_terms::{PresenceName, RuleKindName, ViewFaultName};
use super::span::secs;

impl RuleCheck<'_> {
    fn main_classes(&self, findings: &mut Findings) -> Option<Vec<Class>> {
        self.classes("classes", self.terms.classes.as_deref(), &[], findings)
    }

    /// What must be seen; faults are noted.
    pub(super) fn kind(&self, findings: &mut Findings) -> Option<RuleKind> {
        match self.kind_name() {
            RuleKindName::Standing => self.standing(findings),
            RuleKindName::Obstruction => self.obstruction(findings),
            RuleKindName::Gathering => self.gathering(findings),
            RuleKindName::Stall => self.stall(findings),
            RuleKindName::Beside => self.beside(findings),
            RuleKindName::Crossing => self.crossing(findings),
            RuleKindName::Prohibited => self.prohibited(findings),
            RuleKindName::Scene => self.scene(findings),
        }
    }

    fn standing(&self, findings: &mut Findings) -> Option<RuleKind> {
        let usual = StandingSettings::new(self.main_classes(findings)?, self.dwell(300));
        Some(RuleKind::Standing(StandingSettings {
            gap_tolerance: self.gap_tolerance(usual.dwell, usual.gap_tolerance),
            presence: self.presence(usual.presence),
            min_score: self.terms.min_score.unwrap_or(usual.min_score),
            min_share: self.terms.min_share.unwrap_or(usual.min_share),
            ..usual
        }))
    }

    fn obstruction(&self, findings: &mut Findings) -> Option<RuleKind> {
        let terms = &self.terms;
        let limit = match (terms.min_clear_width_metres, terms.max_share) {
            (Some(metres), _) => ObstructionLimit::ClearWidth { metres },
            (None, share) => ObstructionLimit::Share(share.unwrap_or(0.3)),
        };
        let mut settings = ObstructionSettings::new(limit, self.dwell(300));
        if terms.classes.is_some() {
            settings.classes = Some(self.main_classes(findings)?);
        }
        if let Some(except) = terms.except_classes.as_deref() {
            settings.except = self.known(&join(&self.at, "except_classes"), except, findings);
        }
        settings.gap_tolerance = self.gap_tolerance(settings.dwell, settings.gap_tolerance);
        settings.min_score = terms.min_score.unwrap_or(settings.min_score);
        settings.min_share = terms.min_share.unwrap_or(settings.min_share);
        Some(RuleKind::Obstruction(settings))
    }

    fn gathering(&self, findings: &mut Findings) -> Option<RuleKind> {
        let classes =
            self.classes("classes", self.terms.classes.as_deref(), &["person"], findings)?;
        let mut settings = GatheringSettings::new(classes, self.terms.count.unwrap_or(5));
        settings.dwell = self.terms.dwell_secs.map_or(settings.dwell, secs);
        settings.gap_tolerance =
            self.gap_tolerance(settings.dwell, usual_gap_tolerance(settings.dwell));
        settings.presence = self.presence(settings.presence);
        settings.min_score = self.terms.min_score.unwrap_or(settings.min_score);
        settings.min_share = self.terms.min_share.unwrap_or(settings.min_share);
        Some(RuleKind::Gathering(settings))
    }

    fn stall(&self, findings: &mut Findings) -> Option<RuleKind> {
        let goods = self.main_classes(findings)?;
        let near = self.terms.near_classes.as_deref();
        let sellers = self.classes("near_classes", near, &["person"], findings)?;
        let mut settings = StallSettings::new(goods);
        settings.sellers = sellers;
        settings.dwell = self.terms.dwell_secs.map_or(settings.dwell, secs);
        settings.reach = self.reach(settings.reach);
        settings.gap_tolerance = self.gap_tolerance(settings.dwell, settings.gap_tolerance);
        settings.presence = self.presence(settings.presence);
        settings.min_score = self.terms.min_score.unwrap_or(settings.min_score);
        settings.min_share = self.terms.min_share.unwrap_or(settings.min_share);
        Some(RuleKind::Stall(settings))
    }

    fn beside(&self, findings: &mut Findings) -> Option<RuleKind> {
        let classes = self.main_classes(findings);
        let near = self.terms.near_classes.as_deref();
        let near = self.classes("near_classes", near, &[], findings);
        let mut settings = BesideSettings::new(classes?, near?, self.dwell(60));
        settings.reach = self.reach(settings.reach);
        settings.gap_tolerance = self.gap_tolerance(settings.dwell, settings.gap_tolerance);
        settings.presence = self.presence(settings.presence);
        settings.min_score = self.terms.min_score.unwrap_or(settings.min_score);
        settings.min_share = self.terms.min_share.unwrap_or(settings.min_share);
        Some(RuleKind::Beside(settings))
    }

    fn crossing(&self, findings: &mut Findings) -> Option<RuleKind> {
        let classes = self.main_classes(findings);
        let Some([from, to]) = self.terms.line_px.as_deref() else {
            let message = "a rule of kind `crossing` lacks `line_px`; expected two points \
                           [[x, y], [x, y]] in pixels";
            return findings.refuse(self.document, &self.at, message);
        };
        let line = [self.point(*from), self.point(*to)];
        let mut settings = CrossingSettings::new(classes?, line);
        settings.count = self.terms.count.unwrap_or(settings.count);
        settings.within = self.terms.within_secs.map_or(settings.within, secs);
        settings.min_score = self.terms.min_score.unwrap_or(settings.min_score);
        Some(RuleKind::Crossing(settings))
    }

    fn prohibited(&self, findings: &mut Findings) -> Option<RuleKind> {
        let mut settings = ProhibitedSettings::new(self.main_classes(findings)?);
        settings.confirm = self.terms.confirm_secs.map_or(settings.confirm, secs);
        settings.presence = self.presence(settings.presence);
        settings.min_score = self.terms.min_score.unwrap_or(settings.min_score);
        settings.min_share = self.terms.min_share.unwrap_or(settings.min_share);
        Some(RuleKind::Prohibited(settings))
    }

    fn scene(&self, findings: &mut Findings) -> Option<RuleKind> {
        let fault = match self.terms.view_fault {
            Some(ViewFaultName::Covered) => ViewFault::Covered,
            Some(ViewFaultName::Turned) => ViewFault::Turned,
            Some(ViewFaultName::Blurred) => ViewFault::Blurred,
            Some(ViewFaultName::Dark) => ViewFault::Dark,
            Some(ViewFaultName::Frozen) => ViewFault::Frozen,
            None => {
                let message = "a rule of kind `scene` lacks `view_fault`; expected one of \
                               \"covered\", \"turned\", \"blurred\", \"dark\", \"frozen\"";
                return findings.refuse(self.document, &self.at, message);
            }
        };
        let mut settings = SceneSettings::new(fault);
        settings.dwell = self.terms.dwell_secs.map_or(settings.dwell, secs);
        Some(RuleKind::Scene(settings))
    }

    fn dwell(&self, usual_secs: u32) -> Duration {
        secs(self.terms.dwell_secs.unwrap_or(usual_secs))
    }

    /// A tolerance that was meant for the type's longer dwell does not outlast the rule's own.
    fn gap_tolerance(&self, dwell: Duration, usual: Duration) -> Duration {
        let fits = |tolerance: &Duration| *tolerance <= dwell;
        let in_force = self.terms.gap_tolerance_secs.map(secs);
        let in_force = in_force.filter(|it| self.writes("gap_tolerance_secs") || fits(it));
        in_force.or(Some(usual).filter(fits)).unwrap_or_else(|| usual_gap_tolerance(dwell))
    }

    fn presence(&self, usual: Presence) -> Presence {
        match (self.terms.presence, self.terms.min_overlap) {
            (Some(PresenceName::Foot), _) => Presence::Foot,
            (Some(PresenceName::Overlap), share) => Presence::Overlap(share.unwrap_or(0.5)),
            (None, Some(share)) => Presence::Overlap(share),
            (None, None) => usual,
        }
    }

    fn reach(&self, usual: Reach) -> Reach {
        match (self.terms.reach_metres, self.terms.reach_heights) {
            (Some(metres), _) => Reach::Metres(metres),
            (None, Some(heights)) => Reach::Heights(heights),
            (None, None) => usual,
        }
    }

    #[expect(
        clippy::cast_possible_truncation,
        reason = "0..=1 loses less than a thousandth of a pixel"
    )]
    fn point(&self, CornerPx([x, y]): CornerPx) -> Point {
        let [width, height] = self.camera.file.picture_px.map(f64::from);
        Point { x: (x / width) as f32, y: (y / height) as f32 }
    }
}

/// What goes unseen for so long is not taken for gone, where nobody says otherwise.
fn usual_gap_tolerance(dwell: Duration) -> Duration {
    (dwell / 5).min(Duration::from_secs(10))
}

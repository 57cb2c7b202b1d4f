//! Terms on their way to settings: what is known of the place where they are written, and what is
//! wrong with them.

use scene::{Class, Point, Thresholds, UNKNOWN_OBJECT};
use serde_json::{Map, Value};

/// From which scores on a model's detections can count.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ModelScores {
    /// What the model itself takes for a threshold.
    pub usual: f32,
    /// The lowest threshold for which the model can be asked.
    pub least: f32,
}

/// Of a model of which nothing is known.
impl Default for ModelScores {
    fn default() -> Self {
        Self { usual: Thresholds::default().usual(), least: 0.0 }
    }
}

/// Where a rule is written: what its terms mean there.
#[derive(Debug, Clone, Copy)]
pub struct Site<'a> {
    /// Width and height of the picture to which positions in pixels refer.
    pub picture_px: [u32; 2],
    /// Whether it is known what the camera's pixels show of the ground.
    pub is_calibrated: bool,
    /// The classes that the model knows; none if it could not say.
    pub classes: Option<&'a [Class]>,
    /// From which scores on the model's detections can count.
    pub scores: ModelScores,
    /// Whether there is a model that looks a second time, at crops.
    pub looks_twice: bool,
    /// From which score on a tile shows a new cable to the net that looks for them; none if there is no such net.
    pub cable_score: Option<f32>,
    /// The terms that the rule itself writes; the others are its type's defaults.
    pub written: &'a Map<String, Value>,
}

/// What is wrong with one term of a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TermError {
    /// Nobody gives a term that the kind cannot do without.
    #[error("lacks `{term}`")]
    Lacking {
        /// The term.
        term: &'static str,
    },
    /// Nobody names classes.
    #[error("no classes under `{term}`")]
    NoClasses {
        /// The term.
        term: &'static str,
    },
    /// The model knows none of the classes that are looked for by default.
    #[error("the model knows none of the classes under `{term}`: {}", named.join(", "))]
    NoneKnown {
        /// The term.
        term: &'static str,
        /// Those classes.
        named: Vec<String>,
    },
    /// The model does not know a class that the rule itself names.
    #[error("the model knows no class `{class}`")]
    UnknownClass {
        /// The term.
        term: &'static str,
        /// Its place in the term's list.
        index: usize,
        /// The class as it is written.
        class: String,
    },
    /// The model does not know a class to which the rule itself gives a score.
    #[error("the model knows no class `{class}`")]
    UnknownKey {
        /// The term.
        term: &'static str,
        /// The class as it is written.
        class: String,
    },
    /// The rule itself gives a score to a class that does not count for it.
    #[error("`{class}` under `{term}` does not count for the rule")]
    UncountedKey {
        /// The term.
        term: &'static str,
        /// The class as it is written.
        class: String,
    },
    /// A score for which the model cannot be asked.
    #[error("`{term}` is {found}, expected {least} to 1")]
    ScoreOutOfReach {
        /// The term.
        term: &'static str,
        /// The class, if the term gives scores by class.
        class: Option<String>,
        /// The score as it is written.
        found: String,
        /// The lowest that can be asked for.
        least: String,
    },
    /// A term measures on the ground, and the camera is not calibrated.
    #[error("`{term}` measures on the ground")]
    NeedsGround {
        /// The term.
        term: &'static str,
    },
    /// A term judges what a second look tells, and there is no model for that.
    #[error("`{term}` judges what a second look tells")]
    NeedsSecondLook {
        /// The term.
        term: &'static str,
    },
    /// A rule looks for new cables, and there is no net for that.
    #[error("it looks for new cables, and there is no net for that")]
    NeedsCableNet,
    /// The rule itself writes a term that says nothing beside another.
    #[error("`{term}` says nothing beside `{beside}`: leave out one of them")]
    Idle {
        /// The term.
        term: &'static str,
        /// The other.
        beside: &'static str,
    },
    /// The terms do not have the form that their schema describes.
    #[error("{0}")]
    Unreadable(String),
}

/// Terms on their way to settings.
#[derive(Debug)]
pub struct Reading<'a> {
    site: &'a Site<'a>,
    errors: Vec<TermError>,
}

impl<'a> Reading<'a> {
    pub(crate) const fn new(site: &'a Site<'a>) -> Self {
        Self { site, errors: Vec::new() }
    }

    /// What was found wrong.
    pub(crate) fn errors(self) -> Vec<TermError> {
        self.errors
    }

    /// Whether the rule itself writes `term`, not its type.
    pub(crate) fn writes(&self, term: &str) -> bool {
        self.site.written.contains_key(term)
    }

    /// `value`, without which there is no rule.
    pub(crate) fn needed<T>(&mut self, term: &'static str, value: Option<T>) -> Option<T> {
        if value.is_none() {
            self.errors.push(TermError::Lacking { term });
        }
        value
    }

    /// `term` says nothing beside another one.
    pub(crate) fn idle(&mut self, term: &'static str, beside: &'static str) {
        if self.writes(term) {
            self.errors.push(TermError::Idle { term, beside });
        }
    }

    /// A `value` that measures on the ground, where the camera is calibrated.
    pub(crate) fn on_ground(&mut self, term: &'static str, value: Option<f64>) -> Option<f64> {
        if value.is_some() && !self.site.is_calibrated {
            self.errors.push(TermError::NeedsGround { term });
        }
        value
    }

    /// A `value` that judges what a second look tells, where there is a model for that. A type's own words
    /// hold for gateways without one, too.
    pub(crate) fn by_second_look<T>(&mut self, term: &'static str, value: Option<T>) -> Option<T> {
        if self.site.looks_twice {
            return value;
        }
        if value.is_some() && self.writes(term) {
            self.errors.push(TermError::NeedsSecondLook { term });
        }
        None
    }

    /// How sure the net must be of a cable, in hundredths, so that observations that were kept are judged as
    /// live ones: `value`, or the net's own threshold. None if there is no net.
    pub(crate) fn cable_score(&mut self, value: Option<f32>) -> Option<f32> {
        let Some(usual) = self.site.cable_score else {
            self.errors.push(TermError::NeedsCableNet);
            return None;
        };
        Some((value.unwrap_or(usual) * 100.0).round() / 100.0)
    }

    /// A position in pixels as a place in the picture.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "0..=1 loses less than a thousandth of a pixel"
    )]
    pub(crate) fn point(&self, [x, y]: [f64; 2]) -> Point {
        let [width, height] = self.site.picture_px.map(f64::from);
        Point { x: (x / width) as f32, y: (y / height) as f32 }
    }

    /// The classes under `term`, in force and known to the model; `usual` if nobody names any.
    pub(crate) fn classes(
        &mut self,
        term: &'static str,
        named: Option<Vec<String>>,
        usual: &[&str],
    ) -> Option<Vec<Class>> {
        let usual = || usual.iter().map(|class| (*class).to_owned()).collect();
        let named = named.unwrap_or_else(usual);
        if named.is_empty() {
            self.errors.push(TermError::NoClasses { term });
            return None;
        }
        let classes = self.known(term, &named);
        if classes.is_empty() && !self.writes(term) {
            self.errors.push(TermError::NoneKnown { term, named });
            return None;
        }
        Some(classes)
    }

    /// The model's own threshold.
    pub(crate) const fn usual_score(&self) -> f32 {
        self.site.scores.usual
    }

    /// A `score`, of one class or of all, for which the model can be asked. A type's own words hold for
    /// many models: one that gives no box so weak is asked for the weakest that it gives.
    pub(crate) fn score(&mut self, term: &'static str, class: Option<&str>, score: f32) -> f32 {
        let least = self.site.scores.least;
        if !self.writes(term) && (0.0..least).contains(&score) {
            return least;
        }
        // NaN lies in no range.
        if !(least..=1.0).contains(&score) {
            let (found, least) = (score.to_string(), least.to_string());
            let class = class.map(str::to_owned);
            self.errors.push(TermError::ScoreOutOfReach { term, class, found, least });
        }
        score
    }

    /// The class that is a key in the table `term`, if the model knows it; or what no model has a class for.
    pub(crate) fn known_class(&mut self, term: &'static str, class: &str) -> Option<Class> {
        let is_known = |known: &[Class]| {
            class == UNKNOWN_OBJECT || known.iter().any(|it| it.as_str() == class)
        };
        if self.site.classes.is_none_or(is_known) {
            return Some(Class::new(class));
        }
        if self.writes(term) {
            self.errors.push(TermError::UnknownKey { term, class: class.to_owned() });
        }
        None
    }

    /// A key in the table `term` is a `class` that does not count. A type's own words hold for rules that
    /// count others.
    pub(crate) fn uncounted(&mut self, term: &'static str, class: &Class) {
        if self.writes(term) {
            let class = class.as_str().to_owned();
            self.errors.push(TermError::UncountedKey { term, class });
        }
    }

    /// Those of the classes `named` under `term` that the model knows. One that it does not know is
    /// a fault if the rule itself names it; a type's own words hold for many models.
    pub(crate) fn known(&mut self, term: &'static str, named: &[String]) -> Vec<Class> {
        let is_own = self.writes(term);
        let mut classes = Vec::new();
        for (index, class) in named.iter().enumerate() {
            let known = self.site.classes;
            if known.is_none_or(|known| known.iter().any(|it| it.as_str() == class)) {
                classes.push(Class::new(class));
            } else if is_own {
                let class = class.clone();
                self.errors.push(TermError::UnknownClass { term, index, class });
            }
        }
        classes
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The score that is asked for, and how many faults there are, where the model gives 0.25 or more.
    fn asked(score: f32, written: &str) -> (String, usize) {
        let written = serde_json::from_str(written).unwrap();
        let scores = ModelScores { usual: 0.4, least: 0.25 };
        let site = Site {
            picture_px: [1, 1],
            is_calibrated: false,
            classes: None,
            scores,
            looks_twice: false,
            cable_score: None,
            written: &written,
        };
        let mut reading = Reading::new(&site);
        let asked = reading.score("min_scores", Some("e_bike"), score).to_string();
        (asked, reading.errors().len())
    }

    #[test]
    fn a_type_asks_for_no_less_than_the_model_gives_and_a_rule_is_told() {
        assert_eq!(asked(0.3, "{}"), ("0.3".to_owned(), 0));
        assert_eq!(asked(0.2, "{}"), ("0.25".to_owned(), 0));
        assert_eq!(asked(0.2, r#"{"min_scores": {"e_bike": 0.2}}"#).1, 1);
        assert_eq!([asked(-0.1, "{}").1, asked(1.1, "{}").1], [1, 1]);
    }
}

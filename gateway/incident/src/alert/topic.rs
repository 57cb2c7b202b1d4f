//! The MQTT topics of a gateway.
//!
//! `root/county/street/community/gateway/…`: a street subscribes to `root/110117/001/+/+/evt/#`,
//! a fire brigade to `root/+/+/+/+/evt/fire_safety/#`. No name, address or number plate is ever
//! part of a topic.

use crate::incident_type::IncidentType;
use rule::Slug;

/// The root under which the command centre listens by default.
pub const DEFAULT_ROOT: &str = "cg/v1";

/// County, street and community: the administrative division a gateway serves, 12 digits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    county: String,
    street: String,
    community: String,
}

/// The topics of one gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Topics {
    prefix: String,
}

/// The topics of any gateway, with a `{parameter}` for each level that varies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// As [`Topics::event`]: `…/evt/{category}/{type}`.
    pub event: String,
    /// As [`Topics::gateway_status`].
    pub gateway_status: String,
    /// As [`Topics::device_status`]: `…/dev/{device}/status`.
    pub device_status: String,
    /// As [`Topics::output_state`]: `…/out/{output}`.
    pub output_state: String,
    /// As [`Topics::alert_state`]: `…/alert/{alert_id}`.
    pub alert_state: String,
    /// As [`Topics::case_feedback`]: `…/case/{alert_id}`.
    pub case_feedback: String,
    /// As [`Topics::case_answer`]: `…/case/{alert_id}/ack`.
    pub case_answer: String,
    /// As [`Topics::command`]: `…/cmd/{req_id}`.
    pub command: String,
    /// As [`Topics::command_answer`]: `…/cmd/{req_id}/res`.
    pub command_answer: String,
    /// As [`Topics::reading`]: `…/in/{device}`.
    pub reading: String,
}

/// Why an area or root was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TopicError {
    /// Not 12 digits.
    #[error("area `{0}`: expected the 12 digits of county, street and community")]
    Area(String),
    /// Empty levels, wildcards or other characters.
    #[error("topic root `{0}`: expected levels of A-Z a-z 0-9 _ . : - joined by `/`")]
    Root(String),
}

impl Area {
    /// From the 12 digits of a division code: county 6, street 3, community 3.
    ///
    /// # Errors
    /// [`TopicError::Area`].
    pub fn new(division_code: &str) -> Result<Self, TopicError> {
        let refuse = || TopicError::Area(division_code.to_owned());
        if division_code.len() != 12 || !division_code.bytes().all(|b| b.is_ascii_digit()) {
            return Err(refuse());
        }
        let part = |range| division_code.get(range).map(str::to_owned).ok_or_else(refuse);
        Ok(Self { county: part(0..6)?, street: part(6..9)?, community: part(9..12)? })
    }
}

impl Topics {
    /// The topics of `gateway` in `area`.
    ///
    /// # Errors
    /// [`TopicError::Root`].
    pub fn new(root: &str, area: &Area, gateway: &Slug) -> Result<Self, TopicError> {
        if root.split('/').any(|level| Slug::new(level).is_err()) {
            return Err(TopicError::Root(root.to_owned()));
        }
        let Area { county, street, community } = area;
        Ok(Self { prefix: format!("{root}/{county}/{street}/{community}/{gateway}") })
    }

    /// The beginning of all of them, without a slash at the end.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// Every message of every alert of this type: `QoS` 1, not retained.
    #[must_use]
    pub fn event(&self, incident: &IncidentType) -> String {
        self.event_of(incident.category.as_str(), incident.code.as_str())
    }

    /// Whether the gateway is online: retained; also the topic of the last will.
    #[must_use]
    pub fn gateway_status(&self) -> String {
        format!("{}/status", self.prefix)
    }

    /// Whether one camera is online: retained.
    #[must_use]
    pub fn device_status(&self, device: &Slug) -> String {
        self.device_status_of(device.as_str())
    }

    /// How one output is: retained.
    #[must_use]
    pub fn output_state(&self, output: &str) -> String {
        format!("{}/out/{output}", self.prefix)
    }

    /// The latest message of one alert: retained while it is open, removed some time after it is
    /// closed.
    #[must_use]
    pub fn alert_state(&self, alert_id: &str) -> String {
        format!("{}/alert/{alert_id}", self.prefix)
    }

    /// What the case system says of one alert: the gateway listens.
    #[must_use]
    pub fn case_feedback(&self, alert_id: &str) -> String {
        format!("{}/case/{alert_id}", self.prefix)
    }

    /// What became of a message on [`Topics::case_feedback`].
    #[must_use]
    pub fn case_answer(&self, alert_id: &str) -> String {
        format!("{}/ack", self.case_feedback(alert_id))
    }

    /// Commands to the gateway: the gateway listens.
    #[must_use]
    pub fn command(&self, request_id: &str) -> String {
        format!("{}/cmd/{request_id}", self.prefix)
    }

    /// What became of a message on [`Topics::command`].
    #[must_use]
    pub fn command_answer(&self, request_id: &str) -> String {
        format!("{}/res", self.command(request_id))
    }

    /// What a sensor publishes in JSON: the gateway listens.
    #[must_use]
    pub fn reading(&self, device: &str) -> String {
        format!("{}/in/{device}", self.prefix)
    }

    /// The filters of what the gateway listens to: feedback and commands, not their answers.
    #[must_use]
    pub fn inbound(&self) -> [String; 2] {
        [self.case_feedback("+"), self.command("+")]
    }

    /// The topics of any gateway under `root`, with a `{parameter}` for each level that varies.
    #[must_use]
    pub fn addresses(root: &str) -> Addresses {
        let any =
            Self { prefix: format!("{root}/{{county}}/{{street}}/{{community}}/{{gateway}}") };
        Addresses {
            event: any.event_of("{category}", "{type}"),
            gateway_status: any.gateway_status(),
            device_status: any.device_status_of("{device}"),
            output_state: any.output_state("{output}"),
            alert_state: any.alert_state("{alert_id}"),
            case_feedback: any.case_feedback("{alert_id}"),
            case_answer: any.case_answer("{alert_id}"),
            command: any.command("{req_id}"),
            command_answer: any.command_answer("{req_id}"),
            reading: any.reading("{device}"),
        }
    }

    fn event_of(&self, category: &str, code: &str) -> String {
        format!("{}/evt/{category}/{code}", self.prefix)
    }

    fn device_status_of(&self, device: &str) -> String {
        format!("{}/dev/{device}/status", self.prefix)
    }
}

#[cfg(test)]
mod tests {
    use super::{Area, DEFAULT_ROOT, Topics};
    use crate::incident_type::IncidentTypes;
    use rule::Slug;

    #[test]
    fn topics_follow_the_tree() {
        let area = Area::new("110117001003").unwrap();
        let gateway = Slug::new("gw-binhe-007").unwrap();
        let topics = Topics::new(DEFAULT_ROOT, &area, &gateway).unwrap();
        let types = IncidentTypes::parse(IncidentTypes::STANDARD).unwrap();
        assert_eq!(
            topics.event(types.get("fire_passage_blocked").unwrap()),
            "cg/v1/110117/001/003/gw-binhe-007/evt/fire_safety/fire_passage_blocked"
        );
        assert_eq!(topics.gateway_status(), "cg/v1/110117/001/003/gw-binhe-007/status");
        assert_eq!(
            topics.device_status(&Slug::new("cam-01").unwrap()),
            "cg/v1/110117/001/003/gw-binhe-007/dev/cam-01/status"
        );
        let below = |topic: String| topic.replace(topics.prefix(), "…");
        assert_eq!(below(topics.alert_state("0193")), "…/alert/0193");
        assert_eq!(below(topics.case_feedback("0193")), "…/case/0193");
        assert_eq!(below(topics.case_answer("0193")), "…/case/0193/ack");
        assert_eq!(below(topics.command("7")), "…/cmd/7");
        assert_eq!(below(topics.command_answer("7")), "…/cmd/7/res");
        assert_eq!(below(topics.reading("pump-1")), "…/in/pump-1");
        assert_eq!(topics.inbound().map(below), ["…/case/+", "…/cmd/+"]);
    }

    #[test]
    fn areas_and_roots_are_checked() {
        let gateway = Slug::new("gw").unwrap();
        for bad in ["", "11011700100", "11011700100x", "1101170010030", "１１０１"] {
            assert!(Area::new(bad).is_err(), "{bad}");
        }
        let area = Area::new("110117001003").unwrap();
        for bad in ["", "cg/", "/cg", "cg/#", "cg/+/x", "cg//v1"] {
            assert!(Topics::new(bad, &area, &gateway).is_err(), "{bad}");
        }
    }
}

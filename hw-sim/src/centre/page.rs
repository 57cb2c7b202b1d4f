//! The centre's pages: all cases on a map and in a table, and each case's timeline with its pictures.
//! Plain HTML that loads nothing but pictures.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::case::{Case, TimelineEntry};
use super::event::Event;
use super::feedback::Feedback;
use super::register::CaseRegister;
use super::report::{end_word, loop_word, whistle_word};

const STYLE: &str = "body{font:15px/1.5 system-ui,'Noto Sans CJK SC',sans-serif;margin:1.5rem auto;\
max-width:76rem;padding:0 1rem;color:#1c2430;background:#fbfbf9}h1{font-size:1.3rem}h2{font-size:\
1.05rem}table{border-collapse:collapse;width:100%}td,th{padding:.25rem .6rem .25rem 0;text-align:\
left;border-bottom:1px solid #ddd;vertical-align:top}th{font-weight:600;color:#556}a{color:#14508c}\
svg{background:#fff;border:1px solid #ddd;width:100%;height:auto}pre{background:#fff;border:1px \
solid #ddd;padding:.7rem;overflow-x:auto}figure{display:inline-block;margin:0 1rem 1rem 0}\
figure img{max-width:34rem;border:1px solid #ccc}.open{color:#b42318}.over{color:#2e6b34}";
const MAP_WIDTH: f64 = 900.0;
const MAP_HEIGHT: f64 = 320.0;
const MARGIN: f64 = 30.0;
/// More rows than this are no use to a person.
const MAX_ROWS: usize = 500;

/// A link to a picture of a case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PictureLink {
    /// What the picture is, such as `before`.
    pub caption: String,
    /// Its address.
    pub address: String,
}

/// The page of all cases.
#[must_use]
pub fn overview(register: &CaseRegister) -> String {
    let mut cases: Vec<&Case> = register.cases().collect();
    cases.sort_by_key(|case| (case.end().is_some(), std::cmp::Reverse(case.opened_at)));
    let mut page = head(&register.profile().title, true);
    let _infallible = write!(page, "<pre>{}</pre>", escaped(&register.report().to_string()));
    page.push_str(&map(&cases));
    page.push_str(
        "<table><tr><th>case<th>what<th>where<th>loop<th>whistle<th>step<th>scene<th>since</tr>",
    );
    for case in cases.iter().take(MAX_ROWS) {
        page.push_str(&row(case, register));
    }
    page.push_str("</table>");
    if cases.len() > MAX_ROWS {
        let _infallible = write!(page, "<p>and {} more", cases.len() - MAX_ROWS);
    }
    page
}

fn row(case: &Case, register: &CaseRegister) -> String {
    let alert = case.alert();
    let whistle = case.whistle().map(whistle_word).unwrap_or_default();
    let (class, step) = match case.end() {
        Some(end) => ("over", end_word(end)),
        None => ("open", case.stage(register.profile()).unwrap_or_default()),
    };
    format!(
        "<tr><td><a href=\"case/{}\">{}</a><td>{}<td>{}<td>{}<td>{whistle}<td class={class}>{}\
         <td>{}<td>{}</tr>",
        escaped(&alert.alert_id),
        escaped(case.task_num()),
        escaped(&alert.kind.name),
        escaped(place(case)),
        loop_word(case.loop_name()),
        escaped(step),
        escaped(&alert.state),
        time_of_day(case.opened_at),
    )
}

fn place(case: &Case) -> &str {
    case.alert().geo.address.as_deref().unwrap_or(&case.alert().source.device_id)
}

/// One case, with its pictures.
#[must_use]
pub fn case(case: &Case, register: &CaseRegister, pictures: &[PictureLink]) -> String {
    let alert = case.alert();
    let mut page = head(&format!("{} {}", case.task_num(), alert.kind.name), false);
    page.push_str("<p><a href=\"..\">all cases</a>");
    let facts = [
        ("alert", alert.alert_id.clone()),
        ("where", place(case).to_owned()),
        ("grid", alert.grid_code().to_owned()),
        ("camera", format!("{} / {}", alert.source.gateway_id, alert.source.device_id)),
        ("loop", loop_word(case.loop_name()).to_owned()),
        ("whistle", case.whistle().map(whistle_word).unwrap_or("none").to_owned()),
        ("scene", alert.state.clone()),
        ("end", case.end().map(end_word).unwrap_or("still open").to_owned()),
    ];
    page.push_str("<table>");
    for (what, value) in facts {
        let _infallible = write!(page, "<tr><th>{what}<td>{}</tr>", escaped(&value));
    }
    page.push_str("</table><h2>Pictures</h2>");
    for PictureLink { caption, address } in pictures {
        let (caption, address) = (escaped(caption), escaped(address));
        let _infallible = write!(
            page,
            "<figure><img src=\"{address}\" alt=\"{caption}\"><figcaption>{caption}</figcaption>\
             </figure>"
        );
    }
    page.push_str("<h2>Timeline</h2><table><tr><th>when<th>who<th>what<th>step<th>more</tr>");
    for (at, entry) in case.timeline() {
        page.push_str(&timeline_row(*at, entry, register));
    }
    page.push_str("</table>");
    page
}

/// The pictures that the alert's messages link to, those of the report first.
#[must_use]
pub fn named_pictures(case: &Case) -> Vec<PictureLink> {
    let pictures = case.alert().evidence.iter().filter(|picture| picture.kind == "snapshot");
    let mut shown: Vec<PictureLink> = pictures
        .filter_map(|picture| {
            let address = picture.uri.clone().filter(|uri| uri.starts_with("http"))?;
            let caption = match picture.role.as_str() {
                "report" => "before".to_owned(),
                "verify" => "after".to_owned(),
                other => other.to_owned(),
            };
            Some(PictureLink { caption, address })
        })
        .collect();
    shown.sort_by_key(|picture| picture.caption != "before");
    shown
}

fn timeline_row(at: Timestamp, entry: &TimelineEntry, register: &CaseRegister) -> String {
    let (who, what, step, more) = match entry {
        TimelineEntry::Received { action, state } => {
            ("gateway".to_owned(), action.clone(), "", state.clone())
        }
        TimelineEntry::Sent(feedback) => {
            let step = register.profile().flow.step_of(feedback.event).unwrap_or_default();
            let who =
                feedback.actor.as_ref().map_or("centre".to_owned(), |actor| actor.org.clone());
            (who, event_word(feedback.event), step, details(feedback))
        }
    };
    format!(
        "<tr><td>{}<td>{}<td>{}<td>{}<td>{}</tr>",
        time_of_day(at),
        escaped(&who),
        escaped(&what),
        escaped(step),
        escaped(&more)
    )
}

fn event_word(event: Event) -> String {
    serde_json::to_string(&event).unwrap_or_default().replace('"', "").replace('_', " ")
}

fn details(feedback: &Feedback) -> String {
    let mut parts = Vec::new();
    if let Some(reason) = &feedback.reason {
        parts.push(reason.text.unwrap_or(reason.code).to_owned());
    }
    if let Some(whistle) = &feedback.whistle {
        parts.push(format!("{} whistle", whistle_word(whistle.level)));
    }
    if let Some(handle) = feedback.deadlines.as_ref().and_then(|deadlines| deadlines.handle) {
        parts.push(format!("until {}", time_of_day(handle)));
    }
    if let Some(score) = &feedback.score {
        parts.push(format!(
            "efficiency {}, cooperation {}, professionalism {}, responsibility {}",
            score.efficiency, score.cooperation, score.professionalism, score.responsibility
        ));
    }
    parts.join(", ")
}

/// Every case that has a place as a dot, by longitude and latitude.
fn map(cases: &[&Case]) -> String {
    let point = |case: &&&Case| match case.alert().geo.point.as_slice() {
        [longitude, latitude, ..] => Some((*longitude, *latitude)),
        _ => None,
    };
    let placed: Vec<(&Case, (f64, f64))> =
        cases.iter().filter_map(|case| Some((*case, point(&case)?))).collect();
    let span = |value: fn(&(f64, f64)) -> f64| {
        let values = placed.iter().map(|(_, point)| value(point));
        let low = values.clone().fold(f64::INFINITY, f64::min);
        let high = values.fold(f64::NEG_INFINITY, f64::max);
        // A single place still needs some ground around it, about 100 m.
        let room = (0.001 - (high - low)).max(0.0) / 2.0;
        (low - room, high - low + 2.0 * room)
    };
    if placed.is_empty() {
        return String::new();
    }
    let ((west, width), (south, height)) = (span(|point| point.0), span(|point| point.1));
    let mut svg = format!("<svg viewBox=\"0 0 {MAP_WIDTH} {MAP_HEIGHT}\" role=img>");
    for (case, (longitude, latitude)) in placed {
        let x = MARGIN + (longitude - west) / width * (MAP_WIDTH - 2.0 * MARGIN);
        let y = MAP_HEIGHT - MARGIN - (latitude - south) / height * (MAP_HEIGHT - 2.0 * MARGIN);
        let colour = if case.end().is_some() { "#2e6b34" } else { "#b42318" };
        let _infallible = write!(
            svg,
            "<a href=\"case/{}\"><circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"7\" fill=\"{colour}\" \
             fill-opacity=\"0.7\"><title>{} {}</title></circle></a>",
            escaped(&case.alert().alert_id),
            escaped(case.task_num()),
            escaped(&case.alert().kind.name)
        );
    }
    svg.push_str("</svg>");
    svg
}

fn head(title: &str, refreshes: bool) -> String {
    let refresh = if refreshes { "<meta http-equiv=refresh content=5>" } else { "" };
    let title = escaped(title);
    format!(
        "<!doctype html><html lang=zh><meta charset=utf-8>{refresh}<title>{title}</title>\
         <style>{STYLE}</style><h1>{title}</h1>"
    )
}

/// The time of day in China.
fn time_of_day(at: Timestamp) -> String {
    at.to_zoned(TimeZone::fixed(Offset::constant(8))).strftime("%H:%M:%S").to_string()
}

fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '&' => safe.push_str("&amp;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            letter => safe.push(letter),
        }
    }
    safe
}

//! The centre's page: the queue of cases on a map and in a table, and each case's timeline with its
//! pictures. Plain HTML that asks nobody for anything but the gateways' pictures.

use std::fmt::Write as _;

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};

use super::case::{Case, Moment};
use super::feedback::Feedback;
use super::{Desk, Event, end_word, loop_word, whistle_word};

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
/// A queue longer than this is no page for a person.
const MAX_ROWS: usize = 500;

/// A picture of a case, wherever it is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// Before or after, and what it is.
    pub caption: String,
    /// Its address.
    pub address: String,
}

/// The queue.
#[must_use]
pub fn queue(desk: &Desk) -> String {
    let mut cases: Vec<&Case> = desk.cases().collect();
    cases.sort_by_key(|case| (case.end().is_some(), std::cmp::Reverse(case.opened_at)));
    let mut page = head(&desk.profile().title, true);
    let _infallible = write!(page, "<pre>{}</pre>", escaped(&desk.report().to_string()));
    page.push_str(&map(&cases));
    page.push_str(
        "<table><tr><th>case<th>what<th>where<th>loop<th>whistle<th>step<th>scene<th>since</tr>",
    );
    for case in cases.iter().take(MAX_ROWS) {
        page.push_str(&row(case, desk));
    }
    page.push_str("</table>");
    if cases.len() > MAX_ROWS {
        let _infallible = write!(page, "<p>and {} more", cases.len() - MAX_ROWS);
    }
    page
}

fn row(case: &Case, desk: &Desk) -> String {
    let alert = case.alert();
    let whistle = case.whistle().map(whistle_word).unwrap_or_default();
    let (class, step) = match case.end() {
        Some(end) => ("over", end_word(end)),
        None => ("open", case.stage(desk.profile()).unwrap_or_default()),
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
pub fn case(case: &Case, desk: &Desk, pictures: &[Shown]) -> String {
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
    for Shown { caption, address } in pictures {
        let (caption, address) = (escaped(caption), escaped(address));
        let _infallible = write!(
            page,
            "<figure><img src=\"{address}\" alt=\"{caption}\"><figcaption>{caption}</figcaption>\
             </figure>"
        );
    }
    page.push_str("<h2>Timeline</h2><table><tr><th>when<th>who<th>what<th>step<th>more</tr>");
    for (at, moment) in case.timeline() {
        page.push_str(&line(*at, moment, desk));
    }
    page.push_str("</table>");
    page
}

/// The pictures that the case's messages named: those of the report first.
#[must_use]
pub fn named_pictures(case: &Case) -> Vec<Shown> {
    let pictures = case.alert().evidence.iter().filter(|picture| picture.kind == "snapshot");
    let mut shown: Vec<Shown> = pictures
        .filter_map(|picture| {
            let address = picture.uri.clone().filter(|uri| uri.starts_with("http"))?;
            let caption = match picture.role.as_str() {
                "report" => "before".to_owned(),
                "verify" => "after".to_owned(),
                other => other.to_owned(),
            };
            Some(Shown { caption, address })
        })
        .collect();
    shown.sort_by_key(|picture| picture.caption != "before");
    shown
}

fn line(at: Timestamp, moment: &Moment, desk: &Desk) -> String {
    let (who, what, step, more) = match moment {
        Moment::Heard { action, state } => {
            ("gateway".to_owned(), action.clone(), "", state.clone())
        }
        Moment::Said(said) => {
            let step = desk.profile().flow.step_of(said.event).unwrap_or_default();
            let who = said.actor.as_ref().map_or("centre".to_owned(), |actor| actor.org.clone());
            (who, event_word(said.event), step, details(said))
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

fn details(said: &Feedback) -> String {
    let mut parts = Vec::new();
    if let Some(reason) = &said.reason {
        parts.push(reason.text.unwrap_or(reason.code).to_owned());
    }
    if let Some(whistle) = &said.whistle {
        parts.push(format!("{} whistle", whistle_word(whistle.level)));
    }
    if let Some(handle) = said.deadlines.as_ref().and_then(|deadlines| deadlines.handle) {
        parts.push(format!("until {}", time_of_day(handle)));
    }
    if let Some(score) = &said.score {
        parts.push(format!(
            "efficiency {}, cooperation {}, professionalism {}, responsibility {}",
            score.efficiency, score.cooperation, score.professionalism, score.responsibility
        ));
    }
    parts.join(", ")
}

/// Every case that has a place, as a dot; nothing but its longitude and latitude to go by.
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
        // A single place still needs some ground round it: about 100 m.
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

/// By the clocks of China.
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

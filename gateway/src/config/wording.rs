//! Plain words for what a schema asks and for near misses.

use serde_json::Value;

use super::pointer::steps;

/// How many known words a fault lists.
const MOST_LISTED: usize = 12;

/// What a part of a schema accepts, such as `a whole number from 1 to 60`.
pub(super) fn expected(schema: Option<&Value>) -> String {
    let Some(schema) = schema else {
        return "something else".to_owned();
    };
    if let Some(Value::String(words)) = schema.get("x-expected") {
        return words.clone();
    }
    if let Some(Value::Array(choices)) = schema.get("enum") {
        let choices: Vec<String> = choices.iter().map(Value::to_string).collect();
        return match choices.as_slice() {
            [only] => only.clone(),
            _ => format!("one of {}", choices.join(", ")),
        };
    }
    let bound = |name: &str| schema.get(name).filter(|bound| !bound.is_null());
    match schema.get("type").and_then(Value::as_str) {
        Some("integer") => format!("a whole number{}", range(bound("minimum"), bound("maximum"))),
        Some("number") => format!("a number{}", range(bound("minimum"), bound("maximum"))),
        Some("boolean") => "true or false".to_owned(),
        Some("string") => {
            format!("text{}", size(bound("minLength"), bound("maxLength"), "character"))
        }
        Some("array") => format!("a list{}", size(bound("minItems"), bound("maxItems"), "item")),
        Some("object") => "a table".to_owned(),
        _ => "something else".to_owned(),
    }
}

fn range(least: Option<&Value>, most: Option<&Value>) -> String {
    // As people write them: 90, not 90.0.
    let number = |bound: &Value| bound.as_f64().unwrap_or_default();
    match (least.map(number), most.map(number)) {
        (Some(least), Some(most)) => format!(" from {least} to {most}"),
        (Some(least), None) => format!(" of at least {least}"),
        (None, Some(most)) => format!(" of at most {most}"),
        (None, None) => String::new(),
    }
}

fn size(least: Option<&Value>, most: Option<&Value>, unit: &str) -> String {
    match (least, most) {
        (Some(least), Some(most)) if least == most => format!(" of {least} {unit}s"),
        (Some(least), Some(most)) => format!(" of {least} to {most} {unit}s"),
        (Some(least), None) => format!(" of at least {least} {unit}{}", plural(least)),
        (None, Some(most)) => format!(" of at most {most} {unit}s"),
        (None, None) => String::new(),
    }
}

fn plural(count: &Value) -> &'static str {
    if count.as_u64() == Some(1) { "" } else { "s" }
}

/// A table as it is written: `[mqtt]`, `the second [[rule]]`, `the file`.
pub(super) fn table_name(pointer: &str) -> String {
    let steps: Vec<String> = steps(pointer).collect();
    match steps.as_slice() {
        [] => "the file".to_owned(),
        [name, index] if index.parse::<usize>().is_ok() => {
            format!("[[{name}]] number {}", number(index))
        }
        [list, index, names @ ..] if index.parse::<usize>().is_ok() => {
            format!("[{list}.{}] of [[{list}]] number {}", names.join("."), number(index))
        }
        [names @ .., index] if index.parse::<usize>().is_ok() => {
            format!("item {} of `{}`", number(index), names.join("."))
        }
        names => format!("[{}]", names.join(".")),
    }
}

/// A list index as people count.
fn number(index: &str) -> usize {
    index.parse::<usize>().map_or(0, |index| index + 1)
}

/// That there is none of `what` called `word`, and which is meant or known. The word is only repeated
/// if it is nearly a known one: else it may be anything, even a secret.
pub(super) fn unknown(what: &str, word: &str, known: &[&str]) -> String {
    match nearest(word, known) {
        Some(near) => format!("{what} `{word}`; did you mean `{near}`?"),
        None => or_list(format!("{what} of this name"), word, known),
    }
}

/// `complaint` followed by the nearest of the `known` words, or by all of them.
pub(super) fn or_list(complaint: String, word: &str, known: &[&str]) -> String {
    if let Some(near) = nearest(word, known) {
        return format!("{complaint}; did you mean `{near}`?");
    }
    match known.len() {
        0 => complaint,
        count if count > MOST_LISTED => {
            let some = known.iter().take(MOST_LISTED).copied().collect::<Vec<_>>().join(", ");
            format!("{complaint}; known here: {some} and {} more", count - MOST_LISTED)
        }
        _ => format!("{complaint}; known here: {}", known.join(", ")),
    }
}

/// The one of the `known` words that `word` probably means: few letters differ.
pub(super) fn nearest<'a>(word: &str, known: &[&'a str]) -> Option<&'a str> {
    let distance = |candidate: &str| strsim::damerau_levenshtein(word, candidate);
    let nearest = known.iter().copied().min_by_key(|candidate| distance(candidate))?;
    (distance(nearest) <= (word.chars().count() / 3).clamp(1, 3)).then_some(nearest)
}

//! All quirks, family by family.

use std::fmt::Write as _;

use super::act::{Outcome, Quirk};
use super::{
    babble, coding, hostile, identity, life, login, parameter_sets, redirect, speech, text, times,
    tunnel, tunnel_refusal,
};

/// What a family has in common, and its quirks.
const FAMILIES: [(&str, &[Quirk]); 13] = [
    ("Session descriptions", text::QUIRKS),
    ("Answers", speech::QUIRKS),
    ("Redirections", redirect::QUIRKS),
    ("Identity of the stream", identity::QUIRKS),
    ("Parameter sets", parameter_sets::QUIRKS),
    ("Passwords", login::QUIRKS),
    ("Times", times::QUIRKS),
    ("Coding", coding::QUIRKS),
    ("Life of a session", life::QUIRKS),
    ("RTSP over HTTP", tunnel::QUIRKS),
    ("RTSP over HTTP that does not come about", tunnel_refusal::QUIRKS),
    ("Hostile", hostile::QUIRKS),
    ("Hostile: no answer, without end", babble::QUIRKS),
];

/// Every quirk.
pub fn all() -> impl Iterator<Item = &'static Quirk> {
    FAMILIES.into_iter().flat_map(|(_, quirks)| quirks)
}

/// The list as a page of Markdown.
#[must_use]
pub fn markdown() -> String {
    let mut page = "# Quirks\n\n\
        Every way in which a simulated camera can depart from the standards, or from what most cameras \
        do. `hw-sim quirks` prints this page from the code; a test holds it to that.\n\n\
        In a scenario: `quirks = [\"origin-short\"]` under `[[camera]]`. To serve one camera for each \
        quirk: `hw-sim quirks --serve 127.0.0.1:18554 --media .media`.\n\n\
        *plays*: a good client shows the pictures. *refused*: it says why it does not. *hostile*: it \
        survives, and nobody else notices. The thread is a public report of a camera or client, \
        `repository#number`, or the clause that cameras break.\n"
        .to_owned();
    for (title, quirks) in FAMILIES {
        let heading =
            "| quirk | what the camera does | thread | a good client |\n|---|---|---|---|\n";
        // A String takes all.
        let _infallible = write!(page, "\n## {title}\n\n{heading}");
        for Quirk { name, does, thread, outcome, .. } in quirks {
            let outcome = match outcome {
                Outcome::Plays => "plays",
                Outcome::Refused => "refused",
                Outcome::Hostile => "hostile",
            };
            let _infallible = writeln!(page, "| `{name}` | {does} | {thread} | {outcome} |");
        }
    }
    page
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_row_is_complete_and_has_its_own_name() {
        let names: BTreeSet<&str> = all().map(|quirk| quirk.name).collect();
        assert_eq!(names.len(), all().count());
        assert!(names.len() >= 48, "{}", names.len());
        for Quirk { name, does, thread, acts, .. } in all() {
            let is_plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
            assert!(name.chars().all(is_plain), "{name} is part of a URL");
            assert!(does.ends_with('.') && does.matches(". ").count() == 0, "{name}: {does}");
            let clause = thread.starts_with("RFC ") || thread.starts_with("ITU-T ");
            assert!(clause || thread.contains('#'), "{name}: {thread}");
            assert!(!acts.is_empty(), "{name} does nothing");
        }
    }

    #[test]
    fn the_page_is_the_list() {
        expect_test::expect_file!["../../../QUIRKS.md"].assert_eq(&markdown());
    }
}

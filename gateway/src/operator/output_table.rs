//! What alerts may move, and how it is.

use std::fmt::Write as _;

use output::{OutputState, OutputStatus};

use super::html::escape;

/// Writes the table; nothing if there is none.
pub(super) fn write_outputs(html: &mut String, outputs: &[OutputStatus]) -> std::fmt::Result {
    if outputs.is_empty() {
        return Ok(());
    }
    write!(
        html,
        "<h2>Outputs 联动输出</h2><table><tr><th>Output<th>Name<th>State<th>Since<th>Until at the latest<th>Alert</tr>"
    )?;
    for output in outputs {
        let class = match output.status {
            OutputState::Released | OutputState::Held => "good",
            OutputState::Off | OutputState::Test => "quiet",
            OutputState::Blocked | OutputState::Unapproved | OutputState::Faulty => "bad",
        };
        let reason = output.reason.as_deref().map(|it| format!(": {}", escape(it)));
        let shown = |text: &Option<String>| escape(text.as_deref().unwrap_or_default());
        write!(
            html,
            "<tr><td>{}<td>{}<td><span class={class}>{}</span>{}<td>{}<td>{}<td>{}</tr>",
            escape(&output.id),
            escape(&output.name),
            output.status.word(),
            reason.unwrap_or_default(),
            shown(&output.held_at),
            shown(&output.release_at),
            shown(&output.alert_id),
        )?;
    }
    write!(html, "</table>")
}

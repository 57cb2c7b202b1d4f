//! What libraries say is for programmers: an operator reads the gateway's own lines only.

use std::process::Command;

/// Set in the process that logs.
const IS_CHILD: &str = "GRIDWHISTLE_TEST_LOGS";

#[test]
fn a_librarys_lines_are_shown_to_who_asks_for_them() {
    if std::env::var_os(IS_CHILD).is_some() {
        runtime::install_logging();
        log::warn!("SubAck, Reason = NotAuthorized");
        tracing::info!("the broker denies it");
        return;
    }
    let lines = |asked: Option<&str>| {
        let mut child = Command::new(std::env::current_exe().unwrap());
        child.env(IS_CHILD, "yes").arg("--nocapture");
        match asked {
            None => child.env_remove("RUST_LOG"),
            Some(asked) => child.env("RUST_LOG", asked),
        };
        let output = child.output().unwrap();
        assert!(output.status.success());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("the broker denies it"), "{said}");
        said.contains("NotAuthorized")
    };
    assert!(!lines(None));
    assert!(lines(Some("info")));
}

//! The guard on a device that is not ours: coils of pymodbus, one by function 5, more by function 15, read back.

#![expect(clippy::unwrap_used, reason = "a test that cannot get at its subject must fail")]

use std::io::{BufRead, BufReader, PipeReader, PipeWriter, Write};
use std::path::Path;
use std::process::{Child, ChildStdout, Command, Stdio};

/// A device that runs until it is dropped.
struct Device {
    child: Child,
    told: BufReader<ChildStdout>,
}

impl Device {
    fn start() -> Self {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let libraries = root.join(".setup/field-clients");
        assert!(libraries.join("pymodbus").is_dir(), "no pymodbus: run `make setup` first");
        let mut child = Command::new("python3")
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/coil_device.py"))
            .env("PYTHONPATH", libraries)
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let told = BufReader::new(child.stdout.take().unwrap());
        Self { child, told }
    }

    fn line(&mut self) -> String {
        let mut line = String::new();
        self.told.read_line(&mut line).unwrap();
        line.trim().to_owned()
    }
}

impl Drop for Device {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// A guard on a thread, as its process would run it.
fn guard() -> (PipeWriter, BufReader<PipeReader>) {
    let (orders, told) = std::io::pipe().unwrap();
    let (reports, tells) = std::io::pipe().unwrap();
    std::thread::spawn(move || output::serve(BufReader::new(orders), tells).unwrap());
    (told, BufReader::new(reports))
}

fn report(reports: &mut BufReader<PipeReader>) -> String {
    let mut line = String::new();
    reports.read_line(&mut line).unwrap();
    line.trim().to_owned()
}

#[test]
fn coils_of_pymodbus_are_written_read_back_and_let_go() {
    let mut device = Device::start();
    let port = device.line();
    for (count, single) in [(1, true), (3, false)] {
        let (mut orders, mut reports) = guard();
        let guarded = format!(
            r#"{{"guard":{{"host":"127.0.0.1","port":{port},"unit_id":1,"first":4,"count":{count},"timeout_millis":20000}}}}"#
        );
        writeln!(orders, "{guarded}").unwrap();
        assert_eq!(report(&mut reports), r#"{"released":{"cause":"start"}}"#);
        writeln!(orders, r#"{{"hold":{{"number":1,"millis":100000}}}}"#).unwrap();
        assert_eq!(report(&mut reports), r#"{"held":{"number":1}}"#);
        writeln!(orders, "\"release\"").unwrap();
        assert_eq!(report(&mut reports), r#"{"released":{"cause":"told"}}"#);
        writeln!(orders, r#"{{"hold":{{"number":2,"millis":100000}}}}"#).unwrap();
        assert_eq!(report(&mut reports), r#"{"held":{"number":2}}"#);
        drop(orders);
        assert_eq!(report(&mut reports), r#"{"released":{"cause":"gone"}}"#);
        for is_on in [0, 1, 0, 1, 0] {
            let written = device.line();
            let expected = match single {
                true => format!("5 4 {is_on}"),
                false => format!("15 4 {is_on} {is_on} {is_on}"),
            };
            assert_eq!(written, expected);
            assert!(device.line().starts_with("1 4"), "it is read back");
        }
    }
}

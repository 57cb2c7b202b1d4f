//! The tongue of Dahua's doors: `eventManager.cgi`, lines of text with JSON behind `data=`.

use jiff::Timestamp;

use super::happening::{CARD, FACE, IDENTITY, LATIN_NAME, NAME, PHONE, PLATE, USER, What};
use super::tongue::{Remembered, Tongue};

/// How one firmware writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dahua {
    /// Whether each event comes in one part with a second one that means nothing.
    pub has_company: bool,
    /// Whether events of access have record numbers.
    pub has_serials: bool,
}

/// Said in place of what these doors cannot say: it means nothing.
const UNTOLD: (&str, &str, &str) = ("TimeChange", "Pulse", "0");
const DELIMITER: &str = "--myboundary";

fn part(text: &str) -> Vec<u8> {
    let length = text.len();
    format!("{DELIMITER}\r\nContent-Type: text/plain\r\nContent-Length:{length}\r\n\r\n{text}\r\n")
        .into_bytes()
}

impl Tongue for Dahua {
    fn path(&self) -> &str {
        "/cgi-bin/eventManager.cgi"
    }

    fn headers(&self) -> String {
        "Server: Device/1.0\r\nConnection: close\r\nCache-Control: no-cache\r\n\
         Content-Type: multipart/x-mixed-replace; boundary=myboundary\r\n"
            .to_owned()
    }

    fn beat(&self, _now: Timestamp) -> Vec<u8> {
        part("Heartbeat")
    }

    fn event(&self, event: &Remembered) -> Vec<u8> {
        let index = event.happening.door.saturating_sub(1);
        let time = event.at.as_second();
        let (code, action, status) = words(event.happening.what);
        let serial = format!("   \"RecNo\" : {},\n", event.serial);
        let serial = if self.has_serials { serial.as_str() } else { "" };
        let text = format!(
            "Code={code};action={action};index={index};data={{\n   \"CardName\" : \"{NAME}; {LATIN_NAME}\",\n   \
             \"CardNo\" : \"{CARD}\",\n{serial}   \"UserID\" : \"{USER}\",\n   \"Phone\" : \"{PHONE};\",\n   \
             \"CitizenIDNo\" : \"{IDENTITY}\",\n   \"CarPlate\" : \"{PLATE}\",\n   \
             \"URL\" : \"/pic/{FACE}.jpg;action=Start;index=9\",\n   \"Name\" : \"Door; 1\",\n   \
             \"Status\" : {status},\n   \"UTC\" : {time}\n}}\n"
        );
        let company = "Code=TimeChange;action=Pulse;index=0;data={\n   \"User\" : \"System\"\n}\n";
        part(&if self.has_company { format!("{company}{text}") } else { text })
    }
}

/// The code, the action, and the status in the data.
fn words(what: What) -> (&'static str, &'static str, &'static str) {
    match what {
        What::Granted => ("AccessControl", "Pulse", "1"),
        What::Denied => ("AccessControl", "Pulse", "0"),
        What::Opened => ("DoorStatus", "Pulse", "\"Open\""),
        What::Closed => ("DoorStatus", "Pulse", "\"Close\""),
        What::Forced => ("BreakIn", "Start", "0"),
        What::Held => ("DoorNotClosed", "Start", "0"),
        What::Duress => ("Duress", "Pulse", "0"),
        What::Tampered => ("ChassisIntruded", "Start", "0"),
        What::TamperEnded => ("ChassisIntruded", "Stop", "0"),
        What::FireReleased | What::Tailgated | What::ReaderLost | What::ReaderBack => UNTOLD,
    }
}

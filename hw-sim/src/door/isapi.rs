//! The tongue of Hikvision's doors: ISAPI `alertStream`, with the boundaries, lengths and times of several
//! firmwares.

use jiff::Timestamp;
use jiff::tz::{Offset, TimeZone};
use serde_json::json;

use super::happening::{
    CARD, EMPLOYEE, FACE, IDENTITY, LATIN_NAME, NAME, PHONE, PLATE, What, face,
};
use super::tongue::{Remembered, Tongue};

/// How the parts are kept apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BoundaryStyle {
    /// `boundary=<boundary>`, and the brackets belong to it.
    Angle,
    /// `boundary=boundary`.
    Plain,
    /// `boundary=--myboundary`, so that four dashes stand between parts.
    Dashed,
    /// `boundary="MIME_boundary"`.
    Quoted,
    /// The header names none.
    Unnamed,
}

/// Whether events are XML or JSON.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Writing {
    /// XML.
    Xml,
    /// JSON.
    Json,
}

/// How one firmware writes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Isapi {
    /// How the parts are kept apart.
    pub boundary: BoundaryStyle,
    /// XML or JSON.
    pub writing: Writing,
    /// Whether parts say how long they are.
    pub has_length: bool,
    /// Whether lines of heads end with LF alone.
    pub has_bare_ends: bool,
    /// Whether times name their offset.
    pub has_offset: bool,
    /// Whether events have serial numbers.
    pub has_serials: bool,
    /// Whether a picture of the face follows each event of a person.
    pub has_pictures: bool,
}

impl Isapi {
    /// A firmware of the better kind.
    #[must_use]
    pub const fn new(boundary: BoundaryStyle, writing: Writing) -> Self {
        Self {
            boundary,
            writing,
            has_length: true,
            has_bare_ends: false,
            has_offset: true,
            has_serials: true,
            has_pictures: true,
        }
    }

    fn delimiter(self) -> &'static str {
        match self.boundary {
            BoundaryStyle::Angle => "--<boundary>",
            BoundaryStyle::Plain => "--boundary",
            BoundaryStyle::Dashed => "----myboundary",
            BoundaryStyle::Quoted | BoundaryStyle::Unnamed => "--MIME_boundary",
        }
    }

    fn part(self, kind: &str, body: &[u8]) -> Vec<u8> {
        let end = if self.has_bare_ends { "\n" } else { "\r\n" };
        let length = format!("Content-Length: {}{end}", body.len());
        let length = if self.has_length { length.as_str() } else { "" };
        let delimiter = self.delimiter();
        let head = format!("{delimiter}{end}Content-Type: {kind}{end}{length}{end}");
        [head.as_bytes(), body, b"\r\n"].concat()
    }

    fn text(self, text: &str) -> Vec<u8> {
        match self.writing {
            Writing::Xml => self.part("application/xml; charset=\"UTF-8\"", text.as_bytes()),
            Writing::Json => self.part("application/json; charset=\"UTF-8\"", text.as_bytes()),
        }
    }

    fn time(self, at: Timestamp) -> String {
        let local = at.to_zoned(TimeZone::fixed(Offset::constant(8)));
        let offset = if self.has_offset { "+08:00" } else { "" };
        format!("{}{offset}", local.strftime("%Y-%m-%dT%H:%M:%S"))
    }

    fn json(self, event: &Remembered) -> String {
        let (major, minor) = codes(event.happening.what);
        let mut access = json!({
            "deviceName": "西门 1", "majorEventType": major, "subEventType": minor,
            "cardReaderKind": 1, "cardReaderNo": 1, "doorNo": event.happening.door,
            "currentVerifyMode": "cardOrFaceOrFp", "attendanceStatus": "undefined", "mask": "no",
            "name": NAME, "userName": LATIN_NAME, "employeeNoString": EMPLOYEE, "cardNo": CARD,
            "phoneNumber": PHONE, "idNumber": IDENTITY, "plateNo": PLATE,
            "pictureURL": format!("http://10.0.0.8/LOCALS/pic/{FACE}.jpg"),
            "FaceRect": {"height": 0.1, "width": 0.2, "x": 0.4, "y": 0.5, "name": NAME},
        });
        if self.has_serials {
            access["serialNo"] = json!(event.serial);
        }
        let alert = json!({
            "ipAddress": "10.0.0.8", "portNo": 80, "protocol": "HTTP", "channelID": 1,
            "macAddress": "a4:d5:c2:24:dd:74", "dateTime": self.time(event.at), "activePostCount": 1,
            "eventType": "AccessControllerEvent", "eventState": "active",
            "eventDescription": format!("Access Controller Event of {NAME}"),
            "AccessControllerEvent": access,
        });
        serde_json::to_string_pretty(&alert).unwrap_or_default()
    }

    fn xml(self, event: &Remembered) -> String {
        let (major, minor) = codes(event.happening.what);
        let (time, door) = (self.time(event.at), event.happening.door);
        let serial = format!("<serialNo>{}</serialNo>", event.serial);
        let serial = if self.has_serials { serial.as_str() } else { "" };
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<EventNotificationAlert version=\"2.0\" \
             xmlns=\"http://www.hikvision.com/ver20/XMLSchema\">\n<ipAddress>10.0.0.8</ipAddress>\n\
             <channelID>1</channelID>\n<dateTime>{time}</dateTime>\n<activePostCount>1</activePostCount>\n\
             <eventType>AccessControllerEvent</eventType>\n<eventState>active</eventState>\n\
             <eventDescription>{NAME}</eventDescription>\n<AccessControllerEvent>\n\
             <deviceName>西门 1</deviceName><majorEventType>{major}</majorEventType>\n\
             <subEventType>{minor}</subEventType><name>{NAME}</name><userName>{LATIN_NAME}</userName>\n\
             <employeeNoString>{EMPLOYEE}</employeeNoString><cardNo>{CARD}</cardNo>\n\
             <phoneNumber>{PHONE}</phoneNumber><idNumber>{IDENTITY}</idNumber><plateNo>{PLATE}</plateNo>\n\
             <pictureURL>/pic/{FACE}.jpg</pictureURL><cardReaderNo>1</cardReaderNo>\n\
             <doorNo>{door}</doorNo>{serial}\n</AccessControllerEvent>\n</EventNotificationAlert>"
        )
    }
}

impl Tongue for Isapi {
    fn path(&self) -> &str {
        "/ISAPI/Event/notification/alertStream"
    }

    fn headers(&self) -> String {
        let named = match self.boundary {
            BoundaryStyle::Angle => "; boundary=<boundary>",
            BoundaryStyle::Plain => "; boundary=boundary",
            BoundaryStyle::Dashed => "; boundary=--myboundary",
            BoundaryStyle::Quoted => "; boundary=\"MIME_boundary\"",
            BoundaryStyle::Unnamed => "",
        };
        format!(
            "MIME-Version: 1.0\r\nConnection: close\r\nContent-Type: multipart/mixed{named}\r\n"
        )
    }

    fn beat(&self, now: Timestamp) -> Vec<u8> {
        let time = self.time(now);
        self.text(&match self.writing {
            Writing::Xml => format!(
                "<EventNotificationAlert version=\"2.0\"><ipAddress>10.0.0.8</ipAddress>\n\
                 <dateTime>{time}</dateTime>\n<activePostCount>0</activePostCount>\n\
                 <eventType>videoloss</eventType>\n<eventState>inactive</eventState>\n\
                 <eventDescription>videoloss alarm</eventDescription></EventNotificationAlert>"
            ),
            Writing::Json => json!({
                "ipAddress": "10.0.0.8", "dateTime": time, "activePostCount": 0,
                "eventType": "videoloss", "eventState": "inactive",
                "eventDescription": "videoloss alarm",
            })
            .to_string(),
        })
    }

    fn event(&self, event: &Remembered) -> Vec<u8> {
        let mut bytes = self.text(&match self.writing {
            Writing::Xml => self.xml(event),
            Writing::Json => self.json(event),
        });
        let is_of_person =
            matches!(event.happening.what, What::Granted | What::Denied | What::Duress);
        if self.has_pictures && is_of_person {
            bytes.extend(self.part("image/jpeg", &face()));
        }
        bytes
    }
}

/// Major and minor number, as the makers' header has them.
fn codes(what: What) -> (u32, u32) {
    match what {
        What::Granted => (5, 0x4b),
        What::Denied => (5, 0x09),
        What::Opened => (5, 0x19),
        What::Closed => (5, 0x1a),
        What::Forced => (5, 0x1b),
        What::Held => (5, 0x1c),
        What::Duress => (1, 0x40a),
        What::Tampered => (1, 0x404),
        What::TamperEnded => (1, 0x405),
        What::FireReleased => (5, 0x34),
        What::Tailgated => (5, 0x85),
        What::ReaderLost => (2, 0x409),
        What::ReaderBack => (2, 0x40a),
    }
}

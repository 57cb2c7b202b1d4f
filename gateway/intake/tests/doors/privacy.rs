//! Names, numbers, faces and plates of people go in at the door, and nowhere comes one of them out.

use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use hw_sim::door::{Dahua, Habits, Isapi, PERSONAL, Remembered, Tongue, Writing};
use tracing_subscriber::fmt::MakeWriter;

use super::isapi::{BEST, listen};
use super::site::{STORY, Site, door};

/// All that is logged.
#[derive(Clone, Default)]
pub(crate) struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    pub(crate) fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// Takes what this thread logs, of every level and every crate.
    pub(crate) fn begin(&self) -> tracing::subscriber::DefaultGuard {
        let subscriber = tracing_subscriber::fmt()
            .with_max_level(tracing::Level::TRACE)
            .with_ansi(false)
            .with_writer(self.clone())
            .finish();
        tracing::subscriber::set_default(subscriber)
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Whether something of a person is in `text`, in any spelling that a program writes.
pub(crate) fn of_person(text: &str) -> Option<&'static str> {
    PERSONAL.into_iter().find(|word| {
        let escaped: String =
            word.chars().map(|letter| letter.escape_unicode().to_string()).collect();
        text.contains(word) || text.contains(&escaped)
    })
}

/// All that can be seen of a site.
fn seen(site: &Site) -> String {
    format!("{:?} {:?}", site.signals, site.health())
}

#[tokio::test(start_paused = true)]
async fn nothing_of_a_person_comes_out() {
    let log = Log::default();
    let _logging = log.begin();
    let writings = [
        BEST,
        Isapi { writing: Writing::Xml, ..BEST },
        Isapi { has_length: false, has_serials: false, ..BEST },
    ];
    for firmware in writings {
        assert!(of_person(&telling(&firmware)).is_some(), "the door does tell of people");
        let door = door(firmware, Habits { repeats: 2, ..Habits::default() }).await;
        let mut site = listen(&door);
        for (happening, _) in STORY {
            door.cut_next();
            door.happens(happening);
            site.until("told", |site| site.signals.len() == door.delivered()).await;
        }
        assert_eq!(site.hears(STORY.len()).await.len(), STORY.len());
        assert_eq!(of_person(&seen(&site)), None);
        site.end().await;
    }
    assert!(log.text().contains("the device answers"), "the log is taken");
    assert_eq!(of_person(&log.text()), None);
}

fn telling(firmware: &Isapi) -> String {
    let at = "2026-11-30T08:00:00Z".parse().expect("a time");
    let event = Remembered { happening: STORY[0].0, at, serial: 1 };
    String::from_utf8_lossy(&firmware.event(&event)).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_spoilt_message_tells_nothing_of_a_person_either() {
    let log = Log::default();
    let _logging = log.begin();
    let whole = telling(&Isapi { has_length: false, has_pictures: false, ..BEST });
    for spoilt in [
        whole.replace("\"majorEventType\": 5", "\"majorEventType\": \"欧阳小满\""),
        whole.replace("\"name\":", "\"name\""),
        whole.replace("\"doorNo\": 1", "\"doorNo\": \"E-778231\""),
        whole.replace("AccessControllerEvent", "欧阳小满"),
    ] {
        let input =
            format!("multipart/mixed; boundary=\"MIME_boundary\"\n{spoilt}\r\n--MIME_boundary\r\n");
        let told = intake::fuzz::isapi(input.as_bytes());
        assert!(!told.is_empty());
        assert_eq!(of_person(&told), None, "{told}");
    }
    assert_eq!(of_person(&log.text()), None);
}

/// Tells in a few words what came of a stream.
type Reads = fn(&[u8]) -> String;

/// Streams of each protocol, as fuzzers take them, and what reads them.
fn streams() -> Vec<(Vec<u8>, Reads)> {
    let at = "2026-11-30T08:00:00Z".parse().expect("a time");
    let whole = |head: &str, tongue: &dyn Tongue| {
        let event = |(at_, (happening, _)): (usize, &(hw_sim::door::Happening, &str))| {
            tongue.event(&Remembered { happening: *happening, at, serial: at_ as u64 })
        };
        let events: Vec<u8> = STORY.iter().enumerate().flat_map(event).collect();
        [head.as_bytes(), &events, &tongue.beat(at)].concat()
    };
    let isapi = "multipart/mixed; boundary=\"MIME_boundary\"\n";
    let small = Isapi { has_pictures: false, ..BEST };
    let dahua = "multipart/x-mixed-replace; boundary=myboundary\n";
    vec![
        (whole(isapi, &small), intake::fuzz::isapi),
        (whole(isapi, &Isapi { writing: Writing::Xml, ..small }), intake::fuzz::isapi),
        (whole(dahua, &Dahua { has_company: true, has_serials: true }), intake::fuzz::dahua),
        (ANSWER.as_bytes().to_vec(), intake::fuzz::onvif),
    ]
}

/// An answer to a pull, of a person.
const ANSWER: &str = "<s:Envelope><s:Body><PullMessagesResponse><CurrentTime>2026-11-30T08:00:00Z</CurrentTime>\
     <n:NotificationMessage><n:Topic>tns1:AccessControl/Denied/CredentialNotFound/Card</n:Topic><n:Message>\
     <t:Message UtcTime=\"2026-11-30T08:00:00Z\"><t:Source><t:SimpleItem Name=\"AccessPointToken\" Value=\"a\"/>\
     </t:Source><t:Data><t:SimpleItem Name=\"CredentialHolderName\" Value=\"欧阳小满\"/></t:Data></t:Message>\
     </n:Message></n:NotificationMessage></PullMessagesResponse></s:Body></s:Envelope>";

proptest::proptest! {
    #[test]
    fn a_stream_that_is_spoilt_anywhere_tells_nothing_of_a_person(
        changes in proptest::collection::vec((0_usize..20_000, proptest::prelude::any::<u8>()), 0..6),
        cut in 0_usize..20_000,
    ) {
        for (stream, read) in streams() {
            let mut spoilt = stream.clone();
            for (at, byte) in &changes {
                let at = at % spoilt.len();
                spoilt[at] = *byte;
            }
            spoilt.truncate(1 + cut % stream.len());
            let told = read(&spoilt);
            assert_eq!(of_person(&told), None, "{told}");
            let whole = read(&stream);
            assert!(whole.contains("access_denied"), "{whole}");
        }
    }
}

//! The page as browsers, programs and attackers meet it, over TCP.

use std::time::Instant;

use ledger::{AlertRow, Entry, Ledger, OutgoingMessage};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusRecorder};
use scene::CaptureTime;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use super::*;
use crate::analysis::{CameraList, CameraView, DeviceList, EyeDesk, LatestStatus, StatusJudge};
use crate::evidence::{Caption, Limits};
use delivery::ConfinementNews;
use runtime::utc_now;

struct House {
    cameras: CameraList,
    evidence: Arc<EvidenceStore>,
    ledger: Ledger,
    recorder: PrometheusRecorder,
    _folder: tempfile::TempDir,
    address: SocketAddr,
    page: ServerThread,
}

/// One camera, and in it a passage that is watched for whatever newly stands there.
fn desk(folder: &std::path::Path) -> EyeDesk {
    let inference = eye::InferenceSettings {
        model_dir: folder.to_owned(),
        second_look_dir: None,
        second_look_heads: Vec::new(),
        charging_wire_dir: None,
        precision: detector::Precision::Auto,
        threads: std::num::NonZeroUsize::MIN,
        eyes: None,
        onnxruntime_file: None,
    };
    let models = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../models/yolox-nano");
    let manifest = detector::Manifest::load(&models).unwrap();
    let corner = |x, y| scene::Point { x, y };
    let corners = vec![corner(0.0, 0.0), corner(1.0, 0.0), corner(1.0, 1.0)];
    let passage = scene::Polygon::new(corners).unwrap();
    let seat = eye::Seat {
        camera: eye::CameraNumber(1),
        stream: camera::Settings::new("cam-01", "rtsp://127.0.0.1/".parse().unwrap()),
        watch: eye::Watch {
            interval: Duration::from_secs(1),
            detect: detector::DetectSettings::of(&manifest),
            wants_appearance: false,
            second_look: Vec::new(),
            crops: eye::Crops::default(),
            cables: eye::CableDemand::default(),
            quiet: None,
            standing: vec![eye::StandingZone::new("cam-01.passage", &passage)],
        },
        footage: None,
        learnt: camera::Learnt::default(),
    };
    let desk = EyeDesk::new(1, &inference, None);
    desk.take_in(seat, camera::SharedHealth::default(), Arc::default());
    desk
}

fn house() -> House {
    let folder = tempfile::tempdir().unwrap();
    let server = OperatorServer::bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
    let address = server.listener.local_addr().unwrap();
    let ledger = Ledger::open(&folder.path().join("ledger.sqlite3")).unwrap();
    let cameras = CameraList::default();
    let overview = Overview {
        gateway: "gw-1".to_owned(),
        utc_offset: jiff::tz::offset(8),
        started_at: utc_now(),
        cameras: cameras.clone(),
        devices: DeviceList::default(),
        outputs: Arc::new(Vec::new),
        confinement: ConfinementNews {
            files: true,
            ports: false,
            calls: true,
            memory: true,
            kernel: "6.1.0".to_owned(),
        },
        desk: desk(folder.path()),
        ledger: ledger.clone(),
        delivery: watch::channel(delivery::Health::default()).1,
    };
    let evidence = EvidenceStore::open(&folder.path().join("evidence"), Limits::default()).unwrap();
    let recorder = PrometheusBuilder::new().build_recorder();
    let metrics = recorder.handle();
    let url = Url::parse("https://gw-1.example/").unwrap();
    let evidence = Arc::new(evidence);
    let page = server.serve((overview, &url), Arc::clone(&evidence), metrics).unwrap();
    House { cameras, evidence, ledger, recorder, _folder: folder, address, page }
}

impl House {
    fn record(&self, id: &str, camera: &str, payload: &[u8]) {
        let alert = AlertRow {
            alert_id: id.to_owned(),
            dedupe_key: id.to_owned(),
            device_id: camera.to_owned(),
            seq: 1,
            state: "open".to_owned(),
            updated_at_micros: utc_now().unix_micros(),
        };
        let topic = "evt".to_owned();
        let message = OutgoingMessage { topic, payload: payload.to_vec(), retain: false };
        self.ledger.record(&[Entry { alert, message }], None).unwrap();
    }

    async fn ask(&self, request: &str) -> std::io::Result<String> {
        let mut stream = TcpStream::connect(self.address).await?;
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    async fn get(&self, path: &str, heads: &str) -> String {
        let request = format!("GET {path} HTTP/1.1\r\nConnection: close\r\n{heads}\r\n");
        self.ask(&request).await.unwrap()
    }
}

#[tokio::test]
async fn an_open_alert_is_shown_in_words_and_writes_no_html() {
    let house = house();
    let host = format!("Host: {}\r\n", house.address);
    let golden = "../tests/golden/alert-v1/fire_passage_blocked.open.json";
    let message = std::fs::read(golden).unwrap();
    let told: serde_json::Value = serde_json::from_slice(&message).unwrap();
    house.record("0198-a", "cam-01", &message);
    house.record("0198-b", "<b>cam", br#"{"title":"<script>"}"#);
    let page = house.get("/", &host).await;
    for field in ["title", "description"] {
        assert!(page.contains(told[field].as_str().unwrap()), "{field}: {page}");
    }
    for part in ["fire_passage_blocked", "cam-01", "0198-a", "0198-b", "&lt;b&gt;cam", "6.1.0"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<script>") && !page.contains("<b>cam"), "{page}");
}

#[tokio::test]
async fn pictures_say_whose_they_are_and_when_and_write_no_html() {
    let house = house();
    let host = format!("Host: {}\r\n", house.address);
    let at = CaptureTime::from_unix_micros(1_795_309_800_000_000);
    let put = |bytes: &[u8], camera: Option<&str>| {
        let stored = house.evidence.put(FileKind::Picture, bytes, at).unwrap();
        if let Some(camera) = camera {
            let caption = Caption { camera: camera.to_owned(), captured_at: at };
            house.evidence.note_caption(&stored.sha256, caption);
        }
        stored.sha256
    };
    put(b"1", Some("cam-01"));
    put(b"2", Some("<b>cam"));
    let unknown = put(b"3", None);
    house.cameras.put(view("East <i>gate"));
    let page = house.get("/", &host).await;
    for part in [
        "<figcaption>East &lt;i&gt;gate (cam-01)<br>",
        "<figcaption>&lt;b&gt;cam<br>",
        "<figcaption>of before the start<br>",
        "2026-11-22 09:10:00",
    ] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("<b>cam") && !page.contains("<i>gate"), "{page}");

    // An open alert still knows the picture after a start.
    let told = serde_json::json!({ "evidence": [{ "sha256": unknown, "captured_at": "2026-11-22T09:15:01+08:00" }] });
    house.record("0198-a", "cam-01", told.to_string().as_bytes());
    let page = house.get("/", &host).await;
    assert!(page.contains("2026-11-22 09:15:01") && !page.contains("before the start"), "{page}");
}

fn view(name: &str) -> CameraView {
    CameraView {
        id: "cam-01".to_owned(),
        name: name.to_owned(),
        health: camera::SharedHealth::default(),
        progress: Arc::default(),
        status: LatestStatus::default(),
        silence_timeout: Duration::from_secs(10),
    }
}

#[tokio::test]
async fn a_camera_that_is_taken_out_leaves_no_metric() {
    let house = house();
    metrics::with_local_recorder(&house.recorder, || {
        runtime::metrics::camera_session_ended("cam-01");
        runtime::metrics::broker_lost();
    });
    house.cameras.put(view("Gate"));
    let host = format!("Host: {}\r\n", house.address);
    assert!(house.get("/metrics", &host).await.contains("camera=\"cam-01\"} 1"));
    house.cameras.remove("cam-01");
    let metrics = house.get("/metrics", &host).await;
    assert!(
        !metrics.contains("cam-01") && metrics.contains("gridwhistle_delivery_failed"),
        "{metrics}"
    );
}

#[tokio::test]
async fn a_camera_whose_pictures_are_not_analysed_is_not_shown_as_good() {
    let house = house();
    let health = camera::SharedHealth::default();
    health.set(camera::Health::Online { codec: camera::Codec::H264 });
    house.cameras.put(CameraView {
        id: "cam-01".to_owned(),
        name: "Gate".to_owned(),
        health,
        progress: Arc::default(),
        status: LatestStatus::default(),
        silence_timeout: Duration::from_secs(10),
    });
    let host = format!("Host: {}\r\n", house.address);
    let mut judge = StatusJudge::default();
    for (looks, shown) in [
        (0..1, "<span class=good>online</span>, H.264"),
        (1..12, "<span class=bad>degraded</span>: pictures arrive but none can be analysed"),
    ] {
        for (secs, view) in looks
            .clone()
            .flat_map(|secs| house.cameras.all().into_iter().map(move |view| (secs, view)))
        {
            judge.change(&view, false, Instant::now() + Duration::from_secs(secs));
        }
        let page = house.get("/", &host).await;
        assert!(page.contains(shown), "{looks:?}: {page}");
    }
}

/// Connections that one program opens: more than there are places.
const HALF_ASKED: usize = 300;

/// How long five honest questions may wait among them, on a busy machine. Each waits for the crowd
/// before it: half a second if strangers make room at once, and 45 seconds if each keeps its place.
const ANSWERED_WITHIN: Duration = Duration::from_secs(60);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn half_requests_keep_nobody_out() {
    let house = house();
    let address = house.address;
    let mut crowd = tokio::task::JoinSet::new();
    let asked = Arc::new(tokio::sync::Semaphore::new(0));
    for _ in 0..HALF_ASKED {
        let asked = Arc::clone(&asked);
        crowd.spawn(async move {
            loop {
                let Ok(mut stream) = TcpStream::connect(address).await else { continue };
                let _cut = stream.write_all(b"GET / HTTP/1.1\r\nHost: lo").await;
                asked.add_permits(1);
                let _cut = stream.read(&mut [0; 64]).await;
            }
        });
    }
    let crowded = u32::try_from(CONNECTIONS * 2).unwrap();
    drop(asked.acquire_many(crowded).await.unwrap());
    let until = tokio::time::Instant::now() + ANSWERED_WITHIN;
    for path in ["/health/live", "/metrics", "/", "/health/live", "/health/ready"] {
        let request =
            format!("GET {path} HTTP/1.1\r\nConnection: close\r\nHost: {address}\r\n\r\n");
        let answered = async {
            // A busy machine may be too slow to ask before the place is needed. A browser asks again.
            while !house.ask(&request).await.is_ok_and(|it| it.starts_with("HTTP/1.1 ")) {}
        };
        assert!(tokio::time::timeout_at(until, answered).await.is_ok(), "{path}");
    }
}

#[tokio::test]
async fn the_page_answers_to_its_own_names_only() {
    let house = house();
    for (host, status) in [
        (house.address.to_string(), 200),
        ("localhost".to_owned(), 200),
        ("gw-1.example".to_owned(), 200),
        ("rebound.example".to_owned(), 421),
    ] {
        for path in ["/", "/metrics", "/health/live"] {
            let answer = house.get(path, &format!("Host: {host}\r\n")).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{host}{path}: {answer}");
            assert!(answer.contains("frame-ancestors 'none'"), "{answer}");
            assert_eq!(answer.contains("Gridwhistle"), status == 200 && path == "/", "{answer}");
        }
    }
    let host = format!("Host: {}\r\nConnection: close\r\n", house.address);
    let post = format!("POST / HTTP/1.1\r\n{host}Content-Length: 0\r\n");
    let answer = house.ask(&format!("{post}Origin: https://evil.example\r\n\r\n")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 403 "), "{answer}");
    let answer = house.ask(&format!("{post}\r\n")).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 405 "), "the page itself is not changed: {answer}");
    house.page.stop().await;
}

#[tokio::test]
async fn an_operator_says_what_belongs_in_a_zone_and_nobody_elsewhere_does() {
    let house = house();
    let host = format!("Host: {}\r\nConnection: close\r\nContent-Length: 0\r\n", house.address);
    let page = house.get("/", &format!("Host: {}\r\n", house.address)).await;
    let button = "action=\"/zones/cam-01/cam-01.passage/free\"";
    assert!(page.contains(button) && page.contains("being learned"), "{page}");
    let own = format!("Origin: http://{}\r\n", house.address);
    for (zone, origin, status) in [
        ("cam-01/cam-01.passage", own.as_str(), "303"),
        ("cam-01/cam-01.passage", "", "303"),
        ("cam-01/cam-01.passage", "Origin: https://evil.example\r\n", "403"),
        ("cam-01/cam-01.door", "", "404"),
        ("cam-02/cam-01.passage", "", "404"),
    ] {
        let request = format!("POST /zones/{zone}/free HTTP/1.1\r\n{host}{origin}\r\n");
        let answer = house.ask(&request).await.unwrap();
        assert!(answer.starts_with(&format!("HTTP/1.1 {status} ")), "{zone} {origin}: {answer}");
    }
    let get = house.get("/zones/cam-01/cam-01.passage/free", "Host: localhost\r\n").await;
    assert!(get.starts_with("HTTP/1.1 405 "), "a link changes nothing: {get}");
    let history = house.ledger.history(0, 100).unwrap();
    let freed = history.iter().filter(|it| it.entry.kind == "zone_freed");
    let freed: Vec<&str> = freed.map(|it| it.entry.subject.as_str()).collect();
    assert_eq!(freed, ["cam-01.passage"; 2], "who looks into the history finds both");
    house.page.stop().await;
}

#[tokio::test]
async fn clients_that_say_nothing_shut_nobody_out() {
    let house = house();
    let mut silent = Vec::new();
    for _ in 0..3 * CONNECTIONS {
        silent.push(TcpStream::connect(house.address).await.unwrap());
    }
    let began = Instant::now();
    let live = house.get("/health/live", "Host: localhost\r\n").await;
    assert!(live.ends_with("live\n"), "{live}");
    // If each kept its place, three rounds of them would have to be cut first.
    assert!(began.elapsed() < LIMITS.head * 2, "{:?}", began.elapsed());
    house.page.stop().await;
}

#[tokio::test]
async fn a_head_that_never_ends_is_cut() {
    let house = house();
    let mut slow = TcpStream::connect(house.address).await.unwrap();
    slow.write_all(b"GET / HTTP/1.1\r\nHost: localhost\r\n").await.unwrap();
    let began = Instant::now();
    let mut rest = Vec::new();
    drop(slow.read_to_end(&mut rest).await);
    let waited = began.elapsed();
    assert!(waited < LIMITS.connection / 2, "{waited:?}");
    let long = format!("Host: localhost\r\nX-Long: {}\r\n", "a".repeat(32 * 1024));
    let request = format!("GET / HTTP/1.1\r\n{long}\r\n");
    if let Ok(answer) = house.ask(&request).await {
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
    }
    house.page.stop().await;
}

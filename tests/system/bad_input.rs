//! Bad input gets an error that the person who can act understands, and never a panic or a hang.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::PermissionsExt;
use std::process::Command;
use std::time::{Duration, Instant};

use hw_sim::play::Cameras;
use hw_sim::scenario::Scenario;

use crate::house::{StreetCamera, complaint, free_ports, gridwhistle, media, root, write_config};

const CAMERA: StreetCamera =
    StreetCamera { id: "cam-01", transport: "tcp", digest: false, watches_lamp: false };

fn path(folder: &std::path::Path) -> &str {
    folder.to_str().expect("UTF-8")
}

#[test]
fn a_config_with_three_mistakes_names_all_three_by_file_and_line() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let config = write_config(work.path(), free_ports(), &[CAMERA]);
    certificates(work.path());
    let camera = config.join("cameras/cam-01.toml");
    let text = fs::read_to_string(&camera).expect("readable");
    let text = text
        .replace("transport = \"tcp\"", "transport = \"pigeon\"")
        .replace("longitude = 117.112", "longitude = 217.112")
        .replace("dwell_secs = 10", "dwel_secs = 10");
    fs::write(&camera, &text).expect("written");
    let told = complaint(&gridwhistle(&["check", "--config", path(&config)]), 78);
    for mistake in ["pigeon", "217.112", "dwel_secs"] {
        let line = 1 + text.lines().position(|line| line.contains(mistake)).expect("planted");
        let place = format!("cam-01.toml:{line}:");
        assert!(told.contains(&place), "{mistake}: no {place} in\n{told}");
    }
    assert!(told.contains("dwell_secs"), "suggests what was meant:\n{told}");
    // `run` must refuse the same set in the same words.
    let run = complaint(&gridwhistle(&["run", "--config", path(&config)]), 78);
    assert_eq!(run, told);
}

#[test]
fn a_truncated_model_is_refused() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let config = write_config(work.path(), free_ports(), &[CAMERA]);
    certificates(work.path());
    let model = work.path().join("model");
    fs::create_dir(&model).expect("a folder");
    for file in fs::read_dir(root().join("models/yolox-nano")).expect("the model") {
        let file = file.expect("readable").path();
        if file.is_file() {
            fs::copy(&file, model.join(file.file_name().expect("a name"))).expect("copied");
        }
    }
    let weights = model.join("yolox-nano.onnx");
    let whole = fs::read(&weights).expect("the weights");
    fs::write(&weights, &whole[..whole.len() / 2]).expect("written");
    let gateway = config.join("gateway.toml");
    let text = fs::read_to_string(&gateway).expect("readable");
    let original = root().join("models/yolox-nano");
    fs::write(&gateway, text.replace(path(&original), path(&model))).expect("written");
    let told = complaint(&gridwhistle(&["run", "--config", path(&config)]), 78);
    assert!(told.contains("yolox-nano.onnx"), "{told}");
}

/// A file that is as long as it should be, with a hole in it, as a copy leaves that broke off: the loader takes it.
#[test]
fn a_damaged_runtime_is_named_and_takes_no_check_with_it() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let config = write_config(work.path(), free_ports(), &[CAMERA]);
    certificates(work.path());
    let library = work.path().join("libonnxruntime.so");
    let whole = std::env::var_os("ORT_DYLIB_PATH").expect("set in .cargo/config.toml");
    let mut damaged = fs::read(whole).expect("readable");
    let third = damaged.len() / 3;
    damaged[third..2 * third].fill(0);
    fs::write(&library, &damaged).expect("written");
    let gateway = config.join("gateway.toml");
    let text = fs::read_to_string(&gateway).expect("readable");
    let named = format!("[inference]\nonnxruntime_file = \"{}\"\n", library.display());
    fs::write(&gateway, text.replace("[inference]\n", &named)).expect("written");
    let told = complaint(&gridwhistle(&["check", "--config", path(&config)]), 78);
    assert!(told.contains(path(&library)) && told.contains("fetch ONNX Runtime again"), "{told}");
    let told = complaint(&gridwhistle(&["run", "--config", path(&config)]), 78);
    assert!(told.contains("`gridwhistle check` tries the model alone"), "{told}");
}

#[test]
fn a_taken_port_is_named() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let taken = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut ports = free_ports();
    ports.page = taken.local_addr().expect("bound").port();
    let config = write_config(work.path(), ports, &[CAMERA]);
    certificates(work.path());
    let told = complaint(&gridwhistle(&["run", "--config", path(&config)]), 78);
    assert!(told.contains(&ports.page.to_string()) && told.contains("http.listen"), "{told}");
}

#[test]
fn an_unknown_host_is_told_from_a_silent_one() {
    let told = complaint(&gridwhistle(&["probe", "rtsp://camera.invalid/1"]), 69);
    assert!(told.contains("camera.invalid") && told.contains("check host name"), "{told}");

    // Accepts and never answers, like a camera that hangs.
    let silent = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("rtsp://{}/1", silent.local_addr().expect("bound"));
    let started = Instant::now();
    let told = complaint(&gridwhistle(&["probe", &url]), 69);
    assert!(told.contains("no answer to DESCRIBE"), "{told}");
    assert!(started.elapsed() < Duration::from_secs(30), "it gave up too late");
}

#[test]
fn something_that_is_no_camera_is_refused() {
    let told = probe_of(|_request| "HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n".into());
    assert!(told.contains("speaks HTTP at this port"), "{told}");
    assert!(told.contains("transport = \"http\"") && told.contains("554"), "{told}");
    let told = probe_of(|_request| "SSH-2.0-dropbear_2022.83\r\n\r\n".into());
    assert!(told.contains("is no RTSP (SSH-2.0-dropbear_2022.83"), "{told}");
    assert!(told.contains("is this its RTSP port?"), "{told}");
}

#[test]
fn a_stream_without_usable_video_is_told_from_a_broken_one() {
    let told = probe_of(|request| described(request, "m=audio 0 RTP/AVP 8\r\n"));
    assert!(told.contains("no video") && told.contains("audio"), "{told}");
    let video = "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H263-1998/90000\r\na=control:track1\r\n";
    let told = probe_of(|request| described(request, video));
    assert!(told.contains("set the camera to H.264 or H.265"), "{told}");
    assert!(told.to_lowercase().contains("h263-1998"), "names what it found: {told}");
}

#[test]
fn a_description_that_is_none_is_refused() {
    let told = probe_of(|request| answer(request, "this is not SDP"));
    assert!(told.contains("the stream holds no video; it offers: nothing"), "{told}");
}

/// What `probe` says of a camera that answers its first request so.
fn probe_of(answer: impl FnOnce(&str) -> String + Send + 'static) -> String {
    let camera = TcpListener::bind("127.0.0.1:0").expect("a port");
    let url = format!("rtsp://{}/1", camera.local_addr().expect("bound"));
    let server = std::thread::spawn(move || {
        let (mut stream, _) = camera.accept().expect("a client");
        let mut request = [0; 1024];
        let length = stream.read(&mut request).expect("a request");
        let request = String::from_utf8_lossy(&request[..length]);
        stream.write_all(answer(&request).as_bytes()).expect("sent");
        // Until the gateway hangs up; how it does so is its own affair.
        let _rest = stream.read_to_end(&mut Vec::new());
    });
    let told = complaint(&gridwhistle(&["probe", &url]), 69);
    server.join().expect("the camera ends");
    told
}

fn described(request: &str, media: &str) -> String {
    let session = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=Doorbell\r\nt=0 0\r\n";
    answer(request, &format!("{session}{media}"))
}

/// 200 and a body (RFC 2326 §10.2).
fn answer(request: &str, body: &str) -> String {
    let number = request.lines().find(|line| line.to_lowercase().starts_with("cseq"));
    format!(
        "RTSP/1.0 200 OK\r\n{}\r\nContent-Type: application/sdp\r\nContent-Length: {}\r\n\r\n{body}",
        number.expect("a CSeq"),
        body.len(),
    )
}

#[test]
fn a_missing_config_folder_is_named() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let missing = work.path().join("nowhere");
    for command in ["check", "run"] {
        let told = complaint(&gridwhistle(&[command, "--config", path(&missing)]), 78);
        assert!(told.contains(path(&missing)), "{command}: {told}");
    }
}

#[test]
fn check_tries_the_model_and_the_library() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let config = write_config(work.path(), free_ports(), &[CAMERA]);
    certificates(work.path());
    let check = ["check", "--config", path(&config)];
    let sound = gridwhistle(&check);
    let told = String::from_utf8_lossy(&sound.stdout).into_owned();
    let log = String::from_utf8_lossy(&sound.stderr).into_owned();
    assert!(sound.status.success(), "{told}{log}");
    assert!(told.contains("model yolox-nano") && told.contains("it runs, 80 class(es)"), "{told}");

    let gateway = config.join("gateway.toml");
    let text = fs::read_to_string(&gateway).expect("readable");
    let library = root().join(".ort/libonnxruntime.so");
    let whole = fs::read(&library).expect("readable");
    let cut = work.path().join("cut.so");
    fs::write(&cut, &whole[..whole.len() / 2]).expect("written");
    // [inference] is the last section.
    let named = format!("{text}onnxruntime_file = \"{}\"\n", path(&cut));
    fs::write(&gateway, named).expect("written");
    let told = complaint(&gridwhistle(&check), 78);
    assert!(told.contains("cut.so") && told.contains("it is cut off"), "{told}");
    let without = gridwhistle(&[&check[..], &["--without-model"]].concat());
    assert!(without.status.success(), "{}", String::from_utf8_lossy(&without.stderr));

    let model = work.path().join("model");
    fs::create_dir(&model).expect("a folder");
    for entry in fs::read_dir(root().join("models/yolox-nano")).expect("readable").flatten() {
        fs::copy(entry.path(), model.join(entry.file_name())).expect("copied");
    }
    let shipped = root().join("models/yolox-nano");
    fs::write(&gateway, text.replace(path(&shipped), path(&model))).expect("written");
    let onnx = model.join("yolox-nano.onnx");
    let whole = fs::read(&onnx).expect("readable");
    fs::write(&onnx, &whole[..whole.len() / 2]).expect("written");
    let told = complaint(&gridwhistle(&check), 78);
    assert!(told.contains("sha256 is") && told.contains("damaged or was replaced"), "{told}");
}

#[test]
fn a_calibration_is_explained_or_refused_by_its_point() {
    let sample = root().join("config/cameras/example.toml.sample");
    let sound = gridwhistle(&["calibrate", "--camera", path(&sample)]);
    let report = String::from_utf8_lossy(&sound.stdout).into_owned();
    assert!(sound.status.success() && report.ends_with("verdict: nothing wrong\n"), "{report}");
    let work = tempfile::tempdir().expect("a temporary folder");
    let camera = work.path().join("cam-0412.toml");
    let text = fs::read_to_string(&sample).expect("readable");
    let text = text.replace("117.1121722", "117.1127122");
    fs::write(&camera, &text).expect("written");
    let told = complaint(&gridwhistle(&["calibrate", "--camera", path(&camera)]), 78);
    let line = 1 + text.lines().position(|line| line.contains("117.1127122")).expect("planted");
    assert!(told.contains(&format!("cam-0412.toml:{line}:")), "{told}");
    assert!(told.contains("point 3 contradicts all others"), "{told}");
}

#[test]
fn a_state_folder_or_a_ledger_that_cannot_be_is_named() {
    let work = tempfile::tempdir().expect("a temporary folder");
    let config = write_config(work.path(), free_ports(), &[CAMERA]);
    certificates(work.path());
    let state = work.path().join("state");
    fs::create_dir(&state).expect("a folder");
    fs::write(state.join("ledger.sqlite3"), "To do: buy milk.\n".repeat(100)).expect("written");
    let run = ["run", "--config", path(&config)];
    let modes = |folder: u32, file: u32| {
        let set = |path: &std::path::Path, mode| {
            fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("set");
        };
        set(&state, folder);
        set(&state.join("ledger.sqlite3"), file);
    };
    // As an earlier version left it: the command that is named mends it.
    modes(0o755, 0o644);
    let told = complaint(&gridwhistle(&run), 78);
    let (told, command) = told.split_once(": run: ").expect("a command");
    assert!(told.contains("state_dir") && told.contains(path(&state)), "{told}");
    let mended = Command::new("sh").args(["-c", command]).status().expect("a shell");
    assert!(mended.success(), "{command}");
    modes(0o700, 0o640);
    let told = complaint(&gridwhistle(&run), 78);
    assert!(told.contains("ledger.sqlite3") && told.contains("chmod"), "{told}");
    modes(0o700, 0o600);
    let told = complaint(&gridwhistle(&run), 74);
    assert!(told.contains(path(&state.join("ledger.sqlite3"))), "{told}");
    assert!(told.contains("not a ledger"), "{told}");

    let gateway = config.join("gateway.toml");
    let text = fs::read_to_string(&gateway).expect("readable");
    // Not even root may make a folder below a file, or a file in /sys.
    let below_a_file = state.join("ledger.sqlite3/deeper");
    let place = |folder: &str| fs::write(&gateway, text.replace(path(&state), folder));
    place(path(&below_a_file)).expect("written");
    let told = complaint(&gridwhistle(&["run", "--config", path(&config)]), 78);
    assert!(told.contains(path(&below_a_file)) && told.contains("state_dir"), "{told}");
    // No command may shut a folder of the system.
    place("/sys").expect("written");
    let told = complaint(&gridwhistle(&run), 78);
    assert!(told.contains("/sys is no folder of the gateway's own"), "{told}");
    assert!(!told.contains("chmod"), "{told}");
}

#[test]
fn credentials_in_an_address_are_refused_before_they_reach_a_log() {
    let told = complaint(&gridwhistle(&["probe", "rtsp://admin:secret@127.0.0.1/1"]), 64);
    assert!(told.contains("--password-file") && !told.contains("secret"), "{told}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_probe_tells_what_a_camera_sends_and_that_a_password_is_wrong() {
    let scenario = Scenario::load(&root().join("hw-sim/scenarios/street-short.toml"));
    let listen = std::net::SocketAddr::from(([127, 0, 0, 1], free_ports().cameras));
    let cameras = Cameras::start(&scenario.expect("sound"), &media(), listen).await;
    let cameras = cameras.expect("the cameras run");
    let work = tempfile::tempdir().expect("a temporary folder");
    let wrong = work.path().join("password");
    fs::write(&wrong, "wrong\n").expect("written");

    let open = format!("rtsp://{listen}/cam-01");
    let closed = format!("rtsp://{listen}/cam-02");
    let probes = tokio::task::spawn_blocking(move || {
        let report = gridwhistle(&["probe", &open, "--secs", "6"]);
        let login = ["--user", "gridwhistle", "--password-file", path(&wrong)];
        let refused = gridwhistle(&[&["probe", closed.as_str()], &login[..]].concat());
        let missing = gridwhistle(&["probe", &open.replace("cam-01", "cam-99")]);
        (report, refused, missing)
    });
    let (report, refused, missing) = probes.await.expect("the probes end");
    drop(cameras);
    let text = String::from_utf8(report.stdout).expect("UTF-8");
    assert!(report.status.success(), "{text}");
    for fact in
        ["H.264", "768x576", "25.0 per second", "2.0 s", "RTCP sender report", "nothing wrong"]
    {
        assert!(text.contains(fact), "no {fact:?} in\n{text}");
    }
    assert!(complaint(&refused, 69).contains("check --user and the password"));
    assert!(complaint(&missing, 69).contains("404"));
}

/// `check` insists that the files named exist and are what they should be.
fn certificates(work: &std::path::Path) {
    hw_sim::play::Certificates::ensure(&work.join("certificates")).expect("certificates");
}

//! What must hold between the gateway's books and the case system's, whatever goes wrong.

use std::collections::BTreeSet;

use super::*;

fn share(share: f64) -> Share {
    Share::try_from(share).unwrap()
}

/// The scene is clear: whoever asks is told so, once.
fn verify_what_is_asked(books: &mut Books, asked: &mut BTreeSet<String>) {
    for feedback in books.feedback() {
        let msg_id = feedback["msg_id"].as_str().unwrap().to_owned();
        if feedback["verify"]["mode"] == "auto" && asked.insert(msg_id.clone()) {
            let alert_id = feedback["alert_id"].as_str().unwrap().to_owned();
            let now = Timestamp::now().to_string();
            books.tell(&alert_id, "verify", |message| {
                message["state"] = "verified_clear".into();
                message["verification"] = json!({
                    "request_msg_id": msg_id, "mode": "auto", "result": "passed",
                    "reason": "scene_clear", "started": now, "finished": now, "samples": 10,
                });
            });
        }
    }
}

fn every_fault_now_and_then() -> Faults {
    Faults {
        fails_before: share(0.1),
        fails_after: share(0.1),
        garbled: share(0.1),
        expires: share(0.1),
        busy_for: None,
        slowness: Duration::from_millis(1),
    }
}

#[test]
fn kills_outages_and_faults_lose_no_case_and_open_none_twice() {
    const ALERTS: u64 = 24;
    let mut system = CaseSystem::start();
    let mut books = Books::open();
    for number in 0..ALERTS / 2 {
        books.tell(&alert_id(number), "open", |_| {});
    }
    let faults = every_fault_now_and_then();
    system.endpoint().set_faults(faults);
    let mut asked = BTreeSet::new();
    let mut repeated = 0;
    for run in 0..8 {
        // Left behind in the middle of its work: the next one runs beside its last call.
        let adapter = books.adapter(system.address);
        let before = system.endpoint().served().calls;
        let served = || system.endpoint().served().calls;
        until("the case system is called", || served() > before + 20);
        adapter.shutdown(Duration::ZERO);
        verify_what_is_asked(&mut books, &mut asked);
        books.tell(&alert_id(ALERTS / 2 + run), "open", |_| {});
        if run == 4 {
            repeated += system.endpoint().served().repeated_reports;
            system.endpoint = None; // out for a while, and it forgets what it answered
            let lonely = books.adapter(system.address);
            lonely.shutdown(Duration::from_secs(5));
            system.open();
            system.endpoint().set_faults(faults);
        }
    }
    for number in ALERTS / 2 + 8..ALERTS {
        books.tell(&alert_id(number), "open", |_| {});
    }
    system.endpoint().set_faults(Faults::default());
    let adapter = books.adapter(system.address);
    let centre = system.centre.clone();
    let every_case_is_closed = || {
        verify_what_is_asked(&mut books, &mut asked);
        adapter.waker().wake();
        let report = centre.report();
        let verified = report.ends.get(&hw_sim::centre::End::Verified).copied();
        verified == Some(24) && report.is_answered()
    };
    until_or(every_case_is_closed, || {
        format!("every case is closed by a second look:\n{}", centre.report())
    });
    adapter.shutdown(Duration::from_secs(10));
    let report = centre.report();
    repeated += system.endpoint().served().repeated_reports;
    assert_eq!(report.cases, 24, "each alert is one case:\n{report}");
    assert!(repeated > 0, "the faults made it repeat itself, or they prove nothing");
    for number in 0..ALERTS {
        let events = books.ledger.case_events(&alert_id(number)).unwrap();
        let seqs: Vec<u64> = events.iter().map(|event| event.seq).collect();
        assert!(seqs.iter().copied().eq(1..=seqs.len() as u64), "{seqs:?}");
        assert!(seqs.len() > 5, "{seqs:?}");
    }
}

#[test]
fn pictures_go_with_the_case_and_with_the_second_look() {
    let system = CaseSystem::start();
    let mut books = Books::open();
    books.tell(&alert_id(1), "open", |_| {});
    let adapter = books.adapter(system.address);
    let mut asked = BTreeSet::new();
    until("the case is checked", || {
        verify_what_is_asked(&mut books, &mut asked);
        adapter.waker().wake();
        system.endpoint().served().checks > 0
    });
    adapter.shutdown(Duration::from_secs(10));
    let pictures = system.endpoint().pictures(&alert_id(1));
    assert_eq!(pictures, [("上报".to_owned(), 12), ("核查".to_owned(), 12)]);
}

#[test]
fn what_the_gateway_takes_back_is_cancelled_and_drills_are_not_reported() {
    let system = CaseSystem::start();
    let mut books = Books::open();
    books.tell(&alert_id(1), "open", |_| {});
    books.tell(&alert_id(1), "close", |message| message["close_reason"] = "self_cleared".into());
    let adapter = books.adapter(system.address);
    until("the case is taken back", || system.endpoint().served().cancels == 1);
    adapter.shutdown(Duration::from_secs(10));
    books.tell(&alert_id(2), "open", |_| {});
    let real = EgovaSettings { drills: false, ..books.settings(system.address) };
    let adapter = books.adapter_with(real);
    let end = books.ledger.history(0, 1000).unwrap().last().unwrap().number;
    until("the drill is passed", || books.ledger.cursor("egova").unwrap() >= end);
    adapter.shutdown(Duration::from_secs(10));
    assert_eq!(system.centre.report().cases, 1);
    Egova::retire(&books.ledger).unwrap();
    assert_eq!(books.ledger.cursor("egova").unwrap(), 0, "who does not read holds nothing back");
}

#[test]
fn a_case_that_is_refused_is_written_down_and_holds_up_no_other() {
    let system = CaseSystem::start();
    let mut books = Books::open();
    books.tell(&alert_id(1), "open", |message| message["evidence"] = json!([]));
    books.tell(&alert_id(2), "open", |_| {});
    let adapter = books.adapter(system.address);
    until("the second is reported", || system.endpoint().served().reports == 1);
    adapter.shutdown(Duration::from_secs(10));
    let history = books.ledger.history(0, 1000).unwrap();
    let told = history.iter().find(|recorded| recorded.entry.kind == "egova").unwrap();
    assert_eq!(told.entry.subject, alert_id(1));
    let told: Value = serde_json::from_slice(&told.entry.body).unwrap();
    assert_eq!(told["refused"], "REPORT refused with code 1004: `medias` is required");
}

#[test]
fn a_notice_that_cannot_be_signed_for_keeps_no_step_waiting() {
    let system = CaseSystem::start();
    let mut books = Books::open();
    books.tell(&alert_id(1), "open", |_| {});
    let unsigned = Faults { busy_for: Some("NOTICE_SIGNING"), ..Faults::default() };
    system.endpoint().set_faults(unsigned);
    let adapter = books.adapter(system.address);
    until("a notice is refused its signature", || system.endpoint().served().refused > 0);
    books.tell(&alert_id(2), "open", |_| {});
    adapter.waker().wake();
    until("the second case is reported", || system.endpoint().served().reports == 2);
    assert_eq!(system.endpoint().served().signed, 0);
    adapter.shutdown(Duration::from_secs(10));
}

#[test]
fn a_case_system_that_is_busy_for_a_moment_gets_the_case_all_the_same() {
    let system = CaseSystem::start();
    let mut books = Books::open();
    books.tell(&alert_id(1), "open", |_| {});
    let busy = Faults { busy_for: Some("REPORT"), ..Faults::default() };
    system.endpoint().set_faults(busy);
    let retry = (Duration::from_millis(200), Duration::from_secs(2));
    let patient = EgovaSettings { retry, ..books.settings(system.address) };
    let adapter = books.adapter_with(patient);
    until("the report is refused", || system.endpoint().served().refused > 0);
    system.endpoint().set_faults(Faults::default());
    until("the case is reported", || system.endpoint().served().reports == 1);
    adapter.shutdown(Duration::from_secs(10));
    let history = books.ledger.history(0, 1000).unwrap();
    assert!(history.iter().all(|recorded| recorded.entry.kind != "egova"), "nothing was given up");
}

#[test]
fn a_wrong_secret_holds_everything_until_it_is_mended() {
    let system = CaseSystem::start();
    let mut books = Books::open();
    books.tell(&alert_id(1), "open", |_| {});
    std::fs::write(books.folder.path().join("secret"), "wrong\n").unwrap();
    let mut settings = books.settings(system.address);
    settings.token_in = TokenPlace::Header;
    let mut client = super::super::client::Client::new(settings.clone());
    let error = client.call("u", "GET_NOTICE_INFO", &serde_json::Map::new()).unwrap_err();
    let shown = error.to_string().replace(&system.address.to_string(), "HOST");
    expect_test::expect![[r#"http://HOST/oauth/extras/openapi/client gives no token: 401 {"error":"invalid_client"}; check [egova] client_id and client_secret_file in gateway.toml"#]].assert_eq(&shown);
    let adapter = books.adapter_with(settings);
    std::fs::write(books.folder.path().join("secret"), SECRET).unwrap();
    until("the case is reported after all", || {
        adapter.waker().wake();
        system.endpoint().served().reports == 1
    });
    adapter.shutdown(Duration::from_secs(10));
}

#[test]
fn what_is_long_over_is_no_case_any_more() {
    let system = CaseSystem::start();
    let mut books = Books::open();
    let long_ago = |message: &mut Value| message["times"]["sent"] = "2026-01-01T00:00:00Z".into();
    books.tell(&alert_id(1), "open", long_ago);
    books.tell(&alert_id(1), "close", |message| {
        message["close_reason"] = "case_closed".into();
    });
    books.tell(&alert_id(2), "open", long_ago);
    let adapter = books.adapter(system.address);
    until("the one that still stands is reported", || system.endpoint().served().reports == 1);
    adapter.shutdown(Duration::from_secs(10));
    assert_eq!(system.endpoint().pictures(&alert_id(2)).len(), 1);
}

#[test]
fn no_wrong_clock_makes_a_case_too_old_to_be_reported() {
    let secs = |secs: i64| scene::CaptureTime::from_unix_micros(secs * 1_000_000);
    let settings = Books::open().settings(([127, 0, 0, 1], 9).into());
    let (then, now) = (secs(1_796_000_000), secs(1_796_007_200));
    assert!(settings.is_too_old(then, now, true));
    assert!(!settings.is_too_old(then, now, false), "it runs ahead for a while");

    let system = CaseSystem::start();
    let mut books = Books::open();
    let in_doubt = |message: &mut Value| {
        message["times"]["sent"] = "1970-01-01T08:20:00+08:00".into();
        message["times"]["clock_believed"] = false.into();
    };
    books.tell(&alert_id(1), "open", in_doubt);
    books.tell(&alert_id(1), "close", |message| {
        message["close_reason"] = "case_closed".into();
    });
    let adapter = books.adapter(system.address);
    until("what was told in 1970 is reported", || system.endpoint().served().reports == 1);
    adapter.shutdown(Duration::from_secs(10));
}

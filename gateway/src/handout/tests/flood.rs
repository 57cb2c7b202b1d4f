//! The server of evidence under attack by those who have no token, over real TLS.

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use futures::future::join_all;

use super::*;

/// Who floods at a time: more than the system's queue holds of connections that wait.
const FLOODERS: usize = 200;
/// Who connects and says nothing: more than there are places.
const SILENT: usize = 400;
/// Who has a token asks so many times.
const ASKED: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_strangers_leaves_a_holder_served() {
    let house = Arc::new(house(Patience::default()));
    let line = format!("GET /evidence/{}.jpg", house.picture);
    let (is_over, answered) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let flood = (0..FLOODERS).map(|number| {
        let (house, is_over, answered) = (house.clone(), is_over.clone(), answered.clone());
        let line = line.clone();
        tokio::spawn(async move {
            let wrong = bearer(&format!("{number:032}"));
            while !is_over.load(Ordering::Relaxed) {
                // Some have a wrong token, some none.
                let heads = if number % 2 == 0 { "" } else { wrong.as_str() };
                if let Ok(answer) = house.ask(&line, heads).await {
                    assert!(matches!(answer.status(), 401 | 429), "{}", answer.head);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            }
        })
    });
    let flood: Vec<_> = flood.collect();
    let silent = join_all((0..SILENT).map(|_| TcpStream::connect(house.address)));
    let _silent: Vec<_> = tokio::time::timeout(Duration::from_secs(60), silent).await.unwrap();
    let mut longest = Duration::ZERO;
    for number in 0..ASKED {
        let asked_at = Instant::now();
        let answer = house.ask(&line, &bearer(CENTRE)).await.unwrap();
        assert_eq!(
            (answer.status(), answer.body.as_slice()),
            (200, &b"masked picture"[..]),
            "{number}"
        );
        longest = longest.max(asked_at.elapsed());
    }
    is_over.store(true, Ordering::Relaxed);
    assert!(longest < Duration::from_secs(20), "{longest:?}");
    assert!(answered.load(Ordering::Relaxed) > 100, "no flood: {answered:?}");
    println!(
        "{ASKED} of {ASKED} served, the slowest after {longest:?}, beside {answered:?} strangers"
    );
    flood.iter().for_each(tokio::task::JoinHandle::abort);
}

#[tokio::test]
async fn a_stranger_on_one_connection_is_slowed_down_and_a_holder_on_it_is_not() {
    let house = house(Patience { requests_per_sec: 20, ..Patience::default() });
    let began = Instant::now();
    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(house.ask("GET /", "").await.unwrap().status());
    }
    assert_eq!(codes[..4], [401; 4], "{codes:?}");
    assert!(codes.contains(&429) && began.elapsed() > Duration::from_millis(400), "{codes:?}");
    // From the same address, at the same time.
    let line = format!("GET /evidence/{}.jpg", house.picture);
    assert_eq!(house.ask(&line, &bearer(CENTRE)).await.unwrap().status(), 200);
    house.close().await;
}

#[tokio::test]
async fn one_holder_does_not_use_up_what_is_anothers() {
    let house = house(Patience { requests_per_sec: 1, ..Patience::default() });
    let line = format!("GET /evidence/{}.jpg", house.picture);
    let mut codes = Vec::new();
    for _ in 0..8 {
        codes.push(house.ask(&line, &bearer(CENTRE)).await.unwrap().status());
    }
    assert!(codes.contains(&200) && codes.contains(&429), "{codes:?}");
    assert_eq!(house.ask(&line, &bearer(PROSECUTOR)).await.unwrap().status(), 200);
    house.close().await;
}

#[tokio::test]
async fn a_head_without_end_and_a_crowd_of_heads_are_refused() {
    let house = house(Patience::default());
    let endless = format!("X-Long: {}\r\n", "a".repeat(64 * 1024));
    let many = "X-Many: 1\r\n".repeat(1000);
    for heads in [endless, many] {
        // The connection may be reset before all of it is read.
        if let Ok(answer) = house.ask("GET /", &heads).await {
            assert_eq!(answer.status(), 431, "{}", answer.head);
        }
    }
    let line = format!("GET /evidence/{}.jpg", house.picture);
    assert_eq!(house.ask(&line, &bearer(CENTRE)).await.unwrap().status(), 200);
    house.close().await;
}

//! How connections are ended: side by side, whoever asks for it.

use super::*;

#[test]
fn connections_that_do_not_end_are_waited_for_side_by_side() {
    let (mailbox, routes) = (Arc::default(), SensorRoutes::default());
    let lines = DeviceLines::start(mailbox, routes).unwrap();
    let ids: Vec<String> = (0..8).map(|number| format!("door-{number}")).collect();
    {
        let mut inner = lines.0.lock().unwrap();
        for id in &ids {
            let task = inner.runtime.spawn(std::future::pending());
            inner.lines.insert(id.clone(), Line { stop: CancellationToken::new(), task });
        }
    }
    let begun_at = std::time::Instant::now();
    lines.change(ids.iter().map(String::as_str), std::iter::empty());
    let taken = begun_at.elapsed();
    assert!(taken >= PARTING && taken < PARTING * 3, "{taken:?} for eight");
    assert!(lines.0.lock().unwrap().lines.is_empty());
    lines.stop();
}

#[tokio::test]
async fn a_task_may_end_connections() {
    let lines = DeviceLines::start(Arc::default(), SensorRoutes::default()).unwrap();
    {
        let mut inner = lines.0.lock().unwrap();
        let stop = CancellationToken::new();
        let until = stop.clone();
        let task = inner.runtime.spawn(async move { until.cancelled().await });
        inner.lines.insert("door-7".to_owned(), Line { stop, task });
    }
    lines.change(["door-7"].into_iter(), std::iter::empty());
    assert!(lines.0.lock().unwrap().lines.is_empty());
    lines.stop();
}

//! Connections that do not end hold each other up no longer than one of them would.

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

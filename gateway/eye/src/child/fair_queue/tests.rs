//! Turns of cameras, in any order of requests.

use super::*;

fn queue_of(cameras: usize) -> FairQueue {
    let queue = FairQueue::default();
    assert!((0..cameras).map(|_| queue.admit()).eq(0..cameras));
    queue
}

#[test]
fn serves_in_order_of_request_and_each_camera_once() {
    let queue = queue_of(3);
    for camera in [2, 0, 2, 1, 0] {
        queue.request(camera);
    }
    assert_eq!([queue.next(), queue.next(), queue.next()], [Some(2), Some(0), Some(1)]);
}

#[test]
fn a_request_during_a_turn_queues_behind_the_others() {
    let queue = queue_of(2);
    queue.request(0);
    assert_eq!(queue.next(), Some(0));
    queue.request(0);
    queue.request(1);
    queue.done(0);
    assert_eq!([queue.next(), queue.next()], [Some(1), Some(0)]);
}

#[test]
fn a_dismissed_camera_gets_no_turn_and_its_number_is_not_given_again() {
    let queue = queue_of(3);
    for camera in 0..3 {
        queue.request(camera);
    }
    assert_eq!(queue.next(), Some(0));
    queue.dismiss(1);
    queue.dismiss(0);
    queue.request(0);
    queue.done(0);
    assert_eq!((queue.next(), queue.admit()), (Some(2), 3));
    queue.request(1);
    queue.request(3);
    assert_eq!(queue.next(), Some(3));
}

#[test]
fn closing_wakes_a_waiting_worker() {
    let queue = std::sync::Arc::new(queue_of(1));
    let waiting = std::thread::spawn({
        let queue = std::sync::Arc::clone(&queue);
        move || queue.next()
    });
    queue.close();
    assert_eq!(waiting.join().expect("the worker ends"), None);
}

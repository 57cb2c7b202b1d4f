//! A reader that stands still, that comes late, and a disk that is full.

use std::io::{BufRead, BufReader, Read};
use std::os::unix::net::UnixStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::*;

fn served(sink: impl Write + Send + 'static) -> Arc<LineQueue> {
    let queue = Arc::new(LineQueue::new());
    queue.begin();
    let serving = Arc::clone(&queue);
    std::thread::spawn(move || serving.serve(sink));
    queue
}

#[test]
fn a_reader_that_stands_still_holds_up_nobody_and_is_told_once_what_it_missed() {
    let (reader, writer) = io::pipe().unwrap();
    let queue = served(writer);
    let line = |number: usize| format!("{number:099}\n");
    let sent = 2 * MOST_BYTES / 100;
    let (done, all_taken) = std::sync::mpsc::channel();
    let sending = Arc::clone(&queue);
    std::thread::spawn(move || {
        (0..sent)
            .for_each(|number| sending.writer(false).write_all(line(number).as_bytes()).unwrap());
        sending.drain(Duration::from_millis(50));
        done.send(()).unwrap();
    });
    all_taken.recv_timeout(Duration::from_secs(60)).expect("nobody waits for the reader");
    let mut lines = BufReader::new(reader).lines().map(Result::unwrap);
    let mut read = 0;
    let told = loop {
        let line = lines.next().unwrap();
        match line.parse::<usize>() {
            Ok(number) => assert_eq!(number, read, "the first lines, in order"),
            Err(_) => break line,
        }
        read += 1;
    };
    let (_, told) = told.split_once("  WARN ").expect("a warning with its time");
    let expected = format!("{} log lines were left out: nobody read them in time", sent - read);
    assert_eq!(told, expected);
    queue.writer(false).write_all(b"on we go\n").unwrap();
    assert_eq!(lines.next().unwrap(), "on we go");
    queue.drain(Duration::from_secs(60));
}

#[test]
fn what_was_left_out_is_told_where_it_is_missing() {
    let (reader, writer) = io::pipe().unwrap();
    let queue = LineQueue::new();
    queue.begin();
    let large = [b"x".repeat(MOST_BYTES / 2 - 1), b"\n".to_vec()].concat();
    for line in [&large[..], &large, b"too much\n"] {
        queue.writer(false).write_all(line).unwrap();
    }
    assert_eq!(queue.next().text, large);
    queue.writer(false).write_all(b"after\n").unwrap();
    let rest = Arc::new(queue);
    let serving = Arc::clone(&rest);
    std::thread::spawn(move || serving.serve(writer));
    let ends: Vec<String> = BufReader::new(reader)
        .lines()
        .take(3)
        .map(|line| line.unwrap().chars().rev().take(30).collect::<Vec<_>>())
        .map(|end| end.into_iter().rev().collect())
        .collect();
    assert_eq!(ends[0], "x".repeat(30));
    assert_eq!(ends[1], " out: nobody read them in time");
    assert_eq!(ends[2], "after");
}

#[test]
fn errors_and_last_words_find_room_where_nothing_else_does() {
    let queue = LineQueue::new();
    queue.begin();
    let line = [b"x".repeat(MOST_BYTES / 4 - 1), b"\n".to_vec()].concat();
    for _ in 0..4 {
        queue.writer(false).write_all(&line).unwrap();
    }
    queue.writer(false).write_all(b"a word\n").unwrap();
    queue.writer(true).write_all(b"the last word\n").unwrap();
    queue.writer(true).write_all(&line).unwrap();
    for _ in 0..4 {
        assert_eq!(queue.next().text, line);
    }
    let told = String::from_utf8(queue.next().text).unwrap();
    assert!(told.contains("1 log lines were left out"), "{told}");
    assert_eq!(queue.next().text, b"the last word\n");
    let told = String::from_utf8(queue.next().text).unwrap();
    assert!(told.contains("1 log lines were left out"), "they have a bound too: {told}");
}

#[test]
fn lines_wait_for_the_thread_that_writes_them() {
    let (reader, writer) = io::pipe().unwrap();
    let queue = Arc::new(LineQueue::new());
    assert!(!queue.is_begun());
    queue.begin();
    queue.writer(false).write_all(b"before\n").unwrap();
    let serving = Arc::clone(&queue);
    std::thread::spawn(move || serving.serve(writer));
    queue.writer(false).write_all(b"after\n").unwrap();
    let lines: Vec<_> = BufReader::new(reader).lines().take(2).map(Result::unwrap).collect();
    assert_eq!(lines, ["before", "after"]);
}

#[test]
fn a_reader_that_takes_nothing_at_the_moment_loses_no_line() {
    let (mut reader, writer) = UnixStream::pair().unwrap();
    writer.set_nonblocking(true).unwrap();
    let queue = served(writer);
    // More than it takes at once, so the line is written in parts.
    let line = [b"x".repeat(MOST_BYTES / 2 - 1), b"\n".to_vec()].concat();
    queue.writer(false).write_all(&line).unwrap();
    queue.drain(4 * RETRY_EVERY);
    queue.writer(false).write_all(b"on we go\n").unwrap();
    let mut read = vec![0; line.len() + 9];
    reader.read_exact(&mut read).unwrap();
    assert_eq!(read, [&line, &b"on we go\n"[..]].concat());
    queue.drain(Duration::from_secs(60));
    assert_eq!(queue.lock().left_out, 0);
}

/// A disk that is full after so many bytes, until somebody makes room.
struct Disk {
    room: usize,
    holds: Arc<Mutex<Vec<u8>>>,
    has_room: Arc<AtomicBool>,
}

impl Write for Disk {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let has_room = self.has_room.load(Ordering::Relaxed);
        let count = if has_room { bytes.len() } else { bytes.len().min(self.room) };
        if count == 0 {
            return Err(io::ErrorKind::StorageFull.into());
        }
        self.room -= count.min(self.room);
        self.holds.lock().unwrap().extend_from_slice(&bytes[..count]);
        Ok(count)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[test]
fn lines_that_cannot_be_written_are_told_of_once_others_can_and_nothing_is_glued_together() {
    let (holds, has_room) = (Arc::default(), Arc::default());
    let disk = Disk { room: 11, holds: Arc::clone(&holds), has_room: Arc::clone(&has_room) };
    let queue = served(disk);
    let say = |line: &str| {
        queue.writer(false).write_all(format!("{line}\n").as_bytes()).unwrap();
        queue.drain(Duration::from_secs(60));
    };
    ["first", "second", "third"].into_iter().for_each(say);
    has_room.store(true, Ordering::Relaxed);
    say("fourth");
    let holds = String::from_utf8(holds.lock().unwrap().clone()).unwrap();
    let [first, torn, told, fourth] = holds.lines().collect::<Vec<_>>()[..] else {
        panic!("{holds:?}")
    };
    assert_eq!((first, torn, fourth), ("first", "secon", "fourth"));
    assert!(told.ends_with(" 2 log lines were left out: nobody read them in time"), "{told}");
}

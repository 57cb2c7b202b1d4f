//! Evidence that is gone or spoilt, and a history that holds what no alert is: counted and told.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use rustix::fs::{CWD, Mode};
use serde_json::{Value, json};

use super::{Fixture, Told, id, jpeg, sha256, van};
use crate::dataset::{DatasetError, ExportRequest, export};

/// An alert that people confirmed, and where its picture lies.
fn confirmed(fixture: &Fixture, number: u32, told: &Told) -> PathBuf {
    fixture.tell(number, 1, told);
    fixture.say(number, 1, "accepted", &json!({}));
    let picture = sha256(&jpeg(told.width, &format!("{number}-1")));
    fixture.state("evidence").join(format!("{picture}.jpg"))
}

/// How a picture is spoilt.
type Spoil = (&'static str, fn(&Path));

#[test]
fn every_way_in_which_a_picture_can_be_spoilt_is_counted() {
    let fixture = Fixture::new();
    let whole = confirmed(&fixture, 1, &Told::open());
    let spoil: [Spoil; 6] = [
        ("gone", |path| fs::remove_file(path).unwrap()),
        ("empty", |path| fs::write(path, "").unwrap()),
        ("cut off", |path| fs::write(path, &fs::read(path).unwrap()[..10]).unwrap()),
        ("changed", |path| fs::write(path, [&fs::read(path).unwrap()[..], b"x"].concat()).unwrap()),
        ("a folder", |path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
        }),
        // Who opens it waits for ever.
        ("a pipe", |path| {
            fs::remove_file(path).unwrap();
            rustix::fs::mkfifoat(CWD, path, Mode::RUSR | Mode::WUSR).unwrap();
        }),
    ];
    for (number, (_, spoil)) in (2..).zip(&spoil) {
        spoil(&confirmed(&fixture, number, &Told::open()));
    }
    let (report, set) = fixture.export(&fixture.request("out"));
    assert_eq!(set.images.len(), 1, "{report}");
    assert!(report.contains("  3 pictures that are not kept any more"), "{report}");
    assert!(report.contains("  3 pictures whose files are damaged"), "{report}");

    // The label's copy stays for longer than the evidence, and mends it.
    for number in 2..=7 {
        let folder = fixture.state("labels").join(id(number));
        fs::create_dir_all(&folder).unwrap();
        let picture = jpeg(768, &format!("{number}-1"));
        fs::write(folder.join(format!("{}.jpg", sha256(&picture))), picture).unwrap();
    }
    let (report, set) = fixture.export(&fixture.request("mended"));
    assert!(set.images.len() == 7 && !report.contains("left out"), "{report}");

    fs::remove_dir_all(fixture.state("labels")).unwrap();
    fs::remove_file(whole).unwrap();
    let nothing = export(&fixture.request("nothing")).unwrap_err();
    assert!(matches!(nothing, DatasetError::Nothing { .. }));
    let told = nothing.to_string();
    assert!(told.contains("  4 pictures that are not kept any more"), "{told}");
}

/// A message that is changed so, and what then becomes of its picture.
type Change = (fn(&mut Value), &'static str);

#[test]
fn a_message_that_is_not_as_it_should_be_is_counted_and_no_picture_of_it_gets_in() {
    let changes: [Change; 9] = [
        (|it| drop(it.as_object_mut().unwrap().remove("source")), "cannot read"),
        (|it| it["detection"]["objects"][0]["box"] = json!([0.1, 0.2, 0.3]), "cannot read"),
        (|it| it["seq"] = json!(-1), "cannot read"),
        (|it| it["detection"]["objects"] = json!([]), "without a box"),
        (|it| it["evidence"][0]["width"] = json!(0), "without a box"),
        (|it| it["evidence"][0]["masked"]["faces"] = json!("not_masked"), "never masked"),
        (|it| it["evidence"][0]["sha256"] = json!("../../originals.key"), "not kept any more"),
        (|it| it["evidence"][0]["sha256"] = json!("AB".repeat(32)), "not kept any more"),
        (|it| it["evidence"][0]["sha256"] = json!("ab".repeat(32)), "not kept any more"),
    ];
    for (number, (change, told)) in (2..).zip(changes) {
        let fixture = Fixture::new();
        confirmed(&fixture, 1, &Told::open());
        let picture = jpeg(768, &format!("{number}-1"));
        let path = fixture.state("evidence").join(format!("{}.jpg", sha256(&picture)));
        fs::write(path, &picture).unwrap();
        let mut message = super::message(number, 1, &Told::open(), &sha256(&picture));
        change(&mut message);
        fixture.record(number, 1, &message.to_string());
        fixture.say(number, 1, "accepted", &json!({}));
        let (report, set) = fixture.export(&fixture.request("out"));
        assert_eq!(set.images.len(), 1, "{message}");
        assert!(report.contains(told), "expected {told}: {report}");
    }
}

#[test]
fn what_is_no_message_at_all_stops_nothing() {
    let fixture = Fixture::new();
    confirmed(&fixture, 1, &Told::open());
    for (number, payload) in (2..).zip(["", "{", "null", "[]", "\u{0}", "{\"seq\": 1}"]) {
        fixture.record(number, 1, payload);
        fixture.say(number, 1, "accepted", &json!({}));
    }
    // Boxes beyond the picture, and of no size.
    let odd = vec![("car", [0.9, 0.9, 0.9, 0.9]), ("car", [-1.0, 2.0, 0.0, 0.0])];
    confirmed(&fixture, 9, &Told { boxes: odd, ..Told::open() });
    let (report, set) = fixture.export(&fixture.request("out"));
    assert!(report.contains("  6 alert messages that this version cannot read"), "{report}");
    assert_eq!((set.images.len(), set.annotations.len()), (2, 2), "{report}");
}

#[test]
fn only_a_clear_place_is_a_negative_and_nothing_is_where_something_is_missing() {
    let fixture = Fixture::new();
    for (number, boxes) in [(1, van()), (2, Vec::new())] {
        confirmed(&fixture, number, &Told::open());
        fixture.tell(number, 2, &Told::check("passed", boxes));
    }
    let (report, set) = fixture.export(&fixture.request("out"));
    assert!(report.contains("  1 pictures of a place found clear that still show"), "{report}");
    assert_eq!(set.images.len(), 3, "{report}");
    let absences = BTreeSet::from([("cam-01".to_owned(), "lane".to_owned())]);
    let absence = ExportRequest { absences, ..fixture.request("absence") };
    assert!(export(&absence).unwrap_err().to_string().contains("  3 pictures without a box"));
}

#[test]
fn a_false_alarm_that_a_re_check_saw_again_is_no_positive() {
    let fixture = Fixture::new();
    fixture.tell(1, 1, &Told::open());
    fixture.say(1, 1, "handled", &json!({}));
    fixture.tell(1, 2, &Told::check("failed", van()));
    fixture.say(1, 2, "false_alarm", &json!({}));
    let (report, set) = fixture.export(&fixture.request("out"));
    assert!(set.annotations.is_empty(), "{report}");
    assert_eq!(set.hard_negatives.len(), 2, "{report}");
}

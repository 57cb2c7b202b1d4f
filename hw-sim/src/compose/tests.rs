//! Tests of the composer: what it reads, what it leaves alone, and when.

use std::path::Path;
use std::time::Duration;

use expect_test::{Expect, expect};

use super::crop::crop_of;
use super::cutout::CutOut;
use super::edit::Edit;
use super::picture::Picture;
use super::*;
use crate::camera::ClipSpan;

const SCENE: &str = r#"
title = "a crate on a lane"
base = "street.mp4"
length_secs = 4
[[overlay]]
what = "a crate"
photo = "crate.png"
cut_out_px = [[10, 20], [30, 20], [30, 40], [10, 40]]
foot_px = [40, 50]
height_px = 20
from_secs = 1
until_secs = 3
soft_edge_px = 0
"#;

fn scene(more: &str) -> Composition {
    Composition::parse(&format!("{SCENE}{more}"), Path::new("lane.toml")).unwrap()
}

fn check_faults(text: &str, faults: Expect) {
    let error = Composition::parse(text, Path::new("bad.toml")).unwrap_err();
    faults.assert_eq(&error.to_string());
}

/// A street of one grey with a slope, 80x60.
fn street() -> Picture {
    let mut picture = Picture::new(80, 60);
    for (at, sample) in picture.light.samples.iter_mut().enumerate() {
        *sample = u8::try_from(60 + at % 80).unwrap();
    }
    for plane in &mut picture.colour {
        plane.samples.fill(128);
    }
    picture
}

/// All of one light level and one colour.
fn edit(scene: &Composition, light: u8, colour: u8) -> Edit {
    let cut_outs = scene.overlays.iter().map(|overlay| {
        let size = [20, 20];
        let mut samples = vec![light; 400];
        samples.resize(1200, colour);
        CutOut::new(overlay.clone(), crop_of(&overlay.cut_out_px), size, &samples)
    });
    Edit::of(cut_outs.collect(), scene)
}

fn edited(edit: &mut Edit, number: u32) -> Picture {
    let mut picture = street();
    edit.apply(&mut picture, number);
    picture
}

/// `x y width height` of what differs in light, `-` if nothing does.
fn changed(before: &Picture, after: &Picture) -> String {
    let width = before.light.width;
    let places: Vec<(usize, usize)> = (0..before.light.samples.len())
        .filter(|at| before.light.samples[*at] != after.light.samples[*at])
        .map(|at| (at % width, at / width))
        .collect();
    let span = |axis: fn(&(usize, usize)) -> usize| {
        Some((places.iter().map(axis).min()?, places.iter().map(axis).max()?))
    };
    match (span(|place| place.0), span(|place| place.1)) {
        (Some((left, right)), Some((top, bottom))) => {
            format!("{left} {top} {} {}", right + 1 - left, bottom + 1 - top)
        }
        _ => "-".to_owned(),
    }
}

#[test]
fn an_object_is_laid_into_its_box_and_nothing_else_changes() {
    let scene = scene("");
    let after = edited(&mut edit(&scene, 200, 90), 30);
    let before = street();
    assert_eq!(changed(&before, &after), "30 30 20 20");
    for y in 0..60 {
        for x in 0..80 {
            let inside = (30..50).contains(&x) && (30..50).contains(&y);
            let light = if inside { Some(200) } else { before.light.at(x, y) };
            let colour = if inside { Some(90) } else { Some(128) };
            assert_eq!(after.light.at(x, y), light, "light at {x},{y}");
            assert_eq!(after.colour[0].at(x / 2, y / 2), colour, "colour at {x},{y}");
        }
    }
}

#[test]
fn an_object_is_there_from_its_first_second_to_before_its_last() {
    let scene = scene("");
    let mut edit = edit(&scene, 200, 90);
    let there: Vec<u32> =
        (0..100).filter(|number| changed(&street(), &edited(&mut edit, *number)) != "-").collect();
    assert_eq!(there, (25..75).collect::<Vec<_>>());
}

#[test]
fn an_object_moves_evenly_and_may_leave_the_picture() {
    let scene = scene("moves_to_px = [90, 50]");
    let mut edit = edit(&scene, 200, 90);
    let places = [25, 50, 74].map(|number| changed(&street(), &edited(&mut edit, number)));
    assert_eq!(places, ["30 30 20 20", "55 30 20 20", "79 30 1 20"]);
}

#[test]
fn brightness_and_soft_edge_shape_the_object() {
    let scene = scene("brightness = 0.5");
    let after = edited(&mut edit(&scene, 216, 128), 30);
    assert_eq!(after.light.at(40, 40), Some(116), "half of the light above black");
    let mut soft = scene.clone();
    soft.overlays[0].soft_edge_px = 4.0;
    let after = edited(&mut edit(&soft, 216, 128), 30);
    let row: Vec<_> = (28..34).map(|x| after.light.at(x, 40).unwrap()).collect();
    let ramp = [88, 89, 106, 113, 115, 116];
    assert!(row.is_sorted() && row[2] > 90 && row[2] < 116, "{row:?} is no ramp like {ramp:?}");
}

#[test]
fn noise_differs_from_picture_to_picture_and_not_from_run_to_run() {
    let scene = scene("noise_levels = 3.0");
    let once = [30, 31].map(|number| edited(&mut edit(&scene, 120, 128), number));
    let again = [30, 31].map(|number| edited(&mut edit(&scene, 120, 128), number));
    assert_eq!(once, again);
    assert_ne!(once[0], once[1]);
    assert_eq!(changed(&once[0], &once[1]).split(' ').next(), Some("30"), "the street is still");
}

fn spoiled(kind: ViewFaultKind) -> Vec<Picture> {
    let shown = ClipSpan { from: Duration::from_secs(1), to: Duration::from_secs(2) };
    let mut scene = scene("");
    scene.overlays.clear();
    scene.view_faults = vec![ViewFault { kind, shown }];
    let mut edit = Edit::of(Vec::new(), &scene);
    let mut pictures = Vec::new();
    for number in 0..75 {
        let mut picture = street();
        picture.light.samples[0] = u8::try_from(number).unwrap(); // a street that lives
        edit.apply(&mut picture, number);
        pictures.push(picture);
    }
    pictures
}

#[test]
fn a_fault_of_the_view_spoils_its_stretch_only() {
    for kind in [
        ViewFaultKind::Covered { level: 40 },
        ViewFaultKind::Turned { shift_px: [30, 10] },
        ViewFaultKind::Blurred { radius_px: 4 },
        ViewFaultKind::Dark { light: 0.1 },
        ViewFaultKind::Frozen,
    ] {
        let pictures = spoiled(kind);
        for (number, picture) in pictures.iter().enumerate() {
            let mut sound = street();
            sound.light.samples[0] = u8::try_from(number).unwrap();
            let first_frozen = kind == ViewFaultKind::Frozen && number == 25;
            let expected = (25..50).contains(&number) && !first_frozen;
            assert_eq!(*picture != sound, expected, "{kind:?} in picture {number}");
        }
    }
}

#[test]
fn each_fault_looks_like_itself() {
    let mean = |picture: &Picture| {
        let samples = &picture.light.samples;
        samples.iter().map(|sample| usize::from(*sample)).sum::<usize>() / samples.len()
    };
    assert_eq!(mean(&spoiled(ViewFaultKind::Covered { level: 40 })[30]), 40);
    assert_eq!(mean(&spoiled(ViewFaultKind::Dark { light: 0.0 })[30]), 16);
    let turned = &spoiled(ViewFaultKind::Turned { shift_px: [30, 0] })[30];
    let row: Vec<_> = [29, 30, 31, 79].map(|x| turned.light.at(x, 5).unwrap()).to_vec();
    assert_eq!(row, [60, 60, 61, 109], "shifted to the right, mirrored at the left border");
    let frozen = spoiled(ViewFaultKind::Frozen);
    assert!(frozen[25..50].iter().all(|picture| *picture == frozen[25]));
    let blurred = &spoiled(ViewFaultKind::Blurred { radius_px: 4 })[30];
    assert_eq!(blurred.light.at(40, 30), street().light.at(40, 30), "a slope stays a slope");
    assert!(blurred.light.at(0, 30) > street().light.at(0, 30), "an end is levelled");
}

#[test]
fn every_mistake_is_named_with_its_line() {
    check_faults(
        r#"title = "mistakes"
base = "street.mp4"
length_secs = 0
[[overlay]]
what = "a crate"
photo = "crate.png"
cut_out_px = [[10, 20], [30, 20]]
foot_px = [40, 50]
height_px = 0.5
from_secs = 3
until_secs = 2
brightness = -1
[[view_fault]]
from_secs = -1
until_secs = 2
kind = { covered = { level = 3 } }
[[view_fault]]
from_secs = 0
until_secs = 2
kind = { dark = { light = 2.0 } }
"#,
        expect![[r#"
            bad.toml:3: `length_secs` must be more than 0
            bad.toml:7: an outline needs at least three corners
            bad.toml:9: `height_px` must be 2 or more, not 0.5
            bad.toml:11: `until_secs` must be later than `from_secs`
            bad.toml:12: `brightness` must be 0 or more, not -1
            bad.toml:14: `from_secs` must be 0 seconds or more, not -1
            bad.toml:16: `level` must be 16 to 235, not 3
            bad.toml:20: `light` must be 0 to 1, not 2"#]],
    );
}

#[test]
fn an_unknown_fault_of_the_view_is_named() {
    check_faults(
        "title = \"a\"\nbase = \"b\"\nlength_secs = 1\n[[view_fault]]\nfrom_secs = 0\nuntil_secs = 1\nkind = \"stolen\"\n",
        expect![
            "bad.toml:7: unknown variant `stolen`, expected one of `covered`, `turned`, `blurred`, `dark`, `frozen`"
        ],
    );
}

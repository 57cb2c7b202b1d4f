//! A composed scene as ffprobe and ffmpeg see it: it is what a camera sends, it changes at the right
//! moments, and it says that it is composed.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in the functions it shares with others too"
)]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use hw_sim::compose::Composition;
use tempfile::TempDir;

const WIDTH: usize = 320;
const HEIGHT: usize = 240;

/// A crate of one bright colour on a grey street, from 1 s to 2 s of 3 s. The street is looped once.
const RECIPE: &str = r#"
title = "a crate on a lane"
base = "lane.mp4"
length_secs = 3
[[overlay]]
what = "a crate"
photo = "crate.png"
cut_out_px = [[20, 20], [120, 20], [120, 120], [20, 120]]
foot_px = [160, 160]
height_px = 50
from_secs = 1
until_secs = 2
"#;

fn run(program: &str, arguments: &[&str]) -> Vec<u8> {
    let output = Command::new(program).args(arguments).output().expect("ffmpeg is installed");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    output.stdout
}

fn generate(media: &Path, source: &str, codec: &str, name: &str) {
    let path = media.join(name);
    let arguments = format!("-nostdin -loglevel error -f lavfi -i {source} {codec}");
    let mut arguments: Vec<&str> = arguments.split_whitespace().collect();
    arguments.push(path.to_str().unwrap());
    run("ffmpeg", &arguments);
}

/// Two seconds of grey at 10 pictures a second, and a white photograph.
fn media() -> TempDir {
    let media = tempfile::tempdir().unwrap();
    let lane = format!("color=c=0x606060:size={WIDTH}x{HEIGHT}:rate=10:duration=2");
    let h264 = "-pix_fmt yuv420p -c:v libx264 -preset ultrafast -profile:v baseline";
    generate(media.path(), &lane, h264, "lane.mp4");
    generate(media.path(), "color=c=white:size=140x140", "-frames:v 1", "crate.png");
    media
}

fn compose(media: &TempDir, recipe: &str) -> PathBuf {
    let composition = Composition::parse(recipe, Path::new("lane.toml")).unwrap();
    composition.ensure(media.path(), &media.path().join("composed")).unwrap()
}

fn probe(path: &Path, entries: &str) -> String {
    let path = path.to_str().unwrap();
    let show = ["-v", "error", "-count_frames", "-show_entries", entries, "-of", "csv=p=0", path];
    String::from_utf8(run("ffprobe", &show)).unwrap().trim().to_owned()
}

/// The light in the middle of the crate and far from it, picture by picture.
fn lights(path: &Path) -> Vec<[u8; 2]> {
    let raw = ["-pix_fmt", "gray", "-f", "rawvideo", "-"];
    let input = ["-nostdin", "-v", "error", "-i", path.to_str().unwrap()];
    let samples = run("ffmpeg", &[&input[..], &raw[..]].concat());
    let at = |picture: &[u8], x: usize, y: usize| picture[y * WIDTH + x];
    samples.chunks_exact(WIDTH * HEIGHT).map(|p| [at(p, 160, 135), at(p, 20, 20)]).collect()
}

#[test]
fn a_composed_scene_is_what_a_camera_sends() {
    let media = media();
    let path = compose(&media, RECIPE);
    let shown = "stream=codec_name,profile,width,height,has_b_frames,avg_frame_rate,nb_read_frames";
    assert_eq!(probe(&path, shown), "h264,Constrained Baseline,320,240,0,25/1,75");
    assert_eq!(probe(&path, "format=duration"), "3.000000");
    let kinds = probe(&path, "frame=pict_type").replace([',', '\n'], "");
    let keys: Vec<usize> = kinds.match_indices('I').map(|(at, _)| at).collect();
    assert_eq!(keys, [0, 50], "a key frame every 2 s in {kinds}");
    assert!(!kinds.contains('B'), "{kinds}");
}

#[test]
fn the_object_comes_and_goes_with_its_pictures() {
    let media = media();
    let path = compose(&media, RECIPE);
    let there: Vec<usize> =
        (0..).zip(lights(&path)).filter(|(_, [middle, _])| *middle > 180).map(|(n, _)| n).collect();
    assert_eq!(there, (25..50).collect::<Vec<_>>());
    assert!(lights(&path).iter().all(|[_, street]| (80..110).contains(street)));
}

#[test]
fn it_says_that_it_is_composed() {
    let media = media();
    let path = compose(&media, RECIPE);
    let name = path.file_name().unwrap().to_str().unwrap();
    assert!(name.starts_with("lane-composed-") && name.ends_with(".mp4"), "{name}");
    assert_eq!(probe(&path, "format_tags=title"), "COMPOSED SCENE: a crate on a lane");
    let comment = probe(&path, "format_tags=comment");
    assert!(comment.starts_with("\"Not a recording") || comment.starts_with("Not a recording"));
    assert!(comment.contains("crate.png"), "{comment}");
}

#[test]
fn it_is_made_once_and_again_for_every_change() {
    let media = media();
    let path = compose(&media, RECIPE);
    fs::write(&path, "kept").unwrap();
    assert_eq!(compose(&media, RECIPE), path);
    assert_eq!(fs::read_to_string(&path).unwrap(), "kept");
    let moved = compose(&media, &RECIPE.replace("[160, 160]", "[200, 160]"));
    assert_ne!(moved, path);
    generate(media.path(), "color=c=black:size=140x140", "-y -frames:v 1", "crate.png");
    let repainted = compose(&media, RECIPE);
    assert!(repainted != path && repainted != moved);
    let left = fs::read_dir(path.parent().unwrap()).unwrap().count();
    assert_eq!(left, 3, "nothing unfinished is left");
}

#[test]
fn what_is_missing_is_named() {
    let media = media();
    let broken = RECIPE.replace("crate.png", "box.png");
    let composition = Composition::parse(&broken, Path::new("lane.toml")).unwrap();
    let error = composition.ensure(media.path(), media.path()).unwrap_err().to_string();
    assert!(error.contains("box.png"), "{error}");
    let outside = RECIPE.replace("[120, 120]", "[900, 120]");
    let composition = Composition::parse(&outside, Path::new("lane.toml")).unwrap();
    let error = composition.ensure(media.path(), media.path()).unwrap_err().to_string();
    assert!(error.contains("cut a crate out of") && error.contains("crate.png"), "{error}");
}

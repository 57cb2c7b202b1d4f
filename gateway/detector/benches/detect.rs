//! What a detector costs beside its floor, the plain run of the same model: CPU time per picture.
//!
//! `cargo bench -p detector` (add `-- 200` for 200 rounds). The stages take turns in every round,
//! so a noisy machine disturbs all of them alike; medians are shown. `DETECTOR_MODEL` names the
//! folder of another model.

#![expect(clippy::print_stdout, reason = "a bench reports to the terminal")]
#![expect(clippy::unwrap_used, reason = "a bench that cannot run stops")]

use std::fs;
use std::hint::black_box;
use std::path::Path;

use detector::{
    DetectSettings, Detector, InputTensor, Letterbox, Manifest, OutputDecoder, Precision,
    RgbPicture, Runtime, suppress,
};
use ort::session::Session;
use ort::session::builder::GraphOptimizationLevel;
use ort::value::TensorRef;

/// The kernel books CPU time every few milliseconds, so a far shorter stage runs this often in a row.
const SHORT_REPEATS: u32 = 200;

/// Milliseconds that this thread has spent on a CPU; inference runs on the calling thread.
fn thread_cpu_ms() -> f64 {
    let schedule = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds: f64 = schedule.split_whitespace().next().unwrap().parse().unwrap();
    nanoseconds / 1e6
}

fn cost<T>(costs: &mut Vec<f64>, work: impl FnOnce() -> T) -> T {
    let before = thread_cpu_ms();
    let result = work();
    costs.push(thread_cpu_ms() - before);
    result
}

fn median(costs: &mut [f64]) -> f64 {
    costs.sort_unstable_by(f64::total_cmp);
    costs.get(costs.len() / 2).copied().unwrap_or(f64::NAN)
}

fn resident_mib() -> f64 {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<f64>().unwrap() / 1024.0
}

/// A picture with something in it: runs on constant input could be unlike those on a street.
fn texture(width: usize, height: usize) -> Vec<u8> {
    let mut state = 1u32;
    let mut next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_be_bytes()[0]
    };
    let mut pixels = vec![0; width * height * 3];
    for row in pixels.chunks_mut(width * 3) {
        let brightness = next() / 2;
        row.iter_mut().for_each(|value| *value = brightness.saturating_add(next() / 4));
    }
    pixels
}

fn bare_session(runtime: &Runtime, path: &Path) -> Session {
    Session::builder(runtime.environment())
        .unwrap()
        .with_optimization_level(GraphOptimizationLevel::All)
        .unwrap()
        .with_intra_threads(1)
        .unwrap()
        .commit_from_file(path)
        .unwrap()
}

fn measure(runtime: &Runtime, manifest: &Manifest, precision: Precision, rounds: usize) {
    let before = resident_mib();
    let mut detector = Detector::load(runtime, manifest, precision).unwrap();
    let one = resident_mib() - before;
    let second = Detector::load(runtime, manifest, precision).unwrap();
    let two = resident_mib() - before - one;
    drop(second);
    let file = match (precision, &manifest.int8) {
        (Precision::Int8, Some(int8)) => int8,
        _ => &manifest.fp32,
    };
    let mut bare = bare_session(runtime, &file.path);

    let letterbox = Letterbox::fit(1920, 1080, &manifest.input);
    let (width, height) = (letterbox.inner_width(), letterbox.inner_height());
    let pixels = texture(width, height);
    let picture = RgbPicture { width, height, stride: width * 3, pixels: &pixels };
    let settings = DetectSettings::of(manifest);
    let shape = [1, 3, manifest.input.height(), manifest.input.width()];
    let mut input = InputTensor::new(manifest.input);
    let mut decoder = OutputDecoder::new(manifest.layout, manifest.classes.len(), &manifest.input);

    let (mut all, mut pre, mut run, mut post) = (vec![], vec![], vec![], vec![]);
    for _ in 0..rounds {
        cost(&mut all, || detector.detect(&picture, &letterbox, &settings)).unwrap();
        cost(&mut pre, || {
            for _ in 0..SHORT_REPEATS {
                input.fill(black_box(&picture), &letterbox).unwrap();
            }
        });
        let tensor = TensorRef::from_array_view((shape, input.values())).unwrap();
        let outputs = cost(&mut run, || bare.run(ort::inputs![tensor])).unwrap();
        let output = outputs.values().next().unwrap();
        let (_, numbers) = output.try_extract_tensor::<f32>().unwrap();
        cost(&mut post, || {
            for _ in 0..SHORT_REPEATS {
                let (classes, min_score) = (&settings.classes, settings.min_score);
                let numbers = black_box(numbers);
                let candidates = decoder.decode(numbers, &letterbox, classes, min_score);
                suppress(candidates, &manifest.kinds, manifest.nms_iou);
            }
        });
    }
    let [all, pre, run, post] = [all, pre, run, post].map(|mut costs| median(&mut costs));
    let (pre, post) = (pre / f64::from(SHORT_REPEATS), post / f64::from(SHORT_REPEATS));
    println!(
        "{precision:?}: detect {all:.2} ms | fill {pre:.2} | bare run {run:.2} | decode {post:.2} \
         | detect / bare run = {:.3} | memory: first +{one:.0} MiB, second +{two:.0} MiB",
        all / run
    );
}

fn main() {
    let rounds = std::env::args().find_map(|argument| argument.parse().ok()).unwrap_or(60);
    let library = std::env::var_os("ORT_DYLIB_PATH").unwrap();
    let runtime = Runtime::load(Path::new(&library)).unwrap();
    let folder = std::env::var_os("DETECTOR_MODEL")
        .unwrap_or_else(|| concat!(env!("CARGO_MANIFEST_DIR"), "/../../models/yolox-nano").into());
    let manifest = Manifest::load(Path::new(&folder)).unwrap();
    println!("{} {}, CPU ms per picture, {rounds} rounds", manifest.name, manifest.version);
    measure(&runtime, &manifest, Precision::Fp32, rounds);
    if manifest.int8.is_some() {
        measure(&runtime, &manifest, Precision::Int8, rounds);
    }
}

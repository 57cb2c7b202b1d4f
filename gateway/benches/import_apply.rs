//! How long `import --apply` takes to write a thousand files, and nothing the second time.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a bench prints, and fails if it cannot measure"
)]

use std::fmt::Write as _;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

const FILES: u32 = 1000;
const ROUNDS: usize = 5;

fn main() {
    let mut sheet = "编号,名称,取流地址,经度,纬度\n".to_owned();
    for number in 1..=FILES {
        let (net, host) = (number / 250, number % 250 + 1);
        let place = 117.1 + f64::from(number) * 0.0001;
        writeln!(
            sheet,
            "cam-{number:04},点位{number},rtsp://10.7.{net}.{host}:554/1,{place:.4},40.1"
        )
        .unwrap();
    }
    let shipped = Path::new(env!("CARGO_MANIFEST_DIR")).join("../config/gateway.toml");
    let mut millis = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let folder = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
        let config = folder.path().join("config");
        fs::create_dir_all(config.join("cameras")).unwrap();
        fs::copy(&shipped, config.join("gateway.toml")).unwrap();
        let cameras = folder.path().join("cameras.csv");
        fs::write(&cameras, &sheet).unwrap();
        for millis in &mut millis {
            let begun = Instant::now();
            let done = Command::new(env!("CARGO_BIN_EXE_gridwhistle"))
                .args(["import", "--apply", "--config"])
                .args([&config, &cameras])
                .output()
                .unwrap();
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            millis.push(begun.elapsed().as_secs_f64() * 1000.0);
        }
        let written = config.join("cameras").read_dir().unwrap().count();
        assert_eq!(written, FILES as usize);
    }
    for (what, mut millis) in
        ["import --apply of 1000 cameras", "the same again"].into_iter().zip(millis)
    {
        millis.sort_by(f64::total_cmp);
        let (least, median, most) = (millis[0], millis[ROUNDS / 2], millis[ROUNDS - 1]);
        println!("{what}: {median:.0} ms (median of {ROUNDS}; least {least:.0}, most {most:.0})");
    }
}

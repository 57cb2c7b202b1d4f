//! A street that the real gateway watched is judged again by changed rules.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use hw_sim::play::Certificates;

use crate::house::{complaint, gridwhistle, write_config};
use crate::street::{CAMERAS, Play, Setting, raised};

const VAN: &str = "fire_passage_blocked";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_watched_is_judged_by_changed_rules() {
    let setting = Setting::new(&CAMERAS);
    let kept = tempfile::tempdir().expect("a temporary folder");
    let ports = setting.settings.ports;
    let state = kept.path().join("state");
    move_state(&setting.settings.config, &state);
    setting.play(watch).await;

    let folder = |name: &str, dwell_secs: u32| -> PathBuf {
        let config = write_config(&kept.path().join(name), ports, &CAMERAS[..1]);
        move_state(&config, &state);
        Certificates::ensure(&kept.path().join(name).join("certificates")).expect("certificates");
        let path = config.join("cameras/cam-01.toml");
        let text = fs::read_to_string(&path).expect("readable");
        let dwell = format!("dwell_secs = {dwell_secs}");
        fs::write(&path, text.replace("dwell_secs = 10", &dwell)).expect("written");
        config
    };
    let in_force = folder("in-force", 10);
    let retune = |camera: &str, proposed: &Path| {
        let [proposed, against] = [proposed, &in_force].map(|path| path.to_str().expect("UTF-8"));
        let asked = ["--camera", camera, "--config", proposed, "--against", against];
        gridwhistle(&[["retune", "--since", "1h"].as_slice(), &asked].concat())
    };
    let report = |dwell_secs: u32| {
        let output = retune("cam-01", &folder("proposed", dwell_secs));
        let report = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        report
    };
    let shorter = report(4);
    assert!(shorter.contains("1 kept, 0 gained, 0 lost"), "{shorter}");
    assert!(shorter.contains("s earlier"), "{shorter}");
    let longer = report(600);
    assert!(longer.contains("0 kept, 0 gained, 1 lost"), "{longer}");

    let unknown = complaint(&retune("cam-77", &in_force), 64);
    assert!(
        unknown.contains("no camera or device cam-77") && unknown.contains("cam-01"),
        "{unknown}"
    );
    fs::rename(state.join("observations/cam-01"), state.join("observations/cam-09"))
        .expect("renamed");
    let nothing = complaint(&retune("cam-01", &in_force), 69);
    assert!(nothing.contains("there are some of cam-02, cam-09"), "{nothing}");
}

/// Until both vans are reported, and a little longer.
async fn watch(play: &mut Play) -> Result<[&'static str; 0], String> {
    play.until_heard("both vans are reported", |journal| raised(journal, VAN) == 2).await?;
    play.go_on(Duration::from_secs(3)).await?;
    Ok([])
}

/// Lets a gateway keep its state where it outlives the play.
pub(crate) fn move_state(config: &Path, state: &Path) {
    let path = config.join("gateway.toml");
    let text = fs::read_to_string(&path).expect("readable");
    let moved = format!("state_dir = \"{}\"", state.display());
    let lines =
        text.lines().map(|old| if old.starts_with("state_dir = ") { moved.as_str() } else { old });
    fs::write(&path, lines.collect::<Vec<_>>().join("\n")).expect("written");
}

//! Cameras that send other nonsense with every session, beside healthy ones, to the real gateway.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use hw_sim::camera::quirk::Quirk;
use hw_sim::play::Cameras;
use tokio::net::TcpListener;

use crate::hostile::{Gaps, calm, watch};
use crate::house::{free_ports, media, root, whole_machine};
use crate::quirk_cameras::{self, CameraFile};
use crate::quirks::setting;
use crate::street::expect;

/// Cameras that send nonsense, and those that must not notice.
const FUZZED: usize = 8;
const HEALTHY: usize = 2;

/// How long nonsense is sent in the tests. `make chaos` wants more: `FUZZED_SECS`.
const ATTACK_SECS: u64 = 20;

/// So often each camera gets another address. The gateway would wait longer and longer between its tries.
const REDIAL_EVERY: Duration = Duration::from_secs(2);

/// How much longer a healthy camera may wait for its turn than before. Each of the others begins with a
/// picture that is looked at, so there is eight times as much to do, on a machine that runs other tests. Who
/// is blinded waits until the nonsense ends.
const MOST_DELAY: Duration = Duration::from_secs(10);

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn cameras_that_send_nonsense_end_nothing_and_cost_healthy_ones_nothing() {
    let _alone = whole_machine().await;
    let no_quirks = std::iter::empty::<&'static Quirk>();
    let listen = SocketAddr::from(([127, 0, 0, 1], free_ports().cameras));
    let _street = Cameras::with_quirks(no_quirks, &media(), listen).await.expect("they run");
    let healthy: Vec<CameraFile> =
        (1..=HEALTHY).map(|number| CameraFile::healthy(number, listen)).collect();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse::<u64>().ok());
    let attack = Duration::from_secs(number("FUZZED_SECS").unwrap_or(ATTACK_SECS));
    let seed = number("FUZZ_SEED").unwrap_or_else(|| std::process::id().into());
    let corpus = root().join("tests/fuzz/corpus/rtsp");
    let fuzzed = fuzz::Cameras::new(&corpus, seed).expect("the corpus can be read");
    let setting = setting(&healthy);
    let config: PathBuf = setting.settings.config.clone();
    setting
        .play(async |play| {
            let calm = calm(play, &healthy).await?;
            let served = tokio::spawn(serve(fuzzed.clone(), config));
            let attacked = watch(play, &healthy, attack).await?;
            served.abort();
            let deaths = play.page.metric("gridwhistle_eye_deaths_total").await.unwrap_or(0.0);
            let sessions = fuzzed.reached();
            let count: u64 = sessions.values().sum();
            let longest = attacked.values().map(Gaps::longest).max().unwrap_or_default();
            play.note(&format!(
                "fuzzed cameras: seed {seed}, {attack:?}, {count} sessions {sessions:?}, {deaths} eyes \
                 died, 0 exits of the gateway; healthy cameras: longest gap {longest:?}"
            ));
            let least = attack.as_secs() / REDIAL_EVERY.as_secs();
            expect(count >= least, &format!("the gateway plays all the time: {count} sessions"))?;
            expect(deaths < 0.5, &format!("no eye dies: {deaths}, seed {seed}"))?;
            let usual = calm.values().map(Gaps::longest).max().unwrap_or_default();
            expect(
                longest < usual + MOST_DELAY,
                &format!("the healthy cameras go on: {longest:?}, before {usual:?}"),
            )?;
            Ok([])
        })
        .await;
}

/// Serves the cameras, and gives each another address again and again.
async fn serve(cameras: fuzz::Cameras, config: PathBuf) {
    let mut addresses = Vec::new();
    for _ in 0..FUZZED {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        addresses.push(listener.local_addr().expect("it has one"));
        drop(tokio::spawn(cameras.clone().serve(listener)));
    }
    for turn in 0_u64.. {
        for (number, address) in addresses.iter().enumerate() {
            quirk_cameras::write(&config, &CameraFile::fuzzed(number, *address, turn));
        }
        tokio::time::sleep(REDIAL_EVERY).await;
    }
}

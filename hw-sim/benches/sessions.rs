//! How many sessions one server can hold without losing a picture, and how much CPU they take.
//!
//! Run `cargo bench -p hw-sim --bench sessions`. `SESSIONS` (200), `SECONDS` (15) and `CLIP` (an MP4;
//! without it ffmpeg makes one) may be set in the environment. The server is a process of its own, so
//! that its CPU time is not mixed with that of the clients.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, ensure};
use hw_sim::camera::{Clip, Playback, RtspServer, SimulatedCamera};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

/// Linux counts CPU time in ticks of 1/100 s for every program (USER_HZ).
const CPU_TICKS_PER_SEC: f64 = 100.0;

/// The share of the clip's pictures that every client must receive. Below it, pictures came late.
const ON_TIME: f64 = 0.98;

#[derive(Default)]
struct Received {
    pictures: u64,
    packets: u64,
    missing_packets: u64,
    bytes: u64,
}

fn main() -> anyhow::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    match std::env::args().skip_while(|argument| argument != "--serve").nth(1) {
        Some(clip) => runtime.block_on(serve(clip.into())),
        None => runtime.block_on(measure()),
    }
}

fn number(name: &str, default: u32) -> anyhow::Result<u32> {
    match std::env::var(name) {
        Ok(text) => text.parse().with_context(|| format!("{name}={text} is not a number")),
        Err(_) => Ok(default),
    }
}

/// The child process: one camera on a free port, which it prints.
async fn serve(path: PathBuf) -> anyhow::Result<()> {
    let camera = SimulatedCamera {
        id: "bench".to_owned(),
        clip: Arc::new(Clip::open(&path)?),
        playback: Playback::Loop,
        start_offset: Duration::ZERO,
        credentials: None,
        quirks: hw_sim::camera::Quirks::default(),
    };
    let server = RtspServer::bind("127.0.0.1:0".parse()?, vec![camera]).await?;
    writeln!(std::io::stdout(), "{}", server.local_addr())?;
    server.run(CancellationToken::new()).await;
    Ok(())
}

async fn measure() -> anyhow::Result<()> {
    let (sessions, seconds) = (number("SESSIONS", 200)?, number("SECONDS", 15)?);
    let folder = tempfile::tempdir()?;
    let path = match std::env::var_os("CLIP") {
        Some(path) => path.into(),
        None => record(folder.path().join("street.mp4"))?,
    };
    let clip = Clip::open(&path)?;
    let mut server = Command::new(std::env::current_exe()?)
        .arg("--serve")
        .arg(&path)
        .stdout(Stdio::piped())
        .spawn()?;
    let outcome = compare(&mut server, &clip, sessions, seconds).await;
    server.kill()?;
    server.wait()?;
    outcome
}

async fn compare(
    server: &mut std::process::Child,
    clip: &Clip,
    sessions: u32,
    seconds: u32,
) -> anyhow::Result<()> {
    let stdout = server.stdout.take().context("the server's output")?;
    let mut addr = String::new();
    BufReader::new(stdout).read_line(&mut addr)?;
    let mut streams = Vec::new();
    for _ in 0..sessions {
        streams.push(play(addr.trim()).await?);
    }
    // After the longest distance between key frames all clients have begun. Then the clock starts.
    let warm_up = Duration::from_secs(3);
    let starts_at = Instant::now() + warm_up;
    let ends_at = starts_at + Duration::from_secs(seconds.into());
    let clients: Vec<_> = streams
        .into_iter()
        .map(|stream| tokio::spawn(receive(stream, starts_at, ends_at)))
        .collect();
    tokio::time::sleep_until(starts_at.into()).await;
    let cpu_before = cpu_seconds(server.id())?;
    tokio::time::sleep_until(ends_at.into()).await;
    let cpu = cpu_seconds(server.id())? - cpu_before;

    let mut total = Received::default();
    let mut slowest = u64::MAX;
    for client in clients {
        let received = client.await??;
        slowest = slowest.min(received.pictures);
        total.pictures += received.pictures;
        total.packets += received.packets;
        total.missing_packets += received.missing_packets;
        total.bytes += received.bytes;
    }
    report(clip, &total, slowest, (sessions, seconds, cpu))
}

fn report(
    clip: &Clip,
    total: &Received,
    slowest: u64,
    (sessions, seconds, cpu): (u32, u32, f64),
) -> anyhow::Result<()> {
    let (width, height) = clip.size_px();
    let each = clip.pictures_per_sec() * f64::from(seconds);
    let mbit = total.bytes as f64 * 8.0 / f64::from(seconds) / 1e6;
    let lines = [
        format!("clip              {width}x{height} at {:.2} fps", clip.pictures_per_sec()),
        format!("sessions          {sessions} over TCP for {seconds} s, {mbit:.0} Mbit/s"),
        format!("pictures expected {:.0}", each * f64::from(sessions)),
        format!("pictures received {}, slowest session {slowest} of {each:.0}", total.pictures),
        format!("packets lost      {} of {}", total.missing_packets, total.packets),
        format!("server            {:.1} % of one core", cpu / f64::from(seconds) * 100.0),
    ];
    for line in lines {
        writeln!(std::io::stdout(), "{line}")?;
    }
    ensure!(total.missing_packets == 0, "packets were lost");
    ensure!(slowest as f64 >= each * ON_TIME, "a session did not get its pictures in time");
    Ok(())
}

/// 768x576 at 25 fps and about 2 Mbit/s, the shape of a substream.
fn record(path: PathBuf) -> anyhow::Result<PathBuf> {
    let scene = "testsrc2=size=768x576:rate=25:duration=8,noise=alls=12:allf=t";
    let codec = "-pix_fmt yuv420p -c:v libx264 -preset veryfast -profile:v baseline -g 50";
    let status = Command::new("ffmpeg")
        .args(["-nostdin", "-loglevel", "error", "-f", "lavfi", "-i", scene])
        .args(codec.split_whitespace())
        .args(["-b:v", "2M", "-maxrate", "2M", "-bufsize", "4M"])
        .arg(&path)
        .status()
        .context("ffmpeg is needed to make the clip; or set CLIP")?;
    ensure!(status.success(), "ffmpeg could not make the clip");
    Ok(path)
}

/// User and system time of a process so far (proc(5), fields 14 and 15 of `stat`).
fn cpu_seconds(pid: u32) -> anyhow::Result<f64> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(')').context("no command in /proc/PID/stat")?;
    let ticks = fields.split_whitespace().skip(11).take(2).map(str::parse::<u32>);
    let ticks = ticks.sum::<Result<u32, _>>()?;
    Ok(f64::from(ticks) / CPU_TICKS_PER_SEC)
}

async fn play(addr: &str) -> anyhow::Result<TcpStream> {
    let mut stream = TcpStream::connect(addr).await?;
    let url = format!("rtsp://{addr}/bench");
    let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1\r\n";
    let setup = format!("SETUP {url}/video RTSP/1.0\r\nCSeq: 1\r\n{transport}\r\n");
    stream.write_all(setup.as_bytes()).await?;
    let answer = answer(&mut stream).await?;
    let session = answer
        .lines()
        .find_map(|line| line.strip_prefix("Session: "))
        .with_context(|| format!("no session in {answer}"))?;
    let play = format!("PLAY {url} RTSP/1.0\r\nCSeq: 2\r\nSession: {session}\r\n\r\n");
    stream.write_all(play.as_bytes()).await?;
    Ok(stream)
}

async fn answer(stream: &mut TcpStream) -> anyhow::Result<String> {
    let mut answer = Vec::new();
    while !answer.ends_with(b"\r\n\r\n") {
        answer.push(stream.read_u8().await?);
    }
    Ok(String::from_utf8(answer)?)
}

/// Counts what arrives between the two instants.
async fn receive(
    mut stream: TcpStream,
    starts_at: Instant,
    ends_at: Instant,
) -> anyhow::Result<Received> {
    let played = answer(&mut stream).await?;
    ensure!(played.starts_with("RTSP/1.0 200"), "{played}");
    let mut received = Received::default();
    let mut next_sequence = None;
    let mut inbox = Vec::with_capacity(256 << 10);
    loop {
        let rest = ends_at.saturating_duration_since(Instant::now());
        match tokio::time::timeout(rest, stream.read_buf(&mut inbox)).await {
            Err(_) => return Ok(received),
            Ok(read) => ensure!(read? > 0, "the server dropped a session"),
        }
        let counts = Instant::now() >= starts_at;
        let mut rest = inbox.as_slice();
        while let [b'$', channel, high, low, after @ ..] = rest {
            let length = usize::from(u16::from_be_bytes([*high, *low]));
            let Some((packet, after)) = after.split_at_checked(length) else {
                break;
            };
            rest = after;
            let [_, kind, s0, s1, ..] = packet else {
                continue;
            };
            if *channel != 0 {
                continue;
            }
            let sequence = u16::from_be_bytes([*s0, *s1]);
            let expected = next_sequence.replace(sequence.wrapping_add(1)).unwrap_or(sequence);
            received.missing_packets += u64::from(sequence.wrapping_sub(expected));
            if counts {
                received.packets += 1;
                received.bytes += packet.len() as u64;
                received.pictures += u64::from(kind >> 7);
            }
        }
        let used = inbox.len() - rest.len();
        inbox.drain(..used);
    }
}

//! `gridwhistle discover`: ONVIF devices on a network, as configuration that can be copied.

use std::net::Ipv4Addr;
use std::path::PathBuf;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use ::discovery::{Answer, Found, GROUP, Login, ProbeError, ProbeSettings, ask, probe, report};
use anyhow::anyhow;
use clap::Parser;

use super::entry::{Subcommand, say};
use crate::exit::{self, Stopped};

/// So many devices are asked at once. One that does not answer takes seconds.
const AT_ONCE: usize = 16;

/// Find ONVIF devices on a network, and print a camera file for each: streams, PTZ presets, events.
#[derive(Debug, Parser)]
#[command(name = "discover")]
pub(super) struct Discover {
    /// This machine's address on the network of the cameras.
    #[arg(long, value_name = "ADDR")]
    interface: Ipv4Addr,
    /// An ONVIF user of the devices. Its password is proved to each device that answers, and not sent.
    #[arg(long, requires = "password_file")]
    username: Option<String>,
    /// A file that holds the password in its first line.
    #[arg(long, value_name = "FILE", requires = "username")]
    password_file: Option<PathBuf>,
    /// How long answers are waited for.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..=60))]
    wait_secs: u64,
}

impl Subcommand for Discover {
    fn run(self) -> Result<(), Stopped> {
        let login = self.login()?;
        let wait = Duration::from_secs(self.wait_secs);
        let settings = ProbeSettings { interface: self.interface, group: GROUP, wait };
        let answers = probe(settings).map_err(|error| {
            let code = match error {
                ProbeError::Interface(_) => exit::USAGE,
                ProbeError::Socket { .. } => exit::UNAVAILABLE,
            };
            Stopped::new(code, error)
        })?;
        if answers.is_empty() {
            return Err(Stopped::new(exit::UNAVAILABLE, anyhow!("{}", self.nobody())));
        }
        for (answer, found) in ask_all(&answers, login.as_ref()) {
            say(&report(answer, &found))?;
        }
        say(&format!("# {} device(s) answered at {}\n", answers.len(), self.interface))
    }
}

impl Discover {
    fn login(&self) -> Result<Option<Login>, Stopped> {
        let (Some(user), Some(file)) = (&self.username, &self.password_file) else {
            return Ok(None);
        };
        let password = filing::first_line(file).map_err(|error| {
            Stopped::new(exit::NO_INPUT, anyhow!("{}: cannot be read: {error}", file.display()))
        })?;
        Ok(Some(Login { user: user.clone(), password }))
    }

    fn nobody(&self) -> String {
        format!(
            "no ONVIF device answered at {} within {} s. Check:\n\
             - that this is this machine's address on the cameras' network, and that the cameras are in the same VLAN: the \
             question is multicast (239.255.255.250, UDP port 3702), which passes no router\n\
             - that ONVIF and its discovery are turned on in the cameras; many ship with both off\n\
             - that no firewall of this machine drops UDP answers from port 3702, and no switch drops multicast\n\
             - that the network is not slow: --wait-secs 30\n\
             A camera that is known needs no discovery: gridwhistle probe rtsp://...",
            self.interface, self.wait_secs
        )
    }
}

/// Asks every device; the answers come in the order of the devices.
fn ask_all<'a>(answers: &'a [Answer], login: Option<&Login>) -> Vec<(&'a Answer, Found)> {
    let waiting = Mutex::new(answers.iter().enumerate());
    let work = || {
        let mut asked = Vec::new();
        loop {
            // Nobody panics while taking one.
            let next = waiting.lock().ok().and_then(|mut waiting| waiting.next());
            let Some((at, answer)) = next else { return asked };
            asked.push((at, answer, ask(answer, login)));
        }
    };
    let mut asked: Vec<(usize, &Answer, Found)> = thread::scope(|scope| {
        let threads: Vec<_> = (0..AT_ONCE.min(answers.len())).map(|_| scope.spawn(work)).collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap_or_default()).collect()
    });
    asked.sort_by_key(|(at, ..)| *at);
    asked.into_iter().map(|(_, answer, found)| (answer, found)).collect()
}

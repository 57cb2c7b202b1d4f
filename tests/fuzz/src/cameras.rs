//! Cameras on the network that send another session each time, for those who test a whole gateway.

use std::collections::BTreeMap;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::net::{TcpListener, TcpStream};

use crate::corpus::read_folder;
use crate::inputs::Inputs;
use crate::script::Script;
use crate::target::Shape;
use crate::words::RTSP_WORDS;

/// Cameras that share a corpus and dice.
#[derive(Clone)]
pub struct Cameras(Arc<Mutex<State>>);

struct State {
    inputs: Inputs,
    reached: BTreeMap<&'static str, u64>,
}

impl Cameras {
    /// Cameras that change what lies in `corpus`.
    ///
    /// # Errors
    /// If that cannot be read.
    pub fn new(corpus: &Path, seed: u64) -> io::Result<Self> {
        let mut inputs = Inputs::new(Shape::Session, RTSP_WORDS, seed);
        read_folder(corpus)?.into_iter().for_each(|(_, input)| inputs.add(input));
        Ok(Self(Arc::new(Mutex::new(State { inputs, reached: BTreeMap::new() }))))
    }

    /// Serves one camera for ever.
    pub async fn serve(self, listener: TcpListener) {
        let own = listener.local_addr().map(|address| address.to_string()).unwrap_or_default();
        // A session that was sent elsewhere goes on with the next connection.
        let sent_on: Arc<Mutex<Option<Script>>> = Arc::default();
        loop {
            let Ok((stream, _)) = listener.accept().await else { continue };
            let script = locked(&sent_on).take();
            let script = script.unwrap_or_else(|| {
                let input = locked(&self.0).inputs.make();
                Script::read(&input, &own).hurried()
            });
            drop(tokio::spawn(self.clone().play(script, stream, Arc::clone(&sent_on))));
        }
    }

    async fn play(self, mut script: Script, stream: TcpStream, on: Arc<Mutex<Option<Script>>>) {
        let _gone = script.play(stream).await;
        if script.sends_elsewhere() {
            *locked(&on) = Some(script);
        } else {
            *locked(&self.0).reached.entry(script.reached()).or_default() += 1;
        }
    }

    /// How far the sessions got that have ended: how many of them.
    #[must_use]
    pub fn reached(&self) -> BTreeMap<&'static str, u64> {
        locked(&self.0).reached.clone()
    }
}

fn locked<T>(state: &Mutex<T>) -> MutexGuard<'_, T> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

//! Inputs: those of the corpus, those that came to something new, and ever new ones made of them.

use fastrand::Rng;

use crate::corpus::{GROWS_BY, SHORT_INPUT_BYTES};
use crate::json::mutate_json;
use crate::manner::Manner;
use crate::mutation::{Material, mutate};
use crate::rtsp_stream::mutate_stream;
use crate::target::Shape;

/// Inputs that came to something new, and are changed further. The corpus is always among them.
const MOST_POOLED: usize = 4096;

/// Makes inputs.
pub(crate) struct Inputs {
    shape: Shape,
    words: &'static [&'static str],
    pool: Vec<Vec<u8>>,
    /// How many of them are the corpus.
    corpus: usize,
    most_bytes: usize,
    dice: Rng,
}

impl Inputs {
    /// Changes nothing but an empty one so far.
    pub(crate) fn new(shape: Shape, words: &'static [&'static str], seed: u64) -> Self {
        let (pool, dice) = (vec![Vec::new()], Rng::with_seed(seed));
        Self { shape, words, pool, corpus: 1, most_bytes: SHORT_INPUT_BYTES, dice }
    }

    /// Adds an input of the corpus.
    pub(crate) fn add(&mut self, input: Vec<u8>) {
        self.most_bytes = self.most_bytes.max(GROWS_BY * input.len());
        self.pool.push(input);
        self.corpus = self.pool.len();
    }

    /// An input that came to something new.
    pub(crate) fn keep(&mut self, input: &[u8]) {
        if self.pool.len() < MOST_POOLED {
            self.pool.push(input.to_vec());
        }
    }

    /// The next one.
    pub(crate) fn make(&mut self) -> Vec<u8> {
        let Self { pool, dice, .. } = self;
        // What is changed again and again drifts away from what anybody sends.
        let choice = if dice.bool() { self.corpus } else { pool.len() };
        let base = &pool[dice.usize(..choice)];
        let material = Material { words: self.words, other: &pool[dice.usize(..pool.len())] };
        let is_whole = dice.u8(..4) > 0;
        let shaped = match self.shape {
            Shape::Rtsp | Shape::Session if is_whole => Some(mutate_stream(base, material, dice)),
            Shape::Json if is_whole => mutate_json(base, self.words, dice),
            _ => None,
        };
        let mut input = shaped.unwrap_or_else(|| {
            let mut input = base.clone();
            mutate(&mut input, material, dice);
            input
        });
        if self.shape == Shape::Session && dice.u8(..4) == 0 {
            input = with_other_manner(&input, dice);
        }
        input.truncate(self.most_bytes);
        input
    }
}

fn with_other_manner(script: &[u8], dice: &mut Rng) -> Vec<u8> {
    let said = Manner::split(script).map_or(script, |(_, said)| said);
    [&Manner::any(dice).line(), said].concat()
}

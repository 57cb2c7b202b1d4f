//! What is known of the latest pictures beside their bytes: whose they are, and when they were taken.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use scene::CaptureTime;

/// So many are remembered: more than a page shows.
const MOST: usize = 64;

/// Of one picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caption {
    /// The camera's id.
    pub camera: String,
    /// When it was taken.
    pub captured_at: CaptureTime,
}

/// Of the latest pictures since the start.
#[derive(Debug, Default)]
pub(super) struct Captions(Mutex<VecDeque<(String, Caption)>>);

impl Captions {
    pub(super) fn add(&self, sha256: &str, caption: Caption) {
        let mut captions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        captions.retain(|(known, _)| known != sha256);
        captions.push_back((sha256.to_owned(), caption));
        if captions.len() > MOST {
            captions.pop_front();
        }
    }

    pub(super) fn find(&self, sha256: &str) -> Option<Caption> {
        let captions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        captions.iter().find(|(known, _)| known == sha256).map(|(_, caption)| caption.clone())
    }
}

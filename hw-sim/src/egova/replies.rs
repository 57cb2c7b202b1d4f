//! The replies to earlier calls, so that a repeated call gets the same reply.

use std::collections::{BTreeMap, VecDeque};

use super::envelope::Reply;

/// The newest replies by the `uid` of their calls. The oldest are forgotten first.
#[derive(Debug)]
pub(super) struct Replies {
    limit: usize,
    by_uid: BTreeMap<String, Reply>,
    /// In the order in which the replies were given.
    uids: VecDeque<String>,
}

impl Replies {
    /// Remembers `limit` replies.
    pub(super) fn keep(limit: usize) -> Self {
        Self { limit, by_uid: BTreeMap::new(), uids: VecDeque::new() }
    }

    pub(super) fn get(&self, uid: &str) -> Option<&Reply> {
        self.by_uid.get(uid)
    }

    pub(super) fn insert(&mut self, uid: String, reply: Reply) {
        if self.by_uid.insert(uid.clone(), reply).is_none() {
            self.uids.push_back(uid);
        }
        while self.uids.len() > self.limit
            && let Some(oldest) = self.uids.pop_front()
        {
            self.by_uid.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Replies, Reply};

    #[test]
    fn the_oldest_reply_is_forgotten_whatever_its_uid() {
        let mut replies = Replies::keep(2);
        for uid in ["z", "b", "b", "a"] {
            replies.insert(uid.to_owned(), Reply::of(serde_json::Value::Null));
        }
        let known = ["z", "b", "a"].map(|uid| replies.get(uid).is_some());
        assert_eq!(known, [false, true, true]);
    }
}

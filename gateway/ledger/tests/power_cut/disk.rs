//! A disk that keeps what was synced, and of the rest what chance leaves.

use std::collections::BTreeMap;
use std::path::Path;
use std::{fs, mem};

use crate::trace::Operation;

/// What a disk writes as a whole.
const SECTOR_BYTES: usize = 512;

/// Files by name, as they would be found.
pub(crate) type Files = BTreeMap<String, Vec<u8>>;

/// Numbers that are the same in every run (SplitMix64).
pub(crate) struct Chance(pub(crate) u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % bound as u64).unwrap()
    }

    fn coin(&mut self) -> bool {
        self.below(2) == 1
    }
}

/// What survives of the changes that were not synced.
pub(crate) enum Survival<'a> {
    Nothing,
    Everything,
    /// Of each file a beginning of its changes, or any of them, some torn between sectors; of the
    /// folder's entries any.
    Chance(&'a mut Chance),
}

/// Whether a sync does what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Honesty {
    Honest,
    /// As a disk whose cache is lost, or SQLite's `synchronous=OFF`.
    IgnoresSyncs,
}

#[derive(Default)]
struct File {
    synced: Vec<u8>,
    pending: Vec<Change>,
}

#[derive(Clone)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Resize(usize),
}

/// An entry of the folder that appeared or went; the file by its place in [`Disk::files`].
#[derive(Clone)]
struct Renaming {
    name: String,
    file: Option<usize>,
}

pub(crate) struct Disk {
    honesty: Honesty,
    files: Vec<File>,
    /// Names as the running program sees them.
    names: BTreeMap<String, usize>,
    synced_names: BTreeMap<String, usize>,
    pending_names: Vec<Renaming>,
}

impl Disk {
    /// A disk with these files, all synced.
    pub(crate) fn holding(found: Files, honesty: Honesty) -> Self {
        let names: BTreeMap<String, usize> =
            found.keys().enumerate().map(|(index, name)| (name.clone(), index)).collect();
        let file = |synced| File { synced, pending: Vec::new() };
        let files = found.into_values().map(file).collect();
        Self { honesty, files, synced_names: names.clone(), names, pending_names: Vec::new() }
    }

    pub(crate) fn take(&mut self, operation: &Operation) {
        match operation {
            Operation::Create(name) => {
                self.files.push(File::default());
                self.rename(name, Some(self.files.len() - 1));
            }
            Operation::Remove(name) => self.rename(name, None),
            Operation::Write { file, offset, bytes } => {
                let change = Change::Write { offset: *offset, bytes: bytes.clone() };
                self.file(file).pending.push(change);
            }
            Operation::Resize { file, length } => {
                self.file(file).pending.push(Change::Resize(*length));
            }
            Operation::Sync(_) | Operation::SyncFolder if self.honesty == Honesty::IgnoresSyncs => {
            }
            Operation::Sync(file) => {
                let file = self.file(file);
                for change in mem::take(&mut file.pending) {
                    change.apply(&mut file.synced);
                }
            }
            Operation::SyncFolder => {
                self.pending_names.clear();
                self.synced_names = self.names.clone();
            }
            Operation::Said(_) => {}
        }
    }

    fn file(&mut self, name: &str) -> &mut File {
        &mut self.files[self.names[name]]
    }

    fn rename(&mut self, name: &str, file: Option<usize>) {
        set(&mut self.names, name, file);
        self.pending_names.push(Renaming { name: name.to_owned(), file });
    }

    /// Whether a power cut has but one outcome.
    pub(crate) fn is_synced(&self) -> bool {
        self.pending_names.is_empty() && self.files.iter().all(|file| file.pending.is_empty())
    }

    /// The files as they are found when the power is back.
    pub(crate) fn cut(&self, mut survival: Survival<'_>) -> Files {
        let mut names = self.synced_names.clone();
        for renaming in &self.pending_names {
            let survives = match &mut survival {
                Survival::Nothing => false,
                Survival::Everything => true,
                Survival::Chance(chance) => chance.coin(),
            };
            if survives {
                set(&mut names, &renaming.name, renaming.file);
            }
        }
        let file = |(name, index): (String, usize)| (name, self.files[index].cut(&mut survival));
        names.into_iter().map(file).collect()
    }
}

fn set(names: &mut BTreeMap<String, usize>, name: &str, file: Option<usize>) {
    match file {
        Some(file) => names.insert(name.to_owned(), file),
        None => names.remove(name),
    };
}

impl File {
    fn cut(&self, survival: &mut Survival<'_>) -> Vec<u8> {
        let mut bytes = self.synced.clone();
        match survival {
            Survival::Nothing => {}
            Survival::Everything => self.pending.iter().for_each(|change| change.apply(&mut bytes)),
            Survival::Chance(chance) => {
                let in_order = chance.coin();
                let first_lost = chance.below(self.pending.len() + 1);
                for (index, change) in self.pending.iter().enumerate() {
                    let survives = if in_order { index < first_lost } else { chance.coin() };
                    if survives {
                        change.apply(&mut bytes);
                    } else if (in_order && index == first_lost) || chance.below(4) == 0 {
                        change.tear(chance, &mut bytes);
                    }
                }
            }
        }
        bytes
    }
}

impl Change {
    fn apply(&self, file: &mut Vec<u8>) {
        match self {
            Self::Resize(length) => file.resize(*length, 0),
            Self::Write { offset, bytes } => {
                let end = offset + bytes.len();
                if file.len() < end {
                    file.resize(end, 0);
                }
                file[*offset..end].copy_from_slice(bytes);
            }
        }
    }

    /// Some sectors of it.
    fn tear(&self, chance: &mut Chance, file: &mut Vec<u8>) {
        let Self::Write { offset, bytes } = self else { return };
        let (mut begin, end) = (*offset, offset + bytes.len());
        while begin < end {
            let sector_end = (begin / SECTOR_BYTES + 1) * SECTOR_BYTES;
            let part = begin - offset..sector_end.min(end) - offset;
            if chance.coin() {
                let bytes = bytes[part.clone()].to_vec();
                Self::Write { offset: begin, bytes }.apply(file);
            }
            begin = offset + part.end;
        }
    }
}

pub(crate) fn write(files: &Files, folder: &Path) {
    for (name, bytes) in files {
        fs::write(folder.join(name), bytes).unwrap();
    }
}

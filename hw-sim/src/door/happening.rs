//! What happens at a simulated door, and to whom.

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum What {
    /// A credential was accepted.
    Granted,
    /// A credential was refused.
    Denied,
    /// The leaf opened.
    Opened,
    /// The leaf closed.
    Closed,
    /// It opened without a release.
    Forced,
    /// It stands open for too long.
    Held,
    /// Somebody is forced to open.
    Duress,
    /// The housing was opened.
    Tampered,
    /// The housing was closed again.
    TamperEnded,
    /// The fire relay holds the door open. Only Hikvision's controllers say so.
    FireReleased,
    /// Somebody follows without a credential. As [`What::FireReleased`].
    Tailgated,
    /// A card reader answers its controller no more. As [`What::FireReleased`].
    ReaderLost,
    /// It answers again. As [`What::FireReleased`].
    ReaderBack,
}

/// One thing that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Happening {
    /// At which door, from 1.
    pub door: u8,
    /// What.
    pub what: What,
}

impl Happening {
    /// At a door, from 1.
    #[must_use]
    pub const fn new(door: u8, what: What) -> Self {
        Self { door, what }
    }
}

pub(super) const NAME: &str = "欧阳小满";
pub(super) const LATIN_NAME: &str = "Ouyang Xiaoman";
pub(super) const EMPLOYEE: &str = "E-778231";
pub(super) const CARD: &str = "3316650928";
pub(super) const PHONE: &str = "13912349876";
pub(super) const IDENTITY: &str = "110105199003077732";
pub(super) const PLATE: &str = "京A·F7K21";
pub(super) const FACE: &str = "FACE-OF-OUYANG";
pub(super) const USER: &str = "ouyang.xm";

/// All that simulated doors tell of people. None of it may be found anywhere behind whoever listens.
pub const PERSONAL: [&str; 9] =
    [NAME, LATIN_NAME, EMPLOYEE, CARD, PHONE, IDENTITY, PLATE, FACE, USER];

/// A picture of a face, with its owner's name where cameras write comments.
pub(super) fn face() -> Vec<u8> {
    let comment = [&[0xff, 0xd8, 0xff, 0xfe, 0, 16], FACE.as_bytes()].concat();
    let noise: Vec<u8> =
        (0..20_000_u32).map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    [comment.as_slice(), &noise, b"\n--\n--b", &[0xff, 0xd9]].concat()
}

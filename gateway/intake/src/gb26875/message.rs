//! What the application data of a frame tells: objects, each with its time.
//!
//! Only what is listed here is read. The description of a component may name a person or a flat, and an
//! operation names its operator: both are passed over.

use scene::CaptureTime;

use crate::gb26875::clock_time;
use crate::gb26875::dialect::Dialect;
use crate::gb26875::numbers::{Type, type_of};

const TIME_BYTES: usize = 6;

/// One object.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Object {
    pub(crate) what: What,
    /// When, by the transmitter's clock.
    pub(crate) time: Option<CaptureTime>,
}

/// What an object tells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum What {
    System {
        address: u8,
        status: u16,
    },
    Component {
        system: u8,
        address: u32,
        status: u16,
    },
    Analogue {
        system: u8,
        address: u32,
        quantity: u8,
        count: i16,
    },
    Transmitter {
        status: u8,
    },
    /// The transmitter shows that it lives.
    Clock,
    /// Nothing that is read here.
    Other,
}

impl What {
    /// What it says, as bytes that are the same in each version of the gateway.
    pub(crate) fn bytes(self) -> Vec<u8> {
        match self {
            Self::System { address, status } => [&[0, address][..], &status.to_be_bytes()].concat(),
            Self::Component { system, address, status } => {
                [&[1, system][..], &address.to_be_bytes(), &status.to_be_bytes()].concat()
            }
            Self::Analogue { system, address, quantity, count } => {
                [&[2, system, quantity][..], &address.to_be_bytes(), &count.to_be_bytes()].concat()
            }
            Self::Transmitter { status } => vec![3, status],
            Self::Clock => vec![4],
            Self::Other => vec![5],
        }
    }
}

/// Where the data does not follow the standard; for a person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum DataFault {
    #[error("the number of objects: expected at least one")]
    NoObjects,
    #[error("the length of the objects: expected that of their type, with or without a time")]
    Length,
}

/// What `data` tells. A type that is not known is one object that nothing is read of.
pub(crate) fn read(
    data: &[u8],
    dialect: Dialect,
    utc_offset_secs: i32,
) -> Result<Vec<Object>, DataFault> {
    let [flag, count, objects @ ..] = data else {
        // A sign of life without any object.
        return if data.is_empty() { Ok(Vec::new()) } else { Err(DataFault::NoObjects) };
    };
    let Some((of, body_bytes)) = type_of(*flag) else {
        return Ok(vec![Object { what: What::Other, time: None }]);
    };
    if of == Type::Other {
        return Ok(vec![Object { what: What::Other, time: None }]);
    }
    let count = usize::from(*count);
    if count == 0 {
        return Err(DataFault::NoObjects);
    }
    // Some makers leave the time out, and some write more behind it than the standard does.
    let bytes = objects.len() / count;
    if bytes < body_bytes || objects.len() % count != 0 {
        return Err(DataFault::Length);
    }
    let read = |object: &[u8]| {
        let time = object.get(body_bytes..body_bytes + TIME_BYTES);
        Some(Object {
            what: what(of, object)?,
            time: time.and_then(|time| clock_time::read(time, dialect, utc_offset_secs)),
        })
    };
    if bytes == 0 {
        return Ok(vec![Object { what: What::Clock, time: None }]);
    }
    objects.chunks_exact(bytes).map(read).collect::<Option<_>>().ok_or(DataFault::Length)
}

fn what(of: Type, object: &[u8]) -> Option<What> {
    let address = || Some(u32::from_le_bytes(*object.get(3..)?.first_chunk()?));
    let word = |at: usize| Some(u16::from_le_bytes(*object.get(at..)?.first_chunk()?));
    Some(match of {
        Type::System => What::System { address: *object.get(1)?, status: word(2)? },
        Type::Component => {
            What::Component { system: *object.get(1)?, address: address()?, status: word(7)? }
        }
        Type::Analogue => What::Analogue {
            system: *object.get(1)?,
            address: address()?,
            quantity: *object.get(7)?,
            count: word(8)?.cast_signed(),
        },
        Type::Transmitter => What::Transmitter { status: *object.first()? },
        Type::Clock => What::Clock,
        Type::Other => What::Other,
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::{DataFault, What, read};
    use crate::gb26875::dialect::Dialect;

    const CHINA_SECS: i32 = 28_800;

    fn whats(data: &[u8]) -> Result<Vec<What>, DataFault> {
        let objects = read(data, Dialect::Bcd, CHINA_SECS)?;
        Ok(objects.into_iter().map(|object| object.what).collect())
    }

    #[test]
    fn each_type_is_read_as_the_standard_has_it() {
        let time = [0x05, 0x30, 0x14, 0x19, 0x09, 0x26];
        let system = [[1, 1, 1, 7, 0x02, 0x04].as_slice(), &time].concat();
        assert_eq!(whats(&system), Ok(vec![What::System { address: 7, status: 0x0402 }]));
        let name = "张三丰".as_bytes();
        let mut component = [1, 7, 42, 1, 2, 3, 4, 0x02, 0x00].to_vec();
        component.extend(name);
        component.resize(40, 0);
        component.extend(time);
        let fire = What::Component { system: 7, address: 0x0403_0201, status: 2 };
        let two = [[2, 2].as_slice(), &component, &component].concat();
        assert_eq!(whats(&two), Ok(vec![fire, fire]));
        assert!(!format!("{:?}", read(&two, Dialect::Bcd, CHINA_SECS)).contains("张"));
        let analogue = [[3, 1, 1, 7, 18, 1, 0, 0, 0, 3, 0xF6, 0xFF].as_slice(), &time].concat();
        let cold = What::Analogue { system: 7, address: 1, quantity: 3, count: -10 };
        assert_eq!(whats(&analogue), Ok(vec![cold]));
        let status = [[21, 1, 0x41].as_slice(), &time].concat();
        assert_eq!(whats(&status), Ok(vec![What::Transmitter { status: 0x41 }]));
        assert!(read(&status, Dialect::Bcd, CHINA_SECS).unwrap()[0].time.is_some());
        assert_eq!(whats(&status[..3]), Ok(vec![What::Transmitter { status: 0x41 }]), "no time");
        assert_eq!(whats(&[28, 1, 5, 0x30, 0x14, 0x19, 9, 0x26]), Ok(vec![What::Clock]));
        assert_eq!(whats(&[24, 1, 4, 99, 5, 0x30, 0x14, 0x19, 9, 0x26]), Ok(vec![What::Other]));
        assert_eq!(whats(&[200, 1, 4]), Ok(vec![What::Other]));
        assert_eq!(whats(&[]), Ok(vec![]));
    }

    #[test]
    fn what_does_not_follow_it_is_a_fault() {
        assert_eq!(whats(&[1]), Err(DataFault::NoObjects));
        assert_eq!(whats(&[1, 0]), Err(DataFault::NoObjects));
        assert_eq!(whats(&[1, 1, 1, 7, 2]), Err(DataFault::Length));
        assert_eq!(whats(&[21, 2, 1, 2, 3]), Err(DataFault::Length));
    }

    proptest! {
        #[test]
        fn any_data_is_read_or_a_fault(data in prop::collection::vec(any::<u8>(), 0..1100), flag in 0_u8..30) {
            let flagged = [&[flag][..], &data].concat();
            for data in [data, flagged] {
                let objects = read(&data, Dialect::Binary, CHINA_SECS).unwrap_or_default();
                prop_assert!(objects.len() <= 255);
            }
        }
    }
}

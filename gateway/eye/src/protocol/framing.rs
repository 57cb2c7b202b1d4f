//! Messages on a byte stream: four bytes of length, little-endian, then the message in postcard.

use std::io::{self, Read, Write};

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::order::Order;
use super::report::Report;

/// Grows with every change of what is said. Both sides are the same program, so it differs only if
/// a file was replaced while the gateway ran.
pub const PROTOCOL: u32 = 2;

/// The longest order. Settings of one camera are a few hundred bytes.
const MOST_ORDER_BYTES: u32 = 1 << 20;

/// The longest report: a clip, which is as long as the ring that it is cut from may be.
const MOST_REPORT_BYTES: u32 = 256 << 20;

/// Why a message did not come or go.
#[derive(Debug, thiserror::Error)]
pub enum ProtocolError {
    /// The other side is gone, or does not read.
    #[error("the socket between gateway and eye: {0}")]
    Socket(#[from] io::Error),
    /// Longer than anything that is ever said.
    #[error("a message of {0} bytes between gateway and eye; none is that long")]
    TooLong(u32),
    /// Not a message.
    #[error("a message between gateway and eye that makes no sense: {0}")]
    Nonsense(#[from] postcard::Error),
}

/// Reads the next order; none if the gateway is gone.
///
/// # Errors
/// [`ProtocolError`].
pub fn read_order(from: &mut impl Read) -> Result<Option<Order>, ProtocolError> {
    read(from, MOST_ORDER_BYTES)
}

/// Reads the next report; none if the eye is gone.
///
/// # Errors
/// [`ProtocolError`].
pub fn read_report(from: &mut impl Read) -> Result<Option<Report>, ProtocolError> {
    read(from, MOST_REPORT_BYTES)
}

/// Writes one message whole.
///
/// # Errors
/// [`ProtocolError`]; part of the message may have gone, so nothing can be said after it.
pub fn write_message(to: &mut impl Write, message: &impl Serialize) -> Result<(), ProtocolError> {
    let mut bytes = postcard::to_extend(message, vec![0; 4])?;
    let length = u32::try_from(bytes.len() - 4).unwrap_or(u32::MAX);
    if length > MOST_REPORT_BYTES {
        return Err(ProtocolError::TooLong(length));
    }
    if let Some(head) = bytes.first_chunk_mut() {
        *head = length.to_le_bytes();
    }
    Ok(to.write_all(&bytes)?)
}

fn read<M: DeserializeOwned>(
    from: &mut impl Read,
    most_bytes: u32,
) -> Result<Option<M>, ProtocolError> {
    let mut head = [0; 4];
    match from.read_exact(&mut head) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(error) => return Err(error.into()),
    }
    let length = u32::from_le_bytes(head);
    if length > most_bytes {
        return Err(ProtocolError::TooLong(length));
    }
    // The room grows with what comes, not with what the length promises.
    let mut bytes = Vec::new();
    from.take(length.into()).read_to_end(&mut bytes)?;
    if bytes.len() < usize::try_from(length).unwrap_or(usize::MAX) {
        return Ok(None);
    }
    Ok(Some(postcard::from_bytes(&bytes)?))
}

#[cfg(test)]
mod tests {
    use super::super::order::CameraNumber;
    use super::*;

    fn stream(orders: &[Order]) -> Vec<u8> {
        let mut bytes = Vec::new();
        orders.iter().for_each(|order| write_message(&mut bytes, order).unwrap());
        bytes
    }

    #[test]
    fn orders_come_in_order_and_then_nothing() {
        let sent = [Order::TakeOut(CameraNumber(7)), Order::LetGo { lane: 2 }, Order::Stop];
        let bytes = stream(&sent);
        let mut from = bytes.as_slice();
        for order in &sent {
            assert_eq!(read_order(&mut from).unwrap().as_ref(), Some(order));
        }
        assert!(read_order(&mut from).unwrap().is_none());
    }

    #[test]
    fn a_message_cut_short_is_an_end_and_no_message() {
        let bytes = stream(&[Order::TakeOut(CameraNumber(7))]);
        for end in 0..bytes.len() {
            assert!(read_order(&mut &bytes[..end]).unwrap().is_none(), "{end}");
        }
    }

    #[test]
    fn a_length_that_lies_costs_no_memory() {
        let told = read_report(&mut [255, 255, 255, 255, 0].as_slice()).unwrap_err();
        assert!(matches!(told, ProtocolError::TooLong(u32::MAX)));
        let promised = (MOST_REPORT_BYTES).to_le_bytes();
        assert!(read_report(&mut promised.as_slice()).unwrap().is_none());
    }

    #[test]
    fn nonsense_is_told() {
        let told = read_order(&mut [1, 0, 0, 0, 200].as_slice()).unwrap_err();
        assert!(matches!(told, ProtocolError::Nonsense(_)), "{told}");
    }
}

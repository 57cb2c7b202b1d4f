//! Which letters the bytes of a CSV file are.

use std::borrow::Cow;

use encoding_rs::{Encoding, GB18030, UTF_8};

/// The text of a CSV file: UTF-8 or UTF-16 with the mark that Excel sets, UTF-8 without one, or GB18030,
/// as Excel in China saves it.
///
/// # Errors
/// It is none of these. The number is the line, from 1, where UTF-8 ends.
pub(crate) fn text(content: &[u8]) -> Result<Cow<'_, str>, u32> {
    let line = |bytes: &[u8]| {
        let lines = bytes.iter().filter(|byte| **byte == b'\n').count();
        u32::try_from(lines).map_or(u32::MAX, |lines| lines.saturating_add(1))
    };
    if let Some((encoding, mark)) = Encoding::for_bom(content) {
        let body = content.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling_and_without_replacement(body).ok_or_else(
            || {
                let sound = if encoding == UTF_8 { Encoding::utf8_valid_up_to(body) } else { 0 };
                line(body.get(..sound).unwrap_or_default())
            },
        );
    }
    let sound = Encoding::utf8_valid_up_to(content);
    if sound == content.len() {
        return UTF_8.decode_without_bom_handling_and_without_replacement(content).ok_or(1);
    }
    let decoded = GB18030.decode_without_bom_handling_and_without_replacement(content);
    decoded.ok_or_else(|| line(content.get(..sound).unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_encodings_of_excel_are_known() {
        let plain = "编号,名称\ncam-1,金海小区\n";
        let utf_16: Vec<u8> = [0xff, 0xfe]
            .into_iter()
            .chain(plain.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        let marked = [b"\xef\xbb\xbf", plain.as_bytes()].concat();
        for content in [plain.as_bytes(), &marked, &utf_16, &GB18030.encode(plain).0] {
            assert_eq!(text(content).unwrap(), plain);
        }
        // Rare characters of names: four bytes each.
        assert_eq!(text(&GB18030.encode("㐂𠮷").0).unwrap(), "㐂𠮷");
        assert_eq!(text(b"id\nname\n\xff\xff\n"), Err(3));
    }
}

//! RTCP packets that a sender sends: sender report, source description, goodbye (RFC 3550 §6).

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::BufMut;

const SENDER_REPORT: u8 = 200;
const SOURCE_DESCRIPTION: u8 = 202;
const GOODBYE: u8 = 203;
const CNAME: u8 = 1;

/// Seconds from 1900-01-01, the epoch of NTP, to 1970-01-01, that of Unix.
const NTP_TO_UNIX_SECS: u64 = 2_208_988_800;

/// The content of a sender report (RFC 3550 §6.4.1).
#[derive(Debug, Clone, Copy)]
pub(crate) struct SenderReport {
    pub(crate) ssrc: u32,
    /// One instant on the wall clock, in the 64-bit NTP format of §4.
    pub(crate) ntp: u64,
    /// The RTP timestamp of the same instant.
    pub(crate) rtp_timestamp: u32,
    pub(crate) packets_sent: u32,
    /// Payload bytes only, headers not counted.
    pub(crate) octets_sent: u32,
}

impl SenderReport {
    /// The compound packet that RFC 3550 §6.1 asks for: report, then canonical name.
    pub(crate) fn compound(&self, cname: &str) -> Vec<u8> {
        let mut out = Vec::with_capacity(64);
        out.put_slice(&[0x80, SENDER_REPORT, 0, 6]);
        out.put_u32(self.ssrc);
        out.put_u64(self.ntp);
        out.put_u32(self.rtp_timestamp);
        out.put_u32(self.packets_sent);
        out.put_u32(self.octets_sent);
        self.put_source_description(&mut out, cname);
        out
    }

    /// The same with the goodbye that ends the stream (§6.6).
    pub(crate) fn compound_with_goodbye(&self, cname: &str) -> Vec<u8> {
        let mut out = self.compound(cname);
        out.put_slice(&[0x81, GOODBYE, 0, 1]);
        out.put_u32(self.ssrc);
        out
    }

    /// §6.5: chunk of SSRC and items, ended by at least one zero and padded to whole words.
    fn put_source_description(&self, out: &mut Vec<u8>, cname: &str) {
        let length = u8::try_from(cname.len()).unwrap_or(u8::MAX);
        let words = (4 + 2 + u16::from(length)) / 4 + 1;
        out.put_slice(&[0x81, SOURCE_DESCRIPTION]);
        out.put_u16(words);
        let chunk_end = out.len() + usize::from(words) * 4;
        out.put_u32(self.ssrc);
        out.put_slice(&[CNAME, length]);
        out.extend(cname.bytes().take(usize::from(length)));
        out.resize(chunk_end, 0);
    }
}

/// The 64-bit NTP format of RFC 3550 §4: 32 bits of seconds since 1900, 32 of fraction.
pub(crate) fn ntp_time(utc: SystemTime) -> u64 {
    let since_1970 = utc.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO);
    let seconds = since_1970.as_secs().wrapping_add(NTP_TO_UNIX_SECS);
    let fraction = (u64::from(since_1970.subsec_nanos()) << 32) / 1_000_000_000;
    (seconds << 32) | fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compound_is_report_name_goodbye() {
        let report = SenderReport {
            ssrc: 0x6642_6ae1,
            ntp: ntp_time(UNIX_EPOCH + Duration::new(1_617_000_000, 500_000_000)),
            rtp_timestamp: 0x0102_0304,
            packets_sent: 7,
            octets_sent: 9_000,
        };
        let seconds = (1_617_000_000 + NTP_TO_UNIX_SECS).to_be_bytes();
        let mut expected = vec![0x80, 200, 0, 6, 0x66, 0x42, 0x6a, 0xe1];
        expected.extend_from_slice(&seconds[4..]);
        expected.extend_from_slice(&[0x80, 0, 0, 0, 1, 2, 3, 4, 0, 0, 0, 7, 0, 0, 0x23, 0x28]);
        expected.extend_from_slice(&[0x81, 202, 0, 3, 0x66, 0x42, 0x6a, 0xe1]);
        expected.extend_from_slice(&[1, 5, b'g', b'a', b't', b'e', b'1', 0]);
        assert_eq!(report.compound("gate1"), expected);

        expected.extend_from_slice(&[0x81, 203, 0, 1, 0x66, 0x42, 0x6a, 0xe1]);
        assert_eq!(report.compound_with_goodbye("gate1"), expected);
    }

    #[test]
    fn every_name_length_fills_whole_words_and_ends_in_a_zero() {
        let report = SenderReport {
            ssrc: 1,
            ntp: ntp_time(UNIX_EPOCH),
            rtp_timestamp: 0,
            packets_sent: 0,
            octets_sent: 0,
        };
        for length in 0..=300 {
            let compound = report.compound(&"n".repeat(length));
            let description = &compound[28..];
            let words = u16::from_be_bytes([description[2], description[3]]);
            assert_eq!(description.len(), usize::from(words) * 4 + 4, "{length}");
            assert_eq!(description.last(), Some(&0), "{length}");
        }
    }
}

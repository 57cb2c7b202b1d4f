//! How a camera behaves while it sends what it sends: the first line of its script.

use fastrand::Rng;

/// What the line begins with.
const MARK: &[u8] = b"#";

/// So long is the longest line; what is longer is none.
const LONGEST_LINE: usize = 64;

/// A camera's manner. A script without a line of it has the manner of good cameras.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Manner {
    /// It waits for no request.
    pub is_eager: bool,
    /// It neither ends nor says anything more when all is said.
    pub holds: bool,
    /// It sends so many bytes at once; all of them if it is 0.
    pub piece_bytes: usize,
    /// It waits so long before each answer.
    pub stall_secs: u64,
    /// Its client leaves after so many packets; never if it is 0.
    pub leave_after: usize,
    /// It is asked for datagrams, and its packets are sent as such: of channel 0 and 1 from its RTP and
    /// RTCP ports, of others by a stranger.
    pub is_udp: bool,
    /// It is asked for a tunnel of HTTP. Packets of channel 9 it says to who sends requests there.
    pub is_tunnel: bool,
}

impl Manner {
    /// The manner that the first line of a script names, and the rest of it.
    pub(crate) fn split(script: &[u8]) -> Option<(Self, &[u8])> {
        let rest = script.strip_prefix(MARK)?;
        let end = rest.iter().take(LONGEST_LINE).position(|byte| *byte == b'\n')?;
        let (line, rest) = rest.split_at(end);
        let mut manner = Self::default();
        for word in line.split(|byte| *byte == b' ') {
            let word = std::str::from_utf8(word).unwrap_or_default();
            let (name, number) = word.split_once('=').unwrap_or((word, "0"));
            let number = number.parse::<u16>().unwrap_or(0);
            match name {
                "eager" => manner.is_eager = true,
                "hold" => manner.holds = true,
                "udp" => manner.is_udp = true,
                "http" => manner.is_tunnel = true,
                "piece" => manner.piece_bytes = usize::from(number),
                "stall" => manner.stall_secs = u64::from(number),
                "leave" => manner.leave_after = usize::from(number),
                _ => {}
            }
        }
        Some((manner, rest.get(1..).unwrap_or_default()))
    }

    /// Another one.
    pub(crate) fn any(dice: &mut Rng) -> Self {
        let now_and_then = |dice: &mut Rng, numbers: &[u16]| match dice.u8(..3) {
            0 => dice.choice(numbers).copied().unwrap_or(0),
            _ => 0,
        };
        Self {
            is_eager: dice.u8(..4) == 0,
            holds: dice.u8(..6) == 0,
            piece_bytes: usize::from(now_and_then(dice, &[1, 2, 3, 7, 64, 1000])),
            stall_secs: u64::from(now_and_then(dice, &[1, 4, 6, 40, 1000])),
            leave_after: usize::from(now_and_then(dice, &[1, 2, 20])),
            is_udp: dice.u8(..4) == 0,
            is_tunnel: dice.u8(..4) == 0,
        }
    }

    /// Its line.
    pub(crate) fn line(self) -> Vec<u8> {
        let Self { is_eager, holds, piece_bytes, stall_secs, leave_after, is_udp, is_tunnel } =
            self;
        let mut words = vec!["#".to_owned()];
        words.extend(is_eager.then(|| "eager".to_owned()));
        words.extend(holds.then(|| "hold".to_owned()));
        words.extend(is_udp.then(|| "udp".to_owned()));
        words.extend(is_tunnel.then(|| "http".to_owned()));
        words.extend((piece_bytes > 0).then(|| format!("piece={piece_bytes}")));
        words.extend((stall_secs > 0).then(|| format!("stall={stall_secs}")));
        words.extend((leave_after > 0).then(|| format!("leave={leave_after}")));
        (words.join(" ") + "\n").into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manner_is_read_as_it_was_written_and_nothing_else_is_one() {
        let mut dice = Rng::with_seed(5);
        for _ in 0..200 {
            let manner = Manner::any(&mut dice);
            let script = [manner.line(), b"RTSP/1.0 200 OK\n".to_vec()].concat();
            assert_eq!(Manner::split(&script), Some((manner, &b"RTSP/1.0 200 OK\n"[..])));
        }
        assert_eq!(Manner::split(b"RTSP/1.0 200 OK\n"), None);
        assert_eq!(Manner::split(b"# eager"), None);
        let odd = Manner::split(b"# piece=x eager \xff\n").unwrap();
        assert_eq!(odd, (Manner { is_eager: true, ..Manner::default() }, &b""[..]));
    }
}

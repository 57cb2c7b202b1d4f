//! Who may fetch evidence: names and their bearer tokens (RFC 6750), from a file.

use std::collections::BTreeSet;

use ring::digest;

/// Fewer characters could be guessed; `openssl rand -hex 32` gives 64.
const LEAST_CHARACTERS: usize = 32;

/// The holders of one kind of access.
#[derive(Debug, Clone, Default)]
pub struct Tokens(Vec<Holder>);

/// One holder. The token itself is not kept: its digest is enough to recognise it, and digests of
/// equal length can be compared without telling by the time taken how much of a guess was right.
#[derive(Debug, Clone)]
struct Holder {
    name: String,
    token: [u8; digest::SHA256_OUTPUT_LEN],
}

/// Why a token file cannot be used. Lines count from 1; tokens are never shown.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokensError {
    /// Nobody could fetch anything.
    #[error("no tokens: write a line `name:token` for everyone who may fetch evidence")]
    None,
    /// Not `name:token`.
    #[error("line {0} is not `name:token`")]
    Form(usize),
    /// Too easily guessed.
    #[error(
        "line {0}: a token must have at least {LEAST_CHARACTERS} characters; make one with: openssl rand -hex 32"
    )]
    Short(usize),
    /// A name must tell who it was.
    #[error("line {0}: this name is already taken")]
    Repeated(usize),
}

impl Tokens {
    /// Reads `name:token` lines; blank lines and those that begin with `#` are ignored.
    ///
    /// # Errors
    /// [`TokensError`], naming the line.
    pub fn parse(text: &str) -> Result<Self, TokensError> {
        let (mut holders, mut names) = (Vec::new(), BTreeSet::new());
        for (number, line) in (1..).zip(text.lines().map(str::trim)) {
            if line.is_empty() || line.starts_with('#') {
                continue;
            }
            let (name, token) = line.split_once(':').ok_or(TokensError::Form(number))?;
            let (name, token) = (name.trim(), token.trim());
            if name.is_empty() || token.contains(char::is_whitespace) {
                return Err(TokensError::Form(number));
            }
            if token.len() < LEAST_CHARACTERS {
                return Err(TokensError::Short(number));
            }
            if !names.insert(name) {
                return Err(TokensError::Repeated(number));
            }
            holders.push(Holder { name: name.to_owned(), token: digest_of(token) });
        }
        if holders.is_empty() { Err(TokensError::None) } else { Ok(Self(holders)) }
    }

    /// The name of the holder of `token`. A right guess takes the same time as a wrong one.
    pub fn holder(&self, token: &str) -> Option<&str> {
        let asked = digest_of(token);
        self.0.iter().fold(None, |found, holder| {
            let differing =
                holder.token.iter().zip(asked).fold(0, |bits, (one, other)| bits | (one ^ other));
            if differing == 0 { Some(holder.name.as_str()) } else { found }
        })
    }
}

fn digest_of(token: &str) -> [u8; digest::SHA256_OUTPUT_LEN] {
    let mut bytes = [0; digest::SHA256_OUTPUT_LEN];
    bytes.copy_from_slice(digest::digest(&digest::SHA256, token.as_bytes()).as_ref());
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    const LONG: &str = "0123456789abcdef0123456789abcdef";

    #[test]
    fn a_token_names_its_holder() {
        let text = format!("# centre\ncentre:{LONG}\n\n street : {LONG}0 \n");
        let tokens = Tokens::parse(&text).unwrap();
        assert_eq!(tokens.holder(LONG), Some("centre"));
        assert_eq!(tokens.holder(&format!("{LONG}0")), Some("street"));
        for wrong in ["", "0", LONG.trim_start_matches('0'), &format!("{LONG}1")] {
            assert_eq!(tokens.holder(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_file_that_lets_anybody_in_or_nobody_is_refused() {
        let table = [
            ("", TokensError::None),
            ("# nobody\n", TokensError::None),
            ("\njust-a-token", TokensError::Form(2)),
            ("centre:short", TokensError::Short(1)),
            (":0123456789abcdef0123456789abcdef", TokensError::Form(1)),
        ];
        for (text, fault) in table {
            assert_eq!(Tokens::parse(text).unwrap_err(), fault, "{text}");
        }
        let twice = format!("a:{LONG}\na:{LONG}1");
        assert_eq!(Tokens::parse(&twice).unwrap_err(), TokensError::Repeated(2));
    }
}

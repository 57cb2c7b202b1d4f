//! What one cell says: a number, a code, a list, an address.

use url::Url;

/// A number as people write it; a comma for the decimal point is not guessed.
pub(crate) fn number(text: &str) -> Option<f64> {
    let plain = |b: u8| b.is_ascii_digit() || b"+-.eE".contains(&b);
    let number: f64 = text.bytes().all(plain).then(|| text.parse().ok()).flatten()?;
    number.is_finite().then_some(number)
}

/// Whether this is a long code that a spreadsheet took for a number: its last digits are gone.
pub(crate) fn has_lost_digits(text: &str) -> bool {
    text.contains(['E', 'e']) && number(text).is_some_and(|number| number.abs() >= 1e11)
}

/// The entries of a list such as `a、b, c`.
pub(crate) fn list(text: &str) -> Vec<String> {
    let entries = text.split(|c: char| c.is_whitespace() || "、,，;；|".contains(c));
    entries.filter(|entry| !entry.is_empty()).map(str::to_owned).collect()
}

/// Width and height such as `1920x1080`, each 16 to 16384.
pub(crate) fn picture_px(text: &str) -> Option<[i64; 2]> {
    let (width, height) = text.split_once(['x', 'X', '×', '*'])?;
    let side = |text: &str| text.trim().parse::<i64>().ok().filter(|px| (16..=16384).contains(px));
    Some([side(width)?, side(height)?])
}

/// What an address may begin with, and which one is meant if none is written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Schemes {
    /// What is allowed.
    pub(crate) allowed: &'static [&'static str],
    /// What stands for a bare host.
    pub(crate) bare: Option<&'static str>,
    /// Whether there may be a path.
    pub(crate) path: bool,
    /// The port that is written where the address names none.
    pub(crate) port: Option<u16>,
}

/// Why an address was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AddressFault {
    /// It holds a user or a password.
    Login,
    /// It is no address of these schemes.
    Form,
}

/// An address, completed.
pub(crate) fn address(text: &str, schemes: Schemes) -> Result<String, AddressFault> {
    if text.chars().any(|c| c.is_whitespace() || c.is_control()) || text.len() > 1024 {
        return Err(AddressFault::Form);
    }
    let whole = match (text.contains("://"), schemes.bare) {
        (false, Some(bare)) => format!("{bare}://{text}"),
        _ => text.to_owned(),
    };
    let url = Url::parse(&whole).map_err(|_| AddressFault::Form)?;
    // What the parser does not take for a login may be one for the device.
    let authority =
        whole.split("://").nth(1).unwrap_or_default().split('/').next().unwrap_or_default();
    if !url.username().is_empty() || url.password().is_some() || authority.contains('@') {
        return Err(AddressFault::Login);
    }
    let is_known = schemes.allowed.contains(&url.scheme())
        && url.host_str().is_some_and(|host| !host.is_empty());
    let is_bare =
        matches!(url.path(), "" | "/") && url.query().is_none() && url.fragment().is_none();
    if is_known && (schemes.path || is_bare) {
        let bare = whole.trim_end_matches('/');
        Ok(match schemes.port.filter(|_| url.port().is_none()) {
            _ if schemes.path => whole,
            Some(port) => format!("{bare}:{port}"),
            None => bare.to_owned(),
        })
    } else {
        Err(AddressFault::Form)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_completed_and_holds_no_login() {
        let device =
            Schemes { allowed: &["http", "https"], bare: Some("http"), path: false, port: None };
        assert_eq!(address("192.0.2.7:8000", device), Ok("http://192.0.2.7:8000".to_owned()));
        assert_eq!(address("https://door.example/", device), Ok("https://door.example".to_owned()));
        for login in ["admin:12345@192.0.2.7", "http://admin@192.0.2.7", "http://@192.0.2.7"] {
            assert_eq!(address(login, device), Err(AddressFault::Login), "{login}");
        }
        for wrong in [
            "",
            "rtsp://192.0.2.7",
            "http://",
            "192.0.2.7/x",
            "http://a b",
            "http://192.0.2.7?user=x",
        ] {
            assert_eq!(address(wrong, device), Err(AddressFault::Form), "{wrong}");
        }
    }

    #[test]
    fn a_code_that_excel_took_for_a_number_is_known() {
        assert!(has_lost_digits("1.10117E+19") && has_lost_digits("1.1011700100300E14"));
        assert!(
            !has_lost_digits("11011700001320000412")
                && !has_lost_digits("E-7")
                && !has_lost_digits("1e3")
        );
    }
}

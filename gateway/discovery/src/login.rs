//! A login at a device, as WS-Security wants it (UsernameToken Profile 1.0, `PasswordDigest`).

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use jiff::Timestamp;
use quick_xml::escape::escape;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use ring::rand::{SecureRandom, SystemRandom};
use runtime::utc_now;

/// Who asks. Printing it shows no password.
#[derive(Clone)]
pub struct Login {
    /// The user.
    pub user: String,
    /// The password. It is never sent itself.
    pub password: String,
}

impl fmt::Debug for Login {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Login").field("user", &self.user).finish_non_exhaustive()
    }
}

impl Login {
    /// The header that proves the password. `ahead` is how far the device's clock is ahead of ours, in
    /// seconds: it refuses tokens that are old by its own clock.
    pub(crate) fn header(&self, ahead: i64) -> Option<String> {
        let mut nonce = [0; 16];
        SystemRandom::new().fill(&mut nonce).ok()?;
        let now = Timestamp::from_microsecond(utc_now().unix_micros()).ok()?;
        let theirs = now.checked_add(Duration::from_secs(ahead.unsigned_abs()));
        let theirs = if ahead < 0 {
            now.checked_sub(Duration::from_secs(ahead.unsigned_abs()))
        } else {
            theirs
        };
        Some(self.token(nonce, &theirs.ok()?.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()))
    }

    pub(crate) fn token(&self, nonce: [u8; 16], created: &str) -> String {
        let proof = [&nonce, created.as_bytes(), self.password.as_bytes()].concat();
        let proof = STANDARD.encode(digest(&SHA1_FOR_LEGACY_USE_ONLY, &proof));
        let (user, nonce) = (escape(&self.user), STANDARD.encode(nonce));
        let oasis = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss";
        format!(
            "<w:Security xmlns:w=\"{oasis}-wssecurity-secext-1.0.xsd\" s:mustUnderstand=\"true\"><w:UsernameToken>\
             <w:Username>{user}</w:Username>\
             <w:Password Type=\"{oasis}-username-token-profile-1.0#PasswordDigest\">{proof}</w:Password>\
             <w:Nonce EncodingType=\"{oasis}-soap-message-security-1.0#Base64Binary\">{nonce}</w:Nonce>\
             <u:Created xmlns:u=\"{oasis}-wssecurity-utility-1.0.xsd\">{created}</u:Created>\
             </w:UsernameToken></w:Security>"
        )
    }
}

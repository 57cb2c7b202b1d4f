//! The head of a request that shows who asks: WS-UsernameToken with a digest (WSS Username Token Profile 1.1).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use quick_xml::escape::escape;
use ring::digest::{Context, SHA1_FOR_LEGACY_USE_ONLY};
use ring::rand::{SecureRandom as _, SystemRandom};
use runtime::rfc3339;
use scene::CaptureTime;
use trust::Credentials;

const WSSE: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-secext-1.0.xsd";
const WSU: &str =
    "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss-wssecurity-utility-1.0.xsd";
const DIGEST: &str = "http://docs.oasis-open.org/wss/2004/01/\
     oasis-200401-wss-username-token-profile-1.0#PasswordDigest";
const BASE64: &str = "http://docs.oasis-open.org/wss/2004/01/\
     oasis-200401-wss-soap-message-security-1.0#Base64Binary";

/// The element for a request at `device_time`, by the device's clock: it refuses what is dated wrong.
pub(super) fn token(who: &Credentials, device_time: CaptureTime) -> Option<String> {
    let mut nonce = [0; 16];
    SystemRandom::new().fill(&mut nonce).ok()?;
    Some(written(who, device_time, &nonce))
}

fn written(who: &Credentials, device_time: CaptureTime, nonce: &[u8]) -> String {
    let created = rfc3339(device_time);
    let digest = digest(nonce, &created, &who.password);
    let (user, nonce) = (escape(&who.user), STANDARD.encode(nonce));
    format!(
        "<wsse:Security xmlns:wsse=\"{WSSE}\" xmlns:wsu=\"{WSU}\"><wsse:UsernameToken>\
         <wsse:Username>{user}</wsse:Username>\
         <wsse:Password Type=\"{DIGEST}\">{digest}</wsse:Password>\
         <wsse:Nonce EncodingType=\"{BASE64}\">{nonce}</wsse:Nonce>\
         <wsu:Created>{created}</wsu:Created></wsse:UsernameToken></wsse:Security>"
    )
}

/// Base64 of SHA-1 of nonce, time and password.
fn digest(nonce: &[u8], created: &str, password: &str) -> String {
    let mut context = Context::new(&SHA1_FOR_LEGACY_USE_ONLY);
    context.update(nonce);
    context.update(created.as_bytes());
    context.update(password.as_bytes());
    STANDARD.encode(context.finish())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digest_is_that_of_the_programmers_guide() {
        // ONVIF Application Programmer's Guide 1.0, §6.1.1.3.
        let nonce = STANDARD.decode("LKqI6G/AikKCQrN0zqZFlg==").unwrap();
        let digest = digest(&nonce, "2010-09-16T07:50:45Z", "userpassword");
        assert_eq!(digest, "tuOSpGlFlIXsozq4HFNeeGeFLEI=");
    }

    #[test]
    fn a_user_cannot_end_the_element() {
        let who = Credentials { user: "a<b&\"".into(), password: "gate 7".into() };
        let token = written(&who, CaptureTime::from_unix_micros(0), &[7; 16]);
        assert!(token.contains("a&lt;b&amp;") && !token.contains("gate 7"), "{token}");
        assert!(token.contains("1970-01-01T00:00:00Z"), "{token}");
    }
}

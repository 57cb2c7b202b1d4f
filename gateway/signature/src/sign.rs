//! Signs a message with the key of the gateway.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use super::canonical;
use super::key::SigningKey;

impl SigningKey {
    /// `message`, a JSON object, with the member `signature`.
    ///
    /// # Errors
    /// If it is no JSON object with members.
    pub fn sign(&self, message: &str) -> Result<String, serde_json::Error> {
        let value: Value = serde_json::from_str(message)?;
        let signature = self.signature_of(&canonical::without_signature(&value)?);
        let signature = json!({
            "alg": "Ed25519",
            "kid": self.public().kid(),
            "value": URL_SAFE_NO_PAD.encode(signature),
        });
        // The members keep their order, which is one for people to read.
        let message = message.trim_end();
        let open = message.strip_suffix('}').unwrap_or(message);
        Ok(format!("{open},\"signature\":{signature}}}"))
    }
}

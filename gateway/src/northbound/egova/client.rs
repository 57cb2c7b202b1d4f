//! Calls to the case system: a token first, then `{uid, senderCode, action, data}`.

use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use ureq::Agent;
use ureq::tls::{PemItem, RootCerts, TlsConfig, TlsProvider, parse_pem};

use super::settings::{EgovaSettings, TokenPlace};

const TOKEN_PATH: &str = "oauth/extras/openapi/client";
const CALL_PATH: &str = "openapi/third";
/// A page of notices; more is not an answer.
const MAX_ANSWER_BYTES: u64 = 8 * 1024 * 1024;
/// How much is shown of an answer that cannot be used.
const SHOWN_CHARS: usize = 120;

/// Why a call came to nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    /// It can be tried again as it is.
    #[error("{url}: {reason}")]
    Away {
        /// Where.
        url: String,
        /// What was seen instead of an answer.
        reason: String,
    },
    /// No token: the operator has to act.
    #[error(
        "{url} gives no token: {reason}; check [egova] client_id and client_secret_file in \
         gateway.toml"
    )]
    Login {
        /// Where.
        url: String,
        /// What it said.
        reason: String,
    },
    /// A file of the settings: the operator has to act.
    #[error("[egova] {file}: {reason}")]
    File {
        /// Which.
        file: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The case system understood the call and does not want it.
    #[error("{action} refused with code {code}: {message}")]
    Refused {
        /// What was asked.
        action: String,
        /// Its code.
        code: i64,
        /// Its words.
        message: String,
    },
}

/// One client; not for two threads.
pub(super) struct Client {
    settings: EgovaSettings,
    agent: Option<Agent>,
    token: Option<String>,
    /// Some call succeeded since this was last asked.
    answered: bool,
}

#[derive(Deserialize)]
struct Granted {
    access_token: String,
}

#[derive(Deserialize)]
struct Reply {
    success: bool,
    #[serde(default)]
    code: i64,
    #[serde(default)]
    message: String,
    #[serde(default)]
    data: Value,
}

/// A status and what came with it.
struct Answer {
    status: u16,
    body: Vec<u8>,
}

impl Client {
    pub(super) fn new(settings: EgovaSettings) -> Self {
        Self { settings, agent: None, token: None, answered: false }
    }

    /// Calls `action`. `uid` names the call: the same call again has the same. Gives the reply's
    /// data.
    pub(super) fn call(
        &mut self,
        uid: &str,
        action: &str,
        data: &Map<String, Value>,
    ) -> Result<Value, CallError> {
        let sender = &self.settings.sender_code;
        let call =
            json!({ "uid": uid, "senderCode": sender, "action": action, "data": data }).to_string();
        // A token may have expired since the last call; one that is new may not.
        let fresh = self.token.is_none();
        let mut answer = self.send(&call)?;
        if answer.status == 401 && !fresh {
            self.token = None;
            answer = self.send(&call)?;
        }
        if answer.status == 401 {
            self.token = None;
            let (url, reason) = (self.at(CALL_PATH), "its own token is refused".to_owned());
            return Err(CallError::Login { url, reason });
        }
        if matches!(answer.status, 400 | 413 | 422) {
            let (code, message) = (answer.status.into(), shown(&answer.body));
            return Err(CallError::Refused { action: action.to_owned(), code, message });
        }
        let reply = match serde_json::from_slice::<Reply>(&answer.body) {
            Ok(reply) if answer.status == 200 => reply,
            _ => return Err(self.away(CALL_PATH, &answer)),
        };
        self.answered |= reply.success;
        if reply.success {
            Ok(reply.data)
        } else {
            let Reply { code, message, .. } = reply;
            Err(CallError::Refused { action: action.to_owned(), code, message })
        }
    }

    /// Whether some call succeeded since this was last asked.
    pub(super) fn take_answered(&mut self) -> bool {
        std::mem::take(&mut self.answered)
    }

    fn send(&mut self, call: &str) -> Result<Answer, CallError> {
        let token = self.token()?;
        let url = self.at(CALL_PATH);
        let agent = self.agent()?;
        let request = match self.settings.token_in {
            TokenPlace::Query => agent.post(&url).query("egova_openapi_token", &token),
            TokenPlace::Header => {
                agent.post(&url).header("X-EGOVA-Authorization", format!("Bearer {token}"))
            }
        };
        let sent = request.header("Content-Type", "application/json").send(call);
        self.read(CALL_PATH, sent)
    }

    /// The token, asked for if there is none.
    fn token(&mut self) -> Result<String, CallError> {
        if let Some(token) = &self.token {
            return Ok(token.clone());
        }
        // New files, such as a renewed authority, are used from here on.
        self.agent = None;
        let path = &self.settings.client_secret_file;
        let fault = |reason: String| CallError::File {
            file: format!("client_secret_file {}", path.display()),
            reason,
        };
        let line = filing::first_line(path).map_err(|error| fault(error.to_string()))?;
        let secret = line.trim();
        if secret.is_empty() {
            return Err(fault("its first line must hold the secret".to_owned()));
        }
        let agent = self.agent()?;
        let form = [
            ("grant_type", "client_credentials"),
            ("client_id", &self.settings.client_id),
            ("client_secret", secret),
        ];
        let sent = agent.post(self.at(TOKEN_PATH)).send_form(form);
        let answer = self.read(TOKEN_PATH, sent)?;
        match serde_json::from_slice::<Granted>(&answer.body) {
            Ok(granted) if answer.status == 200 => {
                self.token = Some(granted.access_token.clone());
                Ok(granted.access_token)
            }
            _ if matches!(answer.status, 400 | 401 | 403) => {
                let reason = format!("{} {}", answer.status, shown(&answer.body));
                Err(CallError::Login { url: self.at(TOKEN_PATH), reason })
            }
            _ => Err(self.away(TOKEN_PATH, &answer)),
        }
    }

    fn agent(&mut self) -> Result<Agent, CallError> {
        if let Some(agent) = &self.agent {
            return Ok(agent.clone());
        }
        let roots = match &self.settings.ca_file {
            None => Vec::new(), // over https no certificate is trusted then
            Some(path) => {
                let fault = |reason: String| CallError::File {
                    file: format!("ca_file {}", path.display()),
                    reason,
                };
                let pem = filing::pem(path).map_err(|error| fault(error.to_string()))?;
                let certificates = parse_pem(&pem).filter_map(|item| match item {
                    Ok(PemItem::Certificate(certificate)) => Some(certificate),
                    _ => None,
                });
                certificates.collect()
            }
        };
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder()
            .provider(TlsProvider::Rustls)
            .unversioned_rustls_crypto_provider(provider)
            .root_certs(RootCerts::new_with_certs(&roots))
            .build();
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .timeout_global(Some(self.settings.timeout))
            .build();
        let agent = Agent::new_with_config(config);
        self.agent = Some(agent.clone());
        Ok(agent)
    }

    fn read(
        &self,
        path: &str,
        sent: Result<ureq::http::Response<ureq::Body>, ureq::Error>,
    ) -> Result<Answer, CallError> {
        let away =
            |error: ureq::Error| CallError::Away { url: self.at(path), reason: error.to_string() };
        let response = sent.map_err(away)?;
        let status = response.status().as_u16();
        let body = response.into_body().into_with_config().limit(MAX_ANSWER_BYTES);
        let body = body.read_to_vec().map_err(away)?;
        Ok(Answer { status, body })
    }

    fn away(&self, path: &str, answer: &Answer) -> CallError {
        let reason = format!("answers {} {}", answer.status, shown(&answer.body));
        CallError::Away { url: self.at(path), reason }
    }

    /// Without the token: this is for people to read.
    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.settings.url)
    }
}

fn shown(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(SHOWN_CHARS).collect()
}

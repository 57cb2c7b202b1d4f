//! An answer of the server as text, so that it can be as wrong as a camera's.

use rtsp_types::Response;

/// A request, as far as an answer can depend on it.
#[derive(Debug)]
pub(crate) struct Asked<'a> {
    pub(crate) method: &'a str,
    /// What follows `?` in its URL.
    pub(crate) query: &'a str,
    /// Its Transport header.
    pub(crate) transport: &'a str,
    /// How many requests of this method the camera was asked before, by anybody.
    pub(crate) tries: u32,
    /// The camera's URL.
    pub(crate) base: &'a str,
    /// The camera's URL at the server's other address.
    pub(crate) elsewhere: &'a str,
    /// Whether the request came to the other address.
    pub(crate) is_elsewhere: bool,
}

/// An answer.
#[derive(Debug, Clone)]
pub(crate) struct Reply {
    pub(crate) status_line: String,
    /// Header lines in order. Content-Length is added where there is a body.
    pub(crate) lines: Vec<String>,
    pub(crate) body: Vec<u8>,
    /// The end of every line of the head.
    pub(crate) line_end: &'static str,
    /// Never sent.
    pub(crate) is_silent: bool,
    /// Sent after the media that is due.
    pub(crate) is_after_media: bool,
}

impl Reply {
    pub(crate) fn new(response: Response<Vec<u8>>) -> Self {
        let status = u16::from(response.status());
        let headers = response.headers().filter(|(name, _)| name.as_str() != "Content-Length");
        let lines = headers.map(|(name, value)| format!("{name}: {}", value.as_str())).collect();
        Self {
            status_line: format!("RTSP/1.0 {status} {}", response.reason_phrase()),
            lines,
            body: response.into_body(),
            line_end: "\r\n",
            is_silent: false,
            is_after_media: false,
        }
    }

    /// An answer of HTTP.
    pub(crate) fn http(code: u16, reason: &str) -> Self {
        Self {
            status_line: format!("HTTP/1.0 {code} {reason}"),
            lines: ["Server: hw-sim", "Connection: close", "Cache-Control: no-store"]
                .map(str::to_owned)
                .to_vec(),
            body: Vec::new(),
            line_end: "\r\n",
            is_silent: false,
            is_after_media: false,
        }
    }

    /// The answer to GET behind which RTSP comes.
    pub(crate) fn tunnel() -> Self {
        let mut reply = Self::http(200, "OK");
        reply.lines.push("Content-Type: application/x-rtsp-tunnelled".to_owned());
        reply
    }

    /// Makes it a page for browsers.
    pub(crate) fn become_page(&mut self, code: u16, reason: &str) {
        *self = Self::http(code, reason);
        self.lines.push("Content-Type: text/html; charset=utf-8".to_owned());
        self.body = format!("<html><body><h1>{code} {reason}</h1></body></html>").into_bytes();
    }

    /// Whether it says 200.
    pub(crate) fn is_ok(&self) -> bool {
        self.status_line.split(' ').nth(1) == Some("200")
    }

    /// The value of a header, by its name in lower case.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        let value = self.lines.iter().find(|line| is_header(line, name))?.split_once(':')?.1;
        Some(value.trim())
    }

    /// Gives a header that is there another value.
    pub(crate) fn change(&mut self, name: &str, value: impl FnOnce(&str) -> String) {
        if let Some(line) = self.lines.iter_mut().find(|line| is_header(line, name)) {
            let (written, before) = line.split_once(':').unwrap_or((line, ""));
            *line = format!("{written}: {}", value(before.trim()));
        }
    }

    pub(crate) fn remove(&mut self, name: &str) {
        self.lines.retain(|line| !is_header(line, name));
    }

    /// Makes it another answer: this status, and of its headers CSeq alone.
    pub(crate) fn become_status(&mut self, code: u16, reason: &str) {
        self.status_line = format!("RTSP/1.0 {code} {reason}");
        self.lines.retain(|line| is_header(line, "cseq"));
        self.body.clear();
    }

    /// Makes it a redirection to `location`.
    pub(crate) fn redirect(&mut self, code: u16, reason: &str, location: &str) {
        self.become_status(code, reason);
        self.lines.push(format!("Location: {location}"));
    }

    /// Makes it a redirection of HTTP to `location`.
    pub(crate) fn redirect_http(&mut self, code: u16, reason: &str, location: &str) {
        *self = Self::http(code, reason);
        self.lines.push(format!("Location: {location}"));
    }

    /// What is sent.
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let mut head = self.status_line.clone() + self.line_end;
        for line in &self.lines {
            head.push_str(line);
            head.push_str(self.line_end);
        }
        if !self.body.is_empty() {
            head.push_str(&format!("Content-Length: {}{}", self.body.len(), self.line_end));
        }
        head.push_str(self.line_end);
        let mut bytes = head.into_bytes();
        bytes.extend_from_slice(&self.body);
        bytes
    }
}

fn is_header(line: &str, name: &str) -> bool {
    line.split_once(':').is_some_and(|(written, _)| written.trim().eq_ignore_ascii_case(name))
}

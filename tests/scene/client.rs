//! A client with a bearer token, and answers that say what they are when they are not what was wanted.

use std::io::{BufRead, BufReader};
use std::sync::mpsc::{self, Receiver};

use serde_json::Value;

/// Somebody who calls the service.
pub(crate) struct Client {
    agent: ureq::Agent,
    base: String,
    token: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) text: String,
    /// As it came; `text` stands in where that is text.
    pub(crate) bytes: Vec<u8>,
}

impl Answer {
    /// The JSON body, if the status is as wanted.
    #[track_caller]
    pub(crate) fn want(self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", self.text);
        if self.text.is_empty() { Value::Null } else { serde_json::from_str(&self.text).unwrap_or(Value::Null) }
    }

    /// Checks that it is a problem with a status and a code, and gives the body.
    #[track_caller]
    pub(crate) fn problem(self, status: u16, code: &str) -> Value {
        assert_eq!(self.header("content-type").as_deref(), Some("application/problem+json"), "{}", self.text);
        let body = self.want(status);
        assert_eq!(body["code"], code, "{body}");
        assert!(!body["instance"].as_str().unwrap_or_default().is_empty(), "{body}");
        body
    }

    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.headers.iter().find(|(header, _)| header == name).map(|(_, value)| value.clone())
    }
}

impl Client {
    pub(crate) fn new(base: &str, token: Option<String>) -> Self {
        let agent =
            ureq::Agent::config_builder().http_status_as_error(false).allow_non_standard_methods(true).max_redirects(0).build().into();
        Self { agent, base: base.to_owned(), token }
    }

    /// The same person at another service.
    pub(crate) fn at(&self, base: &str) -> Self {
        Self::new(base, self.token.clone())
    }

    /// Sends anything.
    #[track_caller]
    pub(crate) fn send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Answer {
        self.try_send(method, path, headers, body).unwrap()
    }

    /// Sends anything to a service that may die before it answers.
    pub(crate) fn try_send(&self, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Result<Answer, ureq::Error> {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let mut answer = self.agent.run(request.body(body.to_vec())?)?;
        let bytes = answer.body_mut().with_config().limit(64 << 20).read_to_vec()?;
        Ok(Answer {
            status: answer.status().as_u16(),
            headers: answer
                .headers()
                .iter()
                .map(|(name, value)| (name.to_string(), value.to_str().unwrap_or_default().to_owned()))
                .collect(),
            text: String::from_utf8_lossy(&bytes).into_owned(),
            bytes,
        })
    }

    #[track_caller]
    pub(crate) fn get(&self, path: &str) -> Answer {
        self.send("GET", path, &[], b"")
    }

    #[track_caller]
    pub(crate) fn post(&self, path: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json")], body.to_string().as_bytes())
    }

    #[track_caller]
    pub(crate) fn post_once(&self, path: &str, key: &str, body: &Value) -> Answer {
        self.send("POST", path, &[("content-type", "application/json"), ("idempotency-key", key)], body.to_string().as_bytes())
    }

    #[track_caller]
    pub(crate) fn patch(&self, path: &str, etag: &str, body: &Value) -> Answer {
        self.send("PATCH", path, &[("content-type", "application/json"), ("if-match", etag)], body.to_string().as_bytes())
    }

    /// Listens to a stream of lines; they come until the service or the listener goes away.
    pub(crate) fn listen(&self, path: &str) -> Receiver<String> {
        let mut request = self.agent.get(format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let body = request.call().unwrap().into_body();
        let (to, lines) = mpsc::channel();
        let mut reader = BufReader::new(body.into_reader());
        // The first line says that the stream is open: what happens from now on is in it.
        let mut first = String::new();
        reader.read_line(&mut first).unwrap();
        std::thread::spawn(move || reader.lines().map_while(Result::ok).try_for_each(|line| to.send(line)));
        lines
    }

    /// Uploads files as multipart/form-data.
    #[track_caller]
    pub(crate) fn upload(&self, path: &str, files: &[(&str, &str)]) -> Answer {
        let files: Vec<(&str, &[u8])> = files.iter().map(|(name, text)| (*name, text.as_bytes())).collect();
        self.upload_bytes(path, &files)
    }

    /// The same with files of any kind.
    #[track_caller]
    pub(crate) fn upload_bytes(&self, path: &str, files: &[(&str, &[u8])]) -> Answer {
        let mut body = Vec::new();
        for (name, bytes) in files {
            let head = format!("--scene\r\ncontent-disposition: form-data; name=\"files\"; filename=\"{name}\"\r\n\r\n");
            body.extend([head.as_bytes(), bytes, b"\r\n"].concat());
        }
        body.extend(b"--scene--\r\n");
        self.send("POST", path, &[("content-type", "multipart/form-data; boundary=scene")], &body)
    }

    /// All pages of a list.
    #[track_caller]
    pub(crate) fn list(&self, path: &str) -> Vec<Value> {
        let mut all = Vec::new();
        let mut cursor = String::new();
        loop {
            let mark = if path.contains('?') { '&' } else { '?' };
            let page = self.get(&format!("{path}{mark}limit=500{cursor}")).want(200);
            all.extend(page["items"].as_array().unwrap().iter().cloned());
            match page["next"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return all,
            }
        }
    }
}

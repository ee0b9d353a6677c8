//! One server's REST API: JSON in and out, with a deadline on every call.

use std::time::{Duration, Instant};

use reqwest::{Client, Method, RequestBuilder, StatusCode};
use serde_json::Value;

use crate::address::HttpAddress;
use crate::error::{PipelineError, Server};

/// One question. Kafka Connect passes what it is told on to its leader, and asks Elasticsearch.
const ANSWER_WITHIN: Duration = Duration::from_secs(30);
/// Between two questions to a server that is not there yet.
const ASK_AGAIN_AFTER: Duration = Duration::from_millis(250);
/// Of what a server says about an error.
const MAX_WORDS: usize = 600;

/// Speaks with one server.
#[derive(Clone)]
pub(crate) struct Rest {
    pub(crate) server: Server,
    pub(crate) address: HttpAddress,
    client: Client,
    within: Duration,
}

/// What a server answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) body: Value,
    text: String,
}

impl Rest {
    pub(crate) fn new(server: Server, address: &HttpAddress, within: Duration) -> Rest {
        let client = Client::builder().timeout(ANSWER_WITHIN).build();
        let client = client.expect("a client without TLS needs nothing that could be missing");
        Rest { server, address: address.clone(), client, within }
    }

    /// Makes sure that what answers is what was meant, by something that only it tells.
    pub(crate) async fn meet(&self, path: &str, tells: &str) -> Result<Value, PipelineError> {
        let answer = self.send(Method::GET, path, None).await?;
        let must_log_in =
            [StatusCode::UNAUTHORIZED, StatusCode::FORBIDDEN].contains(&answer.status);
        if must_log_in {
            return self.good(answer, &format!("GET {path}"));
        }
        match answer.body.pointer(tells) {
            Some(_) if answer.status.is_success() => Ok(answer.body),
            _ => Err(self.stranger(&format!("GET {path} tells no {tells}"))),
        }
    }

    /// Reads; `None` where there is nothing.
    pub(crate) async fn find(&self, path: &str) -> Result<Option<Value>, PipelineError> {
        let answer = self.send(Method::GET, path, None).await?;
        if answer.status == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        self.good(answer, &format!("GET {path}")).map(Some)
    }

    /// Reads what must be there.
    pub(crate) async fn get(&self, path: &str) -> Result<Value, PipelineError> {
        let answer = self.send(Method::GET, path, None).await?;
        self.good(answer, &format!("GET {path}"))
    }

    /// Writes.
    pub(crate) async fn put(&self, path: &str, body: &Value) -> Result<Value, PipelineError> {
        let answer = self.send(Method::PUT, path, Some(body)).await?;
        self.good(answer, &format!("PUT {path}"))
    }

    /// Asks, and returns whatever is answered. A server that is not there, or says that it is not
    /// ready, is asked again for as long as it may take.
    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
    ) -> Result<Answer, PipelineError> {
        self.answer(|| {
            let request = self.request(method.clone(), path);
            match body {
                Some(body) => request.json(body),
                None => request,
            }
        })
        .await
    }

    /// The same for a request of any kind, which is made anew for every attempt.
    pub(crate) async fn answer(
        &self,
        request: impl Fn() -> RequestBuilder,
    ) -> Result<Answer, PipelineError> {
        let deadline = Instant::now() + self.within;
        loop {
            let answer = self.once(request()).await;
            let is_final = match &answer {
                Ok(answer) => !is_not_ready(answer.status),
                Err(error) => !(error.is_connect() || error.is_timeout() || error.is_request()),
            };
            if is_final || Instant::now() >= deadline {
                return answer.map_err(|error| self.unreachable(&error));
            }
            tokio::time::sleep(ASK_AGAIN_AFTER).await;
        }
    }

    /// A request with the name and the password that the address holds.
    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.client.request(method, self.address.at(path));
        match self.address.credentials() {
            Some((name, password)) => request.basic_auth(name, Some(password)),
            None => request,
        }
    }

    async fn once(&self, request: RequestBuilder) -> reqwest::Result<Answer> {
        let answer = request.send().await?;
        let status = answer.status();
        let text = answer.text().await?;
        Ok(Answer { status, body: serde_json::from_str(&text).unwrap_or_default(), text })
    }

    /// What a good answer says; an error otherwise.
    pub(crate) fn good(&self, answer: Answer, what: &str) -> Result<Value, PipelineError> {
        if answer.status.is_success() {
            return Ok(answer.body);
        }
        Err(PipelineError::Refused {
            server: self.server,
            what: what.to_owned(),
            status: answer.status.as_u16(),
            why: answer.why(),
        })
    }

    pub(crate) fn stranger(&self, why: &str) -> PipelineError {
        PipelineError::Stranger {
            server: self.server,
            address: self.address.to_string(),
            why: why.to_owned(),
        }
    }

    fn unreachable(&self, error: &reqwest::Error) -> PipelineError {
        // The innermost cause is what the system said; the others repeat the address.
        let mut cause: &dyn std::error::Error = error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        let address = self.address.to_string();
        PipelineError::Unreachable { server: self.server, address, why: cause.to_string() }
    }
}

impl Answer {
    /// The server's own words, where they are known to stand.
    pub(crate) fn why(&self) -> String {
        let body = &self.body;
        let said = [&body["error"]["reason"], &body["message"], &body["error"]];
        let words = said.into_iter().find_map(Value::as_str).unwrap_or(&self.text);
        let words: String = words.split_whitespace().collect::<Vec<_>>().join(" ");
        words.chars().take(MAX_WORDS).collect()
    }
}

/// Kafka Connect answers with 409 while its workers divide the work, and with 503 while it
/// starts, as Kibana does.
fn is_not_ready(status: StatusCode) -> bool {
    let waiting = [StatusCode::CONFLICT, StatusCode::BAD_GATEWAY, StatusCode::SERVICE_UNAVAILABLE];
    waiting.contains(&status)
}

//! One request for one answer: headers, time limits until the first byte, and what a refusal means.

use super::ProviderError;
use crate::{
    anthropic,
    failure::{self, Failure, Refused},
    openai,
    settings::Settings,
    wire::Wire,
};
use futures::future::{BoxFuture, Either, select};
use jarvis_ports::{
    Clock,
    model::{ErrorClass, Prompt, Waiting},
};
use reqwest::{Client, RequestBuilder, Response, header};
use std::{
    error::Error as StdError,
    pin::pin,
    sync::Arc,
    time::{Duration, SystemTime},
};

/// As much of a refusal as is read.
const REFUSAL_BYTES: usize = 64 * 1024;
/// As much of an answer about the server as is read.
const ABOUT_BYTES: usize = 4 * 1024 * 1024;

/// The way to a model's server.
pub struct Line {
    pub settings: Settings,
    pub clock: Arc<dyn Clock>,
    client: Client,
}

impl Line {
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, ProviderError> {
        let client = Client::builder()
            .http1_only()
            .no_proxy()
            // A key is not carried on to another place, and nothing is sent twice by a lower layer.
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            .connect_timeout(settings.limits.connect)
            .tcp_nodelay(true)
            .user_agent(concat!("jarvis/", env!("CARGO_PKG_VERSION")))
            .build()
            .map_err(|error| ProviderError::Client {
                model: settings.model.clone(),
                why: chain(&error),
            })?;
        Ok(Self {
            settings,
            clock,
            client,
        })
    }

    /// The body that asks.
    pub fn body(&self, prompt: &Prompt) -> Result<String, Failure> {
        let (model, style) = (self.settings.model.as_str(), &self.settings.style);
        match self.settings.wire {
            Wire::OpenaiCompatible => Ok(openai::body(model, prompt, style)),
            Wire::Anthropic => anthropic::body(model, prompt, style).map_err(|error| {
                self.failure(
                    ErrorClass::BadRequest,
                    format!("cannot be written as JSON: {error}"),
                )
            }),
        }
    }

    /// Sends a question; answered once the head of an answer that is none of refusal is there.
    pub async fn ask(&self, body: String) -> Result<Response, Failure> {
        let path = match self.settings.wire {
            Wire::Anthropic => "/v1/messages",
            Wire::OpenaiCompatible => "/chat/completions",
        };
        let request = self
            .client
            .post(self.url(path))
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "text/event-stream, application/json")
            .body(body);
        let response = self
            .dressed(request)
            .send()
            .await
            .map_err(|error| self.lost(&error))?;
        match response.status().as_u16() {
            200 => Ok(response),
            _ => Err(self.refused(response).await),
        }
    }

    /// Asks the server about itself; `url` is whole. None when it does not know the place.
    pub async fn about(&self, url: String) -> Result<Option<serde_json::Value>, Failure> {
        let limit = self.settings.limits.first_byte;
        let asked = async {
            let request = self.dressed(self.client.get(url));
            let response = request.send().await.map_err(|error| self.lost(&error))?;
            match response.status().as_u16() {
                200 => {}
                404 | 405 | 501 => return Ok(None),
                _ => return Err(self.refused(response).await),
            }
            let text = self.text(response, ABOUT_BYTES).await;
            Ok::<_, Failure>(serde_json::from_str(&text).ok())
        };
        match within(self.clock.sleep(limit), asked).await {
            Some(answer) => answer,
            None => Err(Failure::timeout(&self.settings.model, Waiting::FirstByte, limit)),
        }
    }

    /// An address below that of the settings.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.settings.base_url.trim_end_matches('/'))
    }

    /// A failure of this model.
    pub fn failure(&self, class: ErrorClass, why: impl Into<String>) -> Failure {
        Failure::new(&self.settings.model, class, why)
    }

    /// What became of a request or an answer that broke off.
    pub fn lost(&self, error: &reqwest::Error) -> Failure {
        let class = match (error.is_connect(), error.is_timeout()) {
            (true, true) => ErrorClass::Timeout(Waiting::Connect),
            _ => ErrorClass::Network,
        };
        let why = failure::clean(&chain(error), self.secret(), 400);
        self.failure(class, why)
    }

    fn secret(&self) -> &str {
        self.settings.key.as_ref().map_or("", |key| key.expose())
    }

    fn dressed(&self, mut request: RequestBuilder) -> RequestBuilder {
        if self.settings.wire == Wire::Anthropic {
            request = request.header("anthropic-version", self.settings.style.version.as_str());
        }
        let key = self.settings.key.as_ref();
        let dress = match self.settings.wire {
            Wire::Anthropic => {
                key.and_then(|key| Some((header::HeaderName::from_static("x-api-key"), key.header("")?)))
            }
            Wire::OpenaiCompatible => {
                key.and_then(|key| Some((header::AUTHORIZATION, key.header("Bearer ")?)))
            }
        };
        match dress {
            Some((name, value)) => request.header(name, value),
            None => request,
        }
    }

    async fn refused(&self, response: Response) -> Failure {
        let head = self.refused_head(&response);
        let body = self.text(response, REFUSAL_BYTES).await;
        failure::refusal(&self.settings.model, self.secret(), Refused { body, ..head })
    }

    fn refused_head(&self, response: &Response) -> Refused {
        let text = |name: &str| {
            let value = response.headers().get(name)?.to_str().ok()?;
            Some(value.to_owned())
        };
        let now = SystemTime::UNIX_EPOCH + Duration::from_millis(self.clock.now().as_millis());
        Refused {
            status: response.status().as_u16(),
            retry_after: failure::retry_after(
                text("retry-after-ms").as_deref(),
                text("retry-after").as_deref(),
                now,
            ),
            should_retry: text("x-should-retry").and_then(|word| word.parse().ok()),
            request_id: text("request-id").or_else(|| text("x-request-id")),
            body: String::new(),
        }
    }

    /// As much of a body as may be read; what breaks off is what there is.
    async fn text(&self, mut response: Response, most: usize) -> String {
        let mut bytes = Vec::new();
        while let Ok(Some(chunk)) = response.chunk().await {
            let left = most - bytes.len();
            bytes.extend_from_slice(&chunk[..chunk.len().min(left)]);
            if bytes.len() == most {
                break;
            }
        }
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

/// What comes first: the work's result, or none when the time is up.
pub async fn within<T>(limit: BoxFuture<'_, ()>, work: impl Future<Output = T>) -> Option<T> {
    match select(pin!(work), limit).await {
        Either::Left((result, _)) => Some(result),
        Either::Right(_) => None,
    }
}

/// The reasons of a reason, without the address, which is known.
fn chain(error: &reqwest::Error) -> String {
    let mut causes = Vec::new();
    let mut next = error.source();
    while let Some(cause) = next {
        causes.push(cause.to_string());
        next = cause.source();
    }
    if causes.is_empty() {
        "the request failed".to_owned()
    } else {
        causes.join(": ")
    }
}

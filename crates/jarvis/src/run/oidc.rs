//! How the sign-in provider is asked: over HTTP, with the operating system's roots, without redirects and proxies, within
//! ten seconds, and never for more than it is allowed to say.
//!
//! Knows nothing of what the answers mean.

use crate::{client, config::Config, exit::Failure};
use async_trait::async_trait;
use jarvis_api::{
    ApiState, Oidc, Web,
    auth::oidc::{Answer, Call},
};
use reqwest::header;
use std::{sync::Arc, time::Duration};
use zeroize::Zeroizing;

const WITHIN: Duration = Duration::from_secs(10);

/// Adds the provider to what is served, when one is configured.
pub fn with_provider(state: ApiState, config: &Config) -> Result<ApiState, Failure> {
    let Some(options) = config.oidc.clone() else {
        return Ok(state);
    };
    let web = Arc::new(Network {
        http: client::http(client::Trust::System)?,
    });
    Ok(state.with_provider(Oidc::new(options, web)))
}

struct Network {
    http: reqwest::Client,
}

#[async_trait]
impl Web for Network {
    async fn send(&self, call: Call<'_>) -> Result<Answer, String> {
        let request = match call.form {
            None => self.http.get(call.url),
            Some(form) => self
                .http
                .post(call.url)
                .header(header::CONTENT_TYPE, "application/x-www-form-urlencoded")
                .body(form.to_owned()),
        };
        let mut request = request.header(header::ACCEPT, "application/json").timeout(WITHIN);
        if let Some(value) = call.authorization {
            let mut value = header::HeaderValue::from_str(value)
                .map_err(|_| "the secret has characters no header can have")?;
            value.set_sensitive(true);
            request = request.header(header::AUTHORIZATION, value);
        }
        let mut response = request.send().await.map_err(|error| client::causes(&error))?;
        let mut body = Zeroizing::new(Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|error| client::causes(&error))? {
            if body.len() + chunk.len() > Answer::LIMIT {
                return Err(format!("the answer is longer than {} bytes", Answer::LIMIT));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(Answer {
            status: response.status().as_u16(),
            body,
        })
    }
}

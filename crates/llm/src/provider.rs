//! Asking a model over HTTP. One question is one stream; the stream holds everything of it, so that dropping it ends the
//! request. Time is that of the clock it is given.

mod exchange;
mod probe;
mod stream;

use crate::settings::Settings;
use async_trait::async_trait;
use exchange::Line;
use futures::stream::BoxStream;
use jarvis_ports::{
    Clock, Model,
    model::{Capabilities, Event, ModelError, Prompt},
};
use std::{fmt, sync::Arc};

/// A model on a server.
pub struct Provider {
    line: Arc<Line>,
}

/// Why a model cannot be asked at all.
#[derive(Debug, thiserror::Error)]
pub enum ProviderError {
    /// The address is none.
    #[error("`base_url` of the model {model} is no address: {why}; write it as http://HOST:PORT/v1")]
    Address {
        /// Which model.
        model: String,
        /// What is wrong.
        why: String,
    },
    /// The key would travel readable for everybody in between.
    #[error("`base_url` of the model {model} is http, and its key would be readable on the way; use https")]
    Readable {
        /// Which model.
        model: String,
    },
    /// The HTTP client could not be built.
    #[error("cannot build the HTTP client for the model {model}: {why}")]
    Client {
        /// Which model.
        model: String,
        /// What is wrong.
        why: String,
    },
}

impl Provider {
    /// Builds the client. Opens no connection.
    pub fn new(settings: Settings, clock: Arc<dyn Clock>) -> Result<Self, ProviderError> {
        let model = || settings.model.clone();
        let url = reqwest::Url::parse(&settings.base_url).map_err(|error| ProviderError::Address {
            model: model(),
            why: error.to_string(),
        })?;
        let wrong = |why: &str| ProviderError::Address {
            model: model(),
            why: why.to_owned(),
        };
        if !matches!(url.scheme(), "http" | "https") {
            return Err(wrong("it is neither http nor https"));
        }
        if !url.username().is_empty() || url.password().is_some() || url.query().is_some() {
            return Err(wrong(
                "it holds a user, a password or a query; the key has a place of its own",
            ));
        }
        // In the house there is often no https; far away there is.
        let far = !settings.local && !is_loopback(&url);
        if far && url.scheme() == "http" && settings.key.is_some() {
            return Err(ProviderError::Readable { model: model() });
        }
        let line = Line::new(settings, clock)?;
        Ok(Self { line: Arc::new(line) })
    }
}

fn is_loopback(url: &reqwest::Url) -> bool {
    let host = url.host_str().unwrap_or_default().trim_matches(['[', ']']);
    host == "localhost" || host.parse().is_ok_and(|ip: std::net::IpAddr| ip.is_loopback())
}

#[async_trait]
impl Model for Provider {
    fn id(&self) -> &str {
        &self.line.settings.model
    }

    fn is_local(&self) -> bool {
        self.line.settings.local
    }

    fn answer(&self, prompt: Prompt) -> BoxStream<'static, Event> {
        stream::of(Arc::clone(&self.line), prompt)
    }

    async fn probe(&self) -> Result<Capabilities, ModelError> {
        probe::probe(self).await
    }
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("settings", &self.line.settings)
            .finish_non_exhaustive()
    }
}

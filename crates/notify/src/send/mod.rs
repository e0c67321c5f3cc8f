//! Sending one letter, once. What a server said decides whether it was taken, is tried again, or is parked.
//!
//! | module | what |
//! | --- | --- |
//! | [`mail`] | SMTP |
//! | [`http`] | webhooks and ntfy |

pub mod http;
pub mod mail;

use crate::{
    letter::{Letter, To},
    settings::Settings,
    text,
};
use jarvis_ports::Clock;
use std::{sync::Arc, time::Duration};

/// A server that has not answered by then is tried again later.
const WITHIN: Duration = Duration::from_mins(1);
/// Longest answer of a server that is kept.
const ANSWER: usize = 300;

/// What became of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The server took it: its words.
    Accepted(String),
    /// Not now: why. It is tried again.
    Later(String),
    /// Never: why. It is parked.
    Refused(String),
}

impl Outcome {
    fn accepted(words: &str) -> Self {
        Self::Accepted(text::line(words, ANSWER))
    }

    fn later(why: &str) -> Self {
        Self::Later(text::line(why, ANSWER))
    }

    fn refused(why: &str) -> Self {
        Self::Refused(text::line(why, ANSWER))
    }
}

/// Sends letters. Cheap to clone.
#[derive(Clone)]
pub struct Sender {
    settings: Arc<Settings>,
    /// By which name this machine says hello to mail servers.
    hello: Option<String>,
    /// Where people find the dashboard.
    url: Option<String>,
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
}

impl Sender {
    /// Builds it; opens no connection.
    pub fn new(
        settings: Arc<Settings>,
        hello: Option<String>,
        url: Option<String>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, String> {
        Ok(Self {
            settings,
            hello,
            url,
            client: http::client()?,
            clock,
        })
    }

    /// Tries a letter once; ends within a minute.
    pub async fn send(&self, letter: &Letter) -> Outcome {
        let sending = self.try_once(letter);
        tokio::time::timeout(WITHIN, sending)
            .await
            .unwrap_or_else(|_| Outcome::later(&format!("no answer within {} s", WITHIN.as_secs())))
    }

    async fn try_once(&self, letter: &Letter) -> Outcome {
        match &letter.to {
            To::Email { address } => {
                let Some(smtp) = &self.settings.smtp else {
                    return Outcome::later(
                        "no mail server is configured: write `notifications: {smtp: ...}` in jarvis.yaml",
                    );
                };
                mail::send(smtp, self.hello.as_deref(), letter, address, self.url.as_deref()).await
            }
            To::Webhook { url, credential } => match self.credential(credential.as_deref()) {
                Ok(secret) => {
                    let signing = secret.map(|secret| (secret, self.clock.now().as_secs()));
                    http::webhook(&self.client, letter, url, signing, self.url.as_deref()).await
                }
                Err(why) => Outcome::later(&why),
            },
            To::Ntfy {
                server,
                topic,
                credential,
            } => match self.credential(credential.as_deref()) {
                Ok(token) => {
                    http::ntfy(&self.client, letter, (server, topic), token, self.url.as_deref()).await
                }
                Err(why) => Outcome::later(&why),
            },
        }
    }

    fn credential(&self, name: Option<&str>) -> Result<Option<&str>, String> {
        let Some(name) = name else { return Ok(None) };
        let found = self.settings.credentials.get(name);
        found.map(|secret| Some(secret.as_str())).ok_or_else(|| {
            format!(
                "the credential {name} is not configured: write `notifications: {{credentials: {{{name}: {{file: \
                 PATH}}}}}}` in jarvis.yaml"
            )
        })
    }
}

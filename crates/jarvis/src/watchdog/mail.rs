//! Mail by SMTP: one function, [`mail`], so that another way of telling people can take its place.
//!
//! Decides nothing about what is worth a mail, and keeps nothing over a restart: what is mailed is in the log first.

use lettre::{
    AsyncSmtpTransport, AsyncTransport, Message, Tokio1Executor,
    message::{Mailbox, header::ContentType},
    transport::smtp::{
        authentication::Credentials,
        client::{Certificate, Tls, TlsParameters},
    },
};
use std::{fmt, time::Duration};
use zeroize::Zeroizing;

/// A mail that was not taken within this was not sent.
const WITHIN: Duration = Duration::from_secs(30);

/// How the connection to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Protection {
    /// Begun in the clear, and ended if it cannot be protected.
    StartTls,
    /// From the first byte.
    Tls,
    /// Not at all.
    Off,
}

impl Protection {
    /// By its word in the config.
    pub fn of(word: &str) -> Option<Self> {
        match word {
            "starttls" => Some(Self::StartTls),
            "tls" => Some(Self::Tls),
            "off" => Some(Self::Off),
            _ => None,
        }
    }

    /// The port where servers expect it.
    pub fn usual_port(self) -> u16 {
        match self {
            Self::StartTls => 587,
            Self::Tls => 465,
            Self::Off => 25,
        }
    }
}

/// By whom, from whom and to whom mail is sent.
#[derive(Clone)]
pub struct Post {
    /// The server.
    pub server: String,
    /// Its port.
    pub port: u16,
    /// Protection.
    pub protection: Protection,
    /// PEM of a private authority that the server's certificate is signed by.
    pub ca: Option<Vec<u8>>,
    /// User and password.
    pub login: Option<(String, Zeroizing<String>)>,
    /// Sender.
    pub from: Mailbox,
    /// Receivers.
    pub to: Vec<Mailbox>,
}

impl fmt::Debug for Post {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Post")
            .field("server", &self.server)
            .field("port", &self.port)
            .field("protection", &self.protection)
            .field("to", &self.to.len())
            .finish_non_exhaustive()
    }
}

/// Sends one mail, or says why not. Never holds a secret in what it says.
pub async fn mail(post: &Post, subject: &str, text: &str) -> Result<(), String> {
    let to = format!("{}:{}", post.server, post.port);
    let message = compose(post, subject, text).map_err(|why| format!("the mail cannot be written: {why}"))?;
    let transport = transport(post).map_err(|why| format!("{to} cannot be used: {why}"))?;
    match tokio::time::timeout(WITHIN, transport.send(message)).await {
        Ok(Ok(_)) => Ok(()),
        Ok(Err(error)) => Err(format!("{to} did not take the mail: {}", causes(&error))),
        Err(_) => Err(format!(
            "{to} did not take the mail within {} s",
            WITHIN.as_secs()
        )),
    }
}

fn compose(post: &Post, subject: &str, text: &str) -> Result<Message, String> {
    let subject: String = subject.chars().filter(|c| !c.is_control()).take(200).collect();
    let mut message = Message::builder()
        .from(post.from.clone())
        .subject(subject)
        .header(ContentType::TEXT_PLAIN);
    for to in &post.to {
        message = message.to(to.clone());
    }
    message.body(text.to_owned()).map_err(|error| error.to_string())
}

fn transport(post: &Post) -> Result<AsyncSmtpTransport<Tokio1Executor>, String> {
    let tls = || {
        let mut parameters = TlsParameters::builder(post.server.clone());
        if let Some(pem) = &post.ca {
            parameters =
                parameters.add_root_certificate(Certificate::from_pem(pem).map_err(|error| causes(&error))?);
        }
        parameters.build_rustls().map_err(|error| causes(&error))
    };
    let mut builder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&post.server)
        .port(post.port)
        .timeout(Some(WITHIN))
        .tls(match post.protection {
            Protection::StartTls => Tls::Required(tls()?),
            Protection::Tls => Tls::Wrapper(tls()?),
            Protection::Off => Tls::None,
        });
    if let Some((user, password)) = &post.login {
        builder = builder.credentials(Credentials::new(user.clone(), password.to_string()));
    }
    Ok(builder.build())
}

fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut inner = error.source();
    while let Some(error) = inner {
        let more = error.to_string();
        if !text.contains(&more) {
            text = format!("{text}: {more}");
        }
        inner = error.source();
    }
    text
}

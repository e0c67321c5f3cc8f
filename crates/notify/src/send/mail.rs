//! SMTP, by lettre: one connection a letter, one receiver a letter, so that a receiver that is refused costs the others
//! nothing. What goes wrong before the letter is offered (connection, certificate, log-in) is the server's or the
//! configuration's fault, and never parks a letter.

use super::Outcome;
use crate::{
    letter::Letter,
    render::{html, plain, subject},
    settings::{Smtp, SmtpTls},
    text,
};
use lettre::{
    Address, Message,
    address::Envelope,
    message::{
        Mailbox, MultiPart, MultiPartKind, SinglePart,
        header::{HeaderName, HeaderValue},
    },
    transport::smtp::{
        Error,
        authentication::{Credentials, Mechanism},
        client::AsyncSmtpConnection,
        extension::ClientId,
        response::Response,
    },
};
use std::{
    error::Error as StdError,
    io,
    time::{Duration, UNIX_EPOCH},
};

/// A connection is made within this, or not.
const CONNECT: Duration = Duration::from_secs(15);
/// A server is looked at within this.
const CHECK: Duration = Duration::from_secs(30);

/// How far it came with a server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// No connection, or no greeting.
    Connect,
    /// No TLS, or a certificate that is not trusted.
    Tls,
    /// The log-in is refused.
    Login,
}

/// Why no letter can be offered to a server.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{why}")]
pub struct NotReady {
    /// How far it came.
    pub phase: Phase,
    /// What was attempted, on what, and why it failed.
    pub why: String,
}

/// Sends one letter to one address.
pub async fn send(
    smtp: &Smtp,
    hello: Option<&str>,
    letter: &Letter,
    address: &str,
    url: Option<&str>,
) -> Outcome {
    let message = match compose(smtp, letter, address, url) {
        Ok(message) => message,
        Err(why) => return Outcome::refused(&why),
    };
    let mut connection = match connect(smtp, hello).await {
        Ok(connection) => connection,
        Err(error) => return Outcome::later(&error.why),
    };
    let sent = connection.send(message.envelope(), &message.formatted()).await;
    let outcome = match &sent {
        Ok(response) => Outcome::accepted(&words(response)),
        Err(error) if is_final(error) => Outcome::refused(&format!("{} refuses it: {error}", smtp.address())),
        Err(error) => Outcome::later(&format!("{} does not take it: {error}", smtp.address())),
    };
    if sent.is_ok() {
        drop(connection.quit().await);
    }
    outcome
}

/// Whether the server will never take it. That a log-in is missing or wrong is the configuration's fault.
fn is_final(error: &Error) -> bool {
    let code = error.status().map(|code| code.to_string());
    let of_login = matches!(code.as_deref(), Some("530" | "534" | "535" | "538"));
    error.is_permanent() && !of_login
}

/// Connects, begins TLS, logs in, and takes leave.
pub async fn check(smtp: &Smtp, hello: Option<&str>) -> Result<(), NotReady> {
    let checking = async {
        let mut connection = connect(smtp, hello).await?;
        drop(connection.quit().await);
        Ok(())
    };
    let silent = || NotReady {
        phase: Phase::Connect,
        why: format!("{} did not answer within {} s", smtp.address(), CHECK.as_secs()),
    };
    tokio::time::timeout(CHECK, checking)
        .await
        .unwrap_or_else(|_| Err(silent()))
}

async fn connect(smtp: &Smtp, hello: Option<&str>) -> Result<AsyncSmtpConnection, NotReady> {
    let hello = hello.map_or_else(ClientId::default, |name| ClientId::Domain(name.to_owned()));
    let not_ready = |phase, what: &str, error: &Error| NotReady {
        phase: if is_tls(error) { Phase::Tls } else { phase },
        why: text::line(
            &format!("cannot {what} {}: {error}", smtp.address()),
            super::ANSWER,
        ),
    };
    let at_once = smtp.parameters.clone().filter(|_| smtp.tls == SmtpTls::Tls);
    let place = (smtp.host.as_str(), smtp.port);
    let mut connection = AsyncSmtpConnection::connect_tokio1(place, Some(CONNECT), &hello, at_once, None)
        .await
        .map_err(|error| not_ready(Phase::Connect, "connect to", &error))?;
    if let Some(parameters) = smtp.parameters.clone().filter(|_| smtp.tls == SmtpTls::Starttls) {
        connection
            .starttls(parameters, &hello)
            .await
            .map_err(|error| not_ready(Phase::Tls, "begin TLS with", &error))?;
    }
    if let Some((user, password)) = &smtp.login {
        let credentials = Credentials::new(user.clone(), password.as_str().to_owned());
        connection
            .auth(&[Mechanism::Plain, Mechanism::Login], &credentials)
            .await
            .map_err(|error| not_ready(Phase::Login, &format!("log in as {user} at"), &error))?;
    }
    Ok(connection)
}

/// Whether TLS is the reason, however deep.
fn is_tls(error: &Error) -> bool {
    let mut cause = error.source();
    while let Some(inner) = cause {
        let by_rustls = inner.downcast_ref::<io::Error>().and_then(io::Error::get_ref);
        if error.is_tls() || by_rustls.is_some_and(<dyn StdError + Send + Sync>::is::<rustls::Error>) {
            return true;
        }
        cause = inner.source();
    }
    error.is_tls()
}

fn words(response: &Response) -> String {
    let lines: Vec<&str> = response.message().collect();
    format!("{} {}", response.code(), lines.join(" "))
}

/// The message: the same bytes each time it is made of the same letter.
fn compose(smtp: &Smtp, letter: &Letter, address: &str, url: Option<&str>) -> Result<Message, String> {
    let to: Address = address
        .parse()
        .map_err(|_| format!("{address:?} is no address"))?;
    let from = smtp.from.clone();
    let envelope =
        Envelope::new(Some(from.email.clone()), vec![to.clone()]).map_err(|error| error.to_string())?;
    let id = format!("<{}.jarvis@{}>", letter.id, from.email.domain());
    let both = MultiPart::builder()
        .kind(MultiPartKind::Alternative)
        .boundary(format!("jarvis-{}", letter.id))
        .singlepart(SinglePart::plain(plain::text(letter, url)))
        .singlepart(SinglePart::html(html::page(letter, url)));
    let header = |name, value: &str| HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned());
    Message::builder()
        .from(from)
        .to(Mailbox::new(None, to))
        .subject(subject(letter))
        .date(UNIX_EPOCH + Duration::from_secs(letter.created_at.as_secs()))
        .message_id(Some(id))
        // No answering machine shall answer.
        .raw_header(header("Auto-Submitted", "auto-generated"))
        .raw_header(header("X-Jarvis-Channel", &letter.channel))
        .envelope(envelope)
        .multipart(both)
        .map_err(|error| format!("the message cannot be made: {error}"))
}

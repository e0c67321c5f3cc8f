//! With what an entry point lets a request in: the API token, or the ticket of a log-in, which is fetched and renewed
//! here. One log-in at a time for a cluster, and none for a while after a refused one. Knows no endpoint but that one.

use crate::{
    entry::{Entry, NoAnswer, NoAnswerKind},
    login::Credential,
    options::Timeouts,
    paths,
    session::{Session, Standing, Ticket, Told},
    token::Token,
};
use reqwest::{Method, RequestBuilder, header};
use std::sync::Arc;
use tokio::time::timeout;
use tracing::{info, warn};
use zeroize::Zeroizing;

/// Where passes come from, shared by the entry points of a cluster.
#[derive(Debug, Clone)]
pub enum Access {
    /// A token needs nothing.
    Token(Token),
    /// A log-in.
    Session(Arc<Session>),
}

/// What one request goes with.
pub enum Pass {
    /// The token.
    Token(Token),
    /// A ticket.
    Ticket(Arc<Ticket>),
}

impl Access {
    /// Of a credential.
    pub fn new(credential: &Credential, limits: Timeouts) -> Self {
        match credential {
            Credential::Token(token) => Self::Token(token.clone()),
            Credential::Login(login) => Self::Session(Arc::new(Session::new(login.clone(), limits))),
        }
    }
}

impl Pass {
    /// Adds what the request must carry.
    pub fn stamp(&self, method: &Method, builder: RequestBuilder) -> Result<RequestBuilder, NoAnswer> {
        let unfit = || {
            unsent(
                NoAnswerKind::NotConnected,
                "the credential cannot be sent".to_owned(),
            )
        };
        match self {
            Self::Token(token) => {
                let value = token.header().ok_or_else(unfit)?;
                Ok(builder.header(header::AUTHORIZATION, value))
            }
            Self::Ticket(ticket) => {
                let builder = builder.header(header::COOKIE, ticket.cookie().ok_or_else(unfit)?);
                if *method == Method::GET {
                    return Ok(builder);
                }
                let csrf = ticket.csrf().ok_or_else(unfit)?;
                Ok(builder.header("CSRFPreventionToken", csrf))
            }
        }
    }
}

impl Entry {
    /// What the next request may go with; logs in or renews first where that is needed.
    pub async fn admit(&self) -> Result<Pass, NoAnswer> {
        let session = match &self.access {
            Access::Token(token) => return Ok(Pass::Token(token.clone())),
            Access::Session(session) => session,
        };
        let ticket = match session.standing() {
            Standing::Fresh(ticket) => ticket,
            Standing::Stopped(why) => return Err(unsent(NoAnswerKind::NotAdmitted, why)),
            Standing::Ageing(old) => match session.door.try_lock() {
                Ok(_door) => self.renew(session, old).await?,
                Err(_) => old,
            },
            Standing::None => {
                let _door = session.door.lock().await;
                match session.standing() {
                    Standing::Fresh(ticket) | Standing::Ageing(ticket) => ticket,
                    Standing::Stopped(why) => return Err(unsent(NoAnswerKind::NotAdmitted, why)),
                    Standing::None => self.log_in(session).await?,
                }
            }
        };
        Ok(Pass::Ticket(ticket))
    }

    /// The pass was not accepted. True when another may be: it was a ticket, which is forgotten now.
    pub fn spend(&self, pass: &Pass) -> bool {
        match (&self.access, pass) {
            (Access::Session(session), Pass::Ticket(ticket)) => {
                session.spend(ticket);
                true
            }
            _ => false,
        }
    }

    async fn renew(&self, session: &Session, old: Arc<Ticket>) -> Result<Arc<Ticket>, NoAnswer> {
        match self.fetch(session, session.login.form_with(old.text())).await {
            Ok(Told::Ticket(ticket)) => Ok(ticket),
            Ok(Told::Refused(why)) => {
                info!(entry = %self.name(), %why, "the ticket is not renewed; logging in anew");
                session.spend(&old);
                self.log_in(session).await
            }
            Ok(Told::Nothing(why)) | Err(NoAnswer { why, .. }) => {
                warn!(entry = %self.name(), %why, "the ticket is not renewed; it serves on for now");
                session.put_renewal_off();
                Ok(old)
            }
        }
    }

    async fn log_in(&self, session: &Session) -> Result<Arc<Ticket>, NoAnswer> {
        match self.fetch(session, session.login.form()).await? {
            Told::Ticket(ticket) => {
                info!(entry = %self.name(), user = session.login.user(), "logged in");
                Ok(ticket)
            }
            Told::Refused(why) => {
                let why = session.stop(&why);
                warn!(entry = %self.name(), "{why}");
                Err(unsent(NoAnswerKind::NotAdmitted, why))
            }
            Told::Nothing(why) => Err(unsent(NoAnswerKind::NotConnected, format!("no log-in: {why}"))),
        }
    }

    async fn fetch(&self, session: &Session, form: Zeroizing<String>) -> Result<Told, NoAnswer> {
        let limit = session.limits.login;
        let told = async {
            let mut answer = self.send_form(paths::TICKET, &form, None).await?;
            let told = session.read(&answer);
            zeroize::Zeroize::zeroize(&mut answer.body);
            Ok::<_, NoAnswer>(told)
        };
        match timeout(limit, told).await {
            Ok(Ok(told)) => Ok(told),
            Ok(Err(failure)) => Err(unsent(
                NoAnswerKind::NotConnected,
                format!("no log-in: {}", failure.why),
            )),
            Err(_) => Err(unsent(
                NoAnswerKind::NotConnected,
                format!("no log-in: no answer within {limit:?}"),
            )),
        }
    }
}

/// The request itself did not leave.
pub fn unsent(kind: NoAnswerKind, why: String) -> NoAnswer {
    NoAnswer { kind, why }
}

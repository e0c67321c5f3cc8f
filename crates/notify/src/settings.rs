//! Servers and credentials, checked. Reads no file: the configuration hands over what it read.

use lettre::{
    message::Mailbox,
    transport::smtp::client::{Certificate, CertificateStore, TlsParameters},
};
use std::{collections::BTreeMap, fmt, net::IpAddr};
use zeroize::Zeroizing;

/// What this process needs to send anything.
#[derive(Clone, Default)]
pub struct Settings {
    /// The mail server.
    pub smtp: Option<Smtp>,
    /// Secrets that channels name.
    pub credentials: BTreeMap<String, Zeroizing<String>>,
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("smtp", &self.smtp)
            .field("credentials", &self.credentials.keys())
            .finish()
    }
}

/// How the way to a mail server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum SmtpTls {
    /// Begun in the clear, then TLS, or nothing is sent.
    #[default]
    Starttls,
    /// TLS from the first byte.
    Tls,
    /// In the clear: on this machine only.
    None,
}

impl SmtpTls {
    /// The port that goes with it.
    pub fn port(self) -> u16 {
        match self {
            Self::Starttls => 587,
            Self::Tls => 465,
            Self::None => 25,
        }
    }
}

/// A mail server as it is written down.
#[derive(Debug)]
pub struct SmtpOptions<'a> {
    /// Its name or address; the name its certificate must have.
    pub host: &'a str,
    /// Its port; the usual one when none.
    pub port: Option<u16>,
    /// How the way is protected.
    pub tls: SmtpTls,
    /// PEM certificates that may sign for it, and no others.
    pub ca_pem: Option<&'a [u8]>,
    /// User and password.
    pub login: Option<(String, Zeroizing<String>)>,
    /// Who writes: `jarvis@home.example` or `Jarvis <jarvis@home.example>`.
    pub from: &'a str,
}

/// A mail server that can be used.
#[derive(Clone)]
pub struct Smtp {
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) tls: SmtpTls,
    pub(crate) parameters: Option<TlsParameters>,
    pub(crate) login: Option<(String, Zeroizing<String>)>,
    pub(crate) from: Mailbox,
}

/// Why a mail server cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{field}: {problem}; {hint}")]
pub struct InvalidSmtp {
    /// The field: `host`, `tls`, `caFile`, `from`.
    pub field: &'static str,
    /// What is wrong.
    pub problem: String,
    /// What would be right.
    pub hint: String,
}

impl Smtp {
    /// Checks it; opens no connection.
    pub fn new(options: SmtpOptions<'_>) -> Result<Self, InvalidSmtp> {
        let wrong = |field, problem: String, hint: &str| InvalidSmtp {
            field,
            problem,
            hint: hint.to_owned(),
        };
        let host = options.host.trim_matches(['[', ']']).to_owned();
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-');
        let is_name = !host.is_empty() && host.chars().all(name);
        if !is_name && host.parse::<IpAddr>().is_err() {
            let problem = format!("{:?} is no name or address of a server", options.host);
            return Err(wrong(
                "host",
                problem,
                "write it without a port, such as mail.home.example",
            ));
        }
        if options.tls == SmtpTls::None && !is_loopback(&host) {
            let problem = format!("mail to {host} would go over the network in the clear");
            let hint = "write tls: starttls (port 587) or tls: tls (port 465)";
            return Err(wrong("tls", problem, hint));
        }
        let from: Mailbox = options.from.parse().map_err(|_| {
            let problem = format!("{:?} is no address", options.from);
            wrong(
                "from",
                problem,
                "write jarvis@home.example or 'Jarvis <jarvis@home.example>'",
            )
        })?;
        let parameters = (options.tls != SmtpTls::None)
            .then(|| parameters(&host, options.ca_pem))
            .transpose()
            .map_err(|problem| {
                wrong(
                    "caFile",
                    problem,
                    "name a file with the PEM certificate of its authority",
                )
            })?;
        Ok(Self {
            port: options.port.unwrap_or(options.tls.port()),
            tls: options.tls,
            login: options.login,
            host,
            parameters,
            from,
        })
    }

    /// `mail.home.example:587`.
    pub fn address(&self) -> String {
        if self.host.contains(':') {
            format!("[{}]:{}", self.host, self.port)
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }

    /// How the way to it is protected.
    pub fn tls(&self) -> SmtpTls {
        self.tls
    }

    /// The user it is told, if any.
    pub fn user(&self) -> Option<&str> {
        self.login.as_ref().map(|(user, _)| user.as_str())
    }
}

impl fmt::Debug for Smtp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Smtp")
            .field("address", &self.address())
            .field("tls", &self.tls)
            .field("user", &self.user())
            .field("from", &self.from.to_string())
            .finish_non_exhaustive()
    }
}

fn is_loopback(host: &str) -> bool {
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

fn parameters(host: &str, ca_pem: Option<&[u8]>) -> Result<TlsParameters, String> {
    let mut builder = TlsParameters::builder(host.to_owned());
    if let Some(pem) = ca_pem {
        let text = String::from_utf8_lossy(pem);
        if !text.contains("-----BEGIN CERTIFICATE-----") {
            return Err("no certificate in it".to_owned());
        }
        let authority = Certificate::from_pem(pem).map_err(|error| error.to_string())?;
        builder = builder
            .certificate_store(CertificateStore::None)
            .add_root_certificate(authority);
    }
    builder.build().map_err(|error| error.to_string())
}

//! The certificate an entry point shows, looked at before anybody has to trust it: for the wizard and the doctor.
//! Sends no credential and asks nothing of the cluster.

use crate::{
    fingerprint::Fingerprint,
    options::EntryPoint,
    tls::{InvalidTls, Tls, problem_in},
};
use jarvis_model::Timestamp;
use reqwest::Url;
use rustls_pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use std::{error::Error as StdError, sync::Arc, time::Duration};
use tokio::{net::TcpStream, time::timeout};
use tokio_rustls::TlsConnector;
use x509_parser::{
    certificate::X509Certificate, extensions::GeneralName, prelude::FromDer as _, x509::X509Name,
};

/// Longest wait for a connection, and for its handshake.
const WITHIN: Duration = Duration::from_secs(6);

/// A certificate as it is shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// SHA-256 of the leaf.
    pub fingerprint: Fingerprint,
    /// From when it is valid.
    pub not_before: Timestamp,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Whom it is for.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// Names and addresses it is for.
    pub names: Vec<String>,
}

/// Why no certificate was seen.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("cannot reach {url}: {why}")]
pub struct NotReached {
    /// Where.
    pub url: String,
    /// Reason.
    pub why: String,
}

/// Connects and looks at the certificate, whoever signed it. None over plain http.
pub async fn shown(point: &EntryPoint) -> Result<Option<Shown>, NotReached> {
    let failed = |why: String| NotReached {
        url: point.url().to_owned(),
        why,
    };
    let url = Url::parse(point.url()).map_err(|error| failed(error.to_string()))?;
    if url.scheme() != "https" {
        return Ok(None);
    }
    let host = url.host_str().unwrap_or_default();
    let bare = host.trim_matches(['[', ']']).to_owned();
    let name = ServerName::try_from(bare).map_err(|error| failed(error.to_string()))?;
    let config = Tls::Insecure
        .client_config()
        .map_err(|error| failed(error.to_string()))?
        .ok_or_else(|| failed("TLS cannot be set up".to_owned()))?;
    let late = || failed(format!("no answer within {} s", WITHIN.as_secs()));
    let connected = timeout(WITHIN, TcpStream::connect(point.address())).await;
    let stream = connected
        .map_err(|_| late())?
        .map_err(|error| failed(error.to_string()))?;
    let shaken = timeout(WITHIN, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    let stream = shaken
        .map_err(|_| late())?
        .map_err(|error| failed(format!("no TLS there: {error}")))?;
    let certificates = stream.get_ref().1.peer_certificates().unwrap_or_default();
    let leaf = certificates
        .first()
        .ok_or_else(|| failed("it shows no certificate".to_owned()))?;
    Shown::of(leaf).map(Some).map_err(failed)
}

/// Whether an entry point is trusted in this way; why not, in words for people. No credential is sent.
pub async fn trusted(point: &EntryPoint, tls: &Tls) -> Result<(), NotReached> {
    let failed = |why: String| NotReached {
        url: point.url().to_owned(),
        why,
    };
    let mut builder = reqwest::Client::builder()
        .http1_only()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .connect_timeout(WITHIN)
        .timeout(WITHIN * 2);
    let config = tls.client_config();
    if let Some(config) = config.map_err(|error| failed(error.to_string()))? {
        builder = builder.tls_backend_preconfigured(config);
    }
    let client = builder.build().map_err(|error| failed(error.to_string()))?;
    let Err(error) = client.get(point.url()).send().await else {
        return Ok(());
    };
    let all = std::iter::successors(error.source(), |error: &&(dyn StdError + 'static)| {
        (*error).source()
    });
    let why = all
        .clone()
        .find_map(problem_in)
        .or_else(|| all.last().map(ToString::to_string))
        .unwrap_or_else(|| error.to_string());
    Err(failed(why))
}

impl Shown {
    /// Reads DER.
    pub fn of(der: &[u8]) -> Result<Self, String> {
        let (_, leaf) = X509Certificate::from_der(der)
            .map_err(|error| format!("its certificate cannot be understood: {error}"))?;
        let at = |secs: i64| Timestamp::from_secs(u64::try_from(secs).unwrap_or(0));
        let names = match leaf.subject_alternative_name() {
            Ok(Some(names)) => names.value.general_names.iter().filter_map(plain).collect(),
            _ => Vec::new(),
        };
        Ok(Self {
            fingerprint: Fingerprint::of(der),
            not_before: at(leaf.validity().not_before.timestamp()),
            not_after: at(leaf.validity().not_after.timestamp()),
            subject: words(leaf.subject()),
            issuer: words(leaf.issuer()),
            names,
        })
    }

    /// The first certificate of a PEM text.
    pub fn of_pem(pem: &[u8]) -> Result<Self, InvalidTls> {
        let wrong = |why: String| InvalidTls::NoCertificate {
            from: "this text".to_owned(),
            why,
        };
        let der = CertificateDer::from_pem_slice(pem).map_err(|error| wrong(error.to_string()))?;
        Self::of(&der).map_err(wrong)
    }
}

fn words(name: &X509Name) -> String {
    let common = name.iter_common_name().next().and_then(|part| part.as_str().ok());
    let text = common.map_or_else(|| name.to_string(), str::to_owned);
    text.chars().filter(|c| !c.is_control()).take(200).collect()
}

fn plain(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => match bytes.len() {
            4 => Some(std::net::IpAddr::from(<[u8; 4]>::try_from(*bytes).ok()?).to_string()),
            16 => Some(std::net::IpAddr::from(<[u8; 16]>::try_from(*bytes).ok()?).to_string()),
            _ => None,
        },
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_certificate_tells_whom_it_is_for_and_how_long() {
        let made = rcgen::generate_simple_self_signed(vec!["atlas.home".to_owned(), "10.0.0.11".to_owned()])
            .unwrap();
        let shown = Shown::of_pem(made.cert.pem().as_bytes()).unwrap();
        assert_eq!(shown, Shown::of(made.cert.der()).unwrap());
        assert_eq!(shown.names, ["atlas.home", "10.0.0.11"]);
        assert_eq!(shown.fingerprint, Fingerprint::of(made.cert.der()));
        assert!(shown.not_after > shown.not_before);
        assert!(Shown::of(b"nonsense").is_err());
    }

    #[tokio::test]
    async fn plain_http_shows_none_and_a_closed_port_says_so() {
        let plain = EntryPoint::new(None, "http://127.0.0.1:1").unwrap();
        assert_eq!(shown(&plain).await, Ok(None));
        let closed = EntryPoint::new(None, "https://127.0.0.1:1").unwrap();
        let error = shown(&closed).await.unwrap_err().to_string();
        assert!(error.starts_with("cannot reach https://127.0.0.1:1: "), "{error}");
        let error = trusted(&closed, &Tls::Insecure).await.unwrap_err().to_string();
        assert!(error.contains("refused"), "{error}");
    }
}

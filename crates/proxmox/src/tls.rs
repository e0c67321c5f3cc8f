//! How the certificate of an entry point is trusted: by the cluster's own CA, by pinned fingerprints, by public roots,
//! or not at all when the configuration says so. Knows nothing of HTTP.
//!
//! Guarantee: whatever the way of trust, the handshake's signature is checked, so the peer holds the certificate's key.

use crate::fingerprint::Fingerprint;
use rustls::{
    CertificateError, ClientConfig, DigitallySignedStruct, OtherError, RootCertStore, SignatureScheme,
    client::{
        Resumption, WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, aws_lc_rs, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime, pem::PemObject as _};
use std::{
    error::Error as StdError,
    fmt, io,
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

/// How entry points prove who they are.
#[derive(Clone)]
pub enum Tls {
    /// Only certificates signed by this CA (`/etc/pve/pve-root-ca.pem`), valid for the name or address in the URL.
    ClusterCa(ClusterCa),
    /// Only these leaf certificates; several, so that a renewal can overlap.
    Pinned(Vec<Fingerprint>),
    /// The roots of the operating system, for nodes with a certificate of a public CA.
    WebRoots,
    /// Any certificate. Only where the configuration says so; [`crate::Proxmox::warnings`] tells of it.
    Insecure,
}

/// A cluster's CA, read and checked.
#[derive(Clone)]
pub struct ClusterCa {
    roots: Arc<RootCertStore>,
    from: String,
}

/// Why a TLS setting cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidTls {
    /// The CA file cannot be read.
    #[error("`ca_file` {from}: cannot be read: {why}; copy /etc/pve/pve-root-ca.pem from any node to there")]
    Unreadable {
        /// Path.
        from: String,
        /// Reason.
        why: String,
    },
    /// The CA file holds no usable certificate.
    #[error("`ca_file` {from}: {why}; it should be a copy of /etc/pve/pve-root-ca.pem of any node")]
    NoCertificate {
        /// Path.
        from: String,
        /// Reason.
        why: String,
    },
    /// No pins.
    #[error("`fingerprints`: the list is empty; give at least one, or use `ca_file`")]
    NoPins,
    /// The library refuses the setting.
    #[error("`tls`: {0}")]
    Library(String),
}

/// Why a certificate was not accepted. Both fingerprints are named, and what to do.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CertificateProblem {
    /// Not signed by whom we trust, or none of the pinned ones, and never seen here before.
    #[error("unknown certificate {seen}: {why}; expected {expected}. {remedy}")]
    Unknown {
        /// What the peer showed.
        seen: Fingerprint,
        /// What would have been accepted.
        expected: String,
        /// What is wrong.
        why: String,
        /// What to do.
        remedy: String,
    },
    /// Another one than before, or than the only one pinned.
    #[error(
        "changed certificate: expected {expected}, seen {seen}; it was renewed, or somebody is in between. Compare it \
         with the one on the node (`pvenode cert info`); if it is right, add {seen} to `fingerprints` beside the old one"
    )]
    Changed {
        /// What the peer showed.
        seen: Fingerprint,
        /// What was accepted before or is pinned.
        expected: String,
    },
}

impl ClusterCa {
    /// Reads PEM text; `from` names its source in errors.
    pub fn from_pem(pem: &[u8], from: &str) -> Result<Self, InvalidTls> {
        let wrong = |why: String| InvalidTls::NoCertificate {
            from: from.to_owned(),
            why,
        };
        let mut roots = RootCertStore::empty();
        for certificate in CertificateDer::pem_slice_iter(pem) {
            let certificate =
                certificate.map_err(|error| wrong(format!("a PEM block is broken: {error}")))?;
            roots
                .add(certificate)
                .map_err(|error| wrong(format!("a certificate is unusable: {error}")))?;
        }
        if roots.is_empty() {
            return Err(wrong("no certificate in it".to_owned()));
        }
        Ok(Self {
            roots: Arc::new(roots),
            from: from.to_owned(),
        })
    }

    /// Reads a PEM file.
    pub fn from_file(path: &Path) -> Result<Self, InvalidTls> {
        let from = path.display().to_string();
        let pem = std::fs::read(path).map_err(|error| InvalidTls::Unreadable {
            from: from.clone(),
            why: error.to_string(),
        })?;
        Self::from_pem(&pem, &from)
    }
}

impl Tls {
    /// Pins by text.
    pub fn pinned<'a>(texts: impl IntoIterator<Item = &'a str>) -> Result<Self, crate::OptionsError> {
        let pins = texts
            .into_iter()
            .map(str::parse)
            .collect::<Result<Vec<Fingerprint>, _>>()?;
        if pins.is_empty() {
            Err(InvalidTls::NoPins.into())
        } else {
            Ok(Self::Pinned(pins))
        }
    }

    /// The rustls setting for one entry point; None means the HTTP library's own (operating system's roots).
    pub fn client_config(&self) -> Result<Option<ClientConfig>, InvalidTls> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let trust = match self {
            Self::WebRoots => return Ok(None),
            Self::Insecure => Trust::Anyone,
            Self::Pinned(pins) if pins.is_empty() => return Err(InvalidTls::NoPins),
            Self::Pinned(pins) => Trust::Pins(pins.clone()),
            Self::ClusterCa(ca) => {
                let roots = Arc::clone(&ca.roots);
                let webpki = WebPkiServerVerifier::builder_with_provider(roots, Arc::clone(&provider))
                    .build()
                    .map_err(|error| InvalidTls::Library(error.to_string()))?;
                Trust::Ca {
                    webpki,
                    from: ca.from.clone(),
                }
            }
        };
        let verifier = Verifier {
            trust,
            provider: Arc::clone(&provider),
            accepted: Mutex::new(None),
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(|error| InvalidTls::Library(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(Arc::new(verifier))
            .with_no_client_auth();
        // A resumed session would not look at the certificate again.
        config.resumption = Resumption::disabled();
        Ok(Some(config))
    }
}

enum Trust {
    Anyone,
    Pins(Vec<Fingerprint>),
    Ca {
        webpki: Arc<WebPkiServerVerifier>,
        from: String,
    },
}

/// One per entry point, so that "seen before" is about that entry point.
struct Verifier {
    trust: Trust,
    provider: Arc<CryptoProvider>,
    accepted: Mutex<Option<Fingerprint>>,
}

impl Verifier {
    fn remember(&self, seen: Fingerprint) -> ServerCertVerified {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner) = Some(seen);
        ServerCertVerified::assertion()
    }

    fn before(&self) -> Option<Fingerprint> {
        *self.accepted.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn not_pinned(&self, seen: Fingerprint, pins: &[Fingerprint]) -> CertificateProblem {
        let texts: Vec<String> = pins.iter().map(Fingerprint::to_string).collect();
        match (self.before(), pins) {
            (Some(before), _) => CertificateProblem::Changed {
                seen,
                expected: before.to_string(),
            },
            (None, [only]) => CertificateProblem::Changed {
                seen,
                expected: only.to_string(),
            },
            (None, _) => CertificateProblem::Unknown {
                seen,
                expected: format!("one of {}", texts.join(", ")),
                why: "it is none of the pinned ones".to_owned(),
                remedy: format!(
                    "Compare it with the one on the node (`pvenode cert info`); if it is right, add {seen} to `fingerprints`"
                ),
            },
        }
    }

    fn not_signed(&self, seen: Fingerprint, from: &str, error: &rustls::Error) -> CertificateProblem {
        let why = match error {
            rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer | CertificateError::BadSignature,
            ) => "the CA did not sign it".to_owned(),
            other => other.to_string(),
        };
        let remedy = match self.before() {
            Some(before) => format!(
                "Before it was {before}: the node's certificate was replaced (a custom one needs `tls: web` or \
                 `fingerprints`), or somebody is in between"
            ),
            None => "Check that `ca_file` is this cluster's /etc/pve/pve-root-ca.pem and that the URL uses a name or \
                     address of the certificate; or pin the fingerprint with `fingerprints`"
                .to_owned(),
        };
        CertificateProblem::Unknown {
            seen,
            expected: format!("one signed by the CA in {from}"),
            why,
            remedy,
        }
    }
}

/// What is wrong with TLS, if that is what this error is about: our own verifier's words, which sit inside one or more
/// I/O errors, else the library's.
pub fn problem_in(error: &(dyn StdError + 'static)) -> Option<String> {
    let mut error = error;
    while let Some(inner) = error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
        error = inner;
    }
    let problem = error.downcast_ref::<rustls::Error>()?;
    let rustls::Error::InvalidCertificate(CertificateError::Other(other)) = problem else {
        return Some(problem.to_string());
    };
    Some(
        other
            .0
            .downcast_ref::<CertificateProblem>()
            .map_or_else(|| other.0.to_string(), ToString::to_string),
    )
}

fn refuse(problem: CertificateProblem) -> rustls::Error {
    rustls::Error::InvalidCertificate(CertificateError::Other(OtherError(Arc::new(problem))))
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        leaf: &CertificateDer<'_>,
        chain: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        let seen = Fingerprint::of(leaf);
        match &self.trust {
            Trust::Anyone => Ok(ServerCertVerified::assertion()),
            Trust::Pins(pins) if pins.contains(&seen) => Ok(self.remember(seen)),
            Trust::Pins(pins) => Err(refuse(self.not_pinned(seen, pins))),
            Trust::Ca { webpki, from } => match webpki.verify_server_cert(leaf, chain, name, ocsp, now) {
                Ok(_) => Ok(self.remember(seen)),
                Err(error) => Err(refuse(self.not_signed(seen, from, &error))),
            },
        }
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(
            message,
            leaf,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(
            message,
            leaf,
            signed,
            &self.provider.signature_verification_algorithms,
        )
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider
            .signature_verification_algorithms
            .supported_schemes()
    }
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let trust = match &self.trust {
            Trust::Anyone => "anyone",
            Trust::Pins(_) => "pins",
            Trust::Ca { .. } => "cluster CA",
        };
        f.debug_struct("Verifier")
            .field("trust", &trust)
            .field("accepted", &self.before())
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Tls {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::ClusterCa(ca) => write!(f, "ClusterCa({}, {} certificates)", ca.from, ca.roots.len()),
            Self::Pinned(pins) => f.debug_tuple("Pinned").field(pins).finish(),
            Self::WebRoots => f.write_str("WebRoots"),
            Self::Insecure => f.write_str("Insecure"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ca_file_must_hold_a_certificate() {
        for (pem, why) in [
            (&b""[..], "no certificate in it"),
            (
                b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n",
                "no certificate in it",
            ),
            (
                b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
                "unusable",
            ),
            (b"-----BEGIN CERTIFICATE-----\nAAAA\n", "broken"),
        ] {
            let Err(error) = ClusterCa::from_pem(pem, "/etc/jarvis/ca.pem") else {
                panic!("must be refused: {why}")
            };
            let text = error.to_string();
            assert!(
                text.starts_with("`ca_file` /etc/jarvis/ca.pem: ") && text.contains(why),
                "{text}"
            );
        }
        let Err(error) = ClusterCa::from_file(Path::new("/nowhere/ca.pem")) else {
            panic!("cannot be read")
        };
        assert!(error.to_string().contains("cannot be read"), "{error}");
    }

    #[test]
    fn an_empty_list_of_pins_is_refused() {
        assert!(Tls::pinned([]).is_err());
        assert!(Tls::Pinned(Vec::new()).client_config().is_err());
        assert!(Tls::pinned(["nonsense"]).is_err());
    }
}

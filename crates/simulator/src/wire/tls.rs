//! Certificates: a cluster authority and one certificate a node, made anew at each start.

use std::collections::BTreeMap;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, KeyUsagePurpose};
use rustls_pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};

use super::StartError;
use crate::json::Json;

/// Seconds in two years, the lifetime that node certificates are said to have.
const LIFETIME_SECS: u64 = 730 * 86_400;

struct NodeCertificate {
    der: CertificateDer<'static>,
    key_der: Vec<u8>,
    pem: String,
    fingerprint: String,
    names: Vec<String>,
}

/// What is the same for all nodes: the authority and everybody's certificate.
pub struct Site {
    ca_pem: String,
    ca_fingerprint: String,
    nodes: BTreeMap<String, NodeCertificate>,
}

impl Site {
    /// Makes an authority and a certificate for every node (name, address).
    pub fn make<'a>(nodes: impl Iterator<Item = (&'a str, &'a str)>) -> Result<Self, StartError> {
        let failed = |error: rcgen::Error| StartError::Certificate(error.to_string());
        let ca_key = KeyPair::generate().map_err(failed)?;
        let mut params = CertificateParams::new(Vec::new()).map_err(failed)?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        params
            .distinguished_name
            .push(DnType::CommonName, "Proxmox Virtual Environment");
        params
            .distinguished_name
            .push(DnType::OrganizationName, "PVE Cluster Manager CA");
        let ca = params.self_signed(&ca_key).map_err(failed)?;
        let (ca_pem, ca_fingerprint) = (ca.pem(), fingerprint(ca.der()));
        let issuer = Issuer::new(params, ca_key);
        let mut made = BTreeMap::new();
        for (name, ip) in nodes {
            let names: Vec<String> = ["127.0.0.1", "::1", "localhost", ip, name]
                .iter()
                .map(|name| (*name).to_owned())
                .collect();
            let key = KeyPair::generate().map_err(failed)?;
            let mut params = CertificateParams::new(names.clone()).map_err(failed)?;
            params.distinguished_name.push(DnType::CommonName, name);
            params
                .distinguished_name
                .push(DnType::OrganizationalUnitName, "PVE Cluster Node");
            let certificate = params.signed_by(&key, &issuer).map_err(failed)?;
            let der = certificate.der().clone();
            let made_one = NodeCertificate {
                fingerprint: fingerprint(&der),
                pem: certificate.pem(),
                key_der: key.serialize_der(),
                der,
                names,
            };
            made.insert(name.to_owned(), made_one);
        }
        Ok(Self {
            ca_pem,
            ca_fingerprint,
            nodes: made,
        })
    }

    /// The authority's certificate.
    pub fn ca_pem(&self) -> &str {
        &self.ca_pem
    }

    /// SHA-256 of a node's certificate, `AA:BB:...`.
    pub fn fingerprint(&self, node: &str) -> Option<&str> {
        self.nodes
            .get(node)
            .map(|certificate| certificate.fingerprint.as_str())
    }

    /// How a node's listener speaks TLS: no ALPN, so HTTP/1.1 only.
    pub(super) fn server_config(&self, node: &str) -> Result<Arc<rustls::ServerConfig>, StartError> {
        let failed = |error: rustls::Error| StartError::Certificate(error.to_string());
        let certificate = self
            .nodes
            .get(node)
            .ok_or_else(|| StartError::Certificate(format!("there is none for node '{node}'")))?;
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(certificate.key_der.clone()));
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(failed)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der.clone()], key)
            .map_err(failed)?;
        Ok(Arc::new(config))
    }

    /// The rows of `/nodes/{node}/certificates/info`.
    pub fn certificate_rows(&self, node: &str, made_at_secs: u64) -> Json {
        let issuer = "/CN=Proxmox Virtual Environment/O=PVE Cluster Manager CA";
        let row = |file: &'static str, subject: String, fingerprint: &str, pem: &str, names: &[String]| {
            Json::object()
                .with("filename", file)
                .with("subject", subject)
                .with("issuer", issuer)
                .with("notbefore", made_at_secs)
                .with("notafter", made_at_secs + LIFETIME_SECS)
                .with("fingerprint", fingerprint.to_owned())
                .with("pem", pem.to_owned())
                .with("public-key-type", "id-ecPublicKey")
                .with("public-key-bits", 256)
                .with("san", names.iter().map(Json::from).collect::<Vec<_>>())
        };
        let mut rows = vec![row(
            "pve-root-ca.pem",
            issuer.to_owned(),
            &self.ca_fingerprint,
            &self.ca_pem,
            &[],
        )];
        if let Some(own) = self.nodes.get(node) {
            let subject = format!("/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN={node}");
            rows.push(row(
                "pve-ssl.pem",
                subject,
                &own.fingerprint,
                &own.pem,
                &own.names,
            ));
        }
        Json::List(rows)
    }
}

fn fingerprint(der: &CertificateDer<'_>) -> String {
    let digest = Sha256::digest(der.as_ref());
    digest
        .iter()
        .map(|byte| format!("{byte:02X}"))
        .collect::<Vec<_>>()
        .join(":")
}

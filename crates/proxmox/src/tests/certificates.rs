//! Trust in certificates, with real handshakes.

use super::{
    node, options,
    server::{Reply, Server},
};
use crate::{ClusterCa, EntryPoint, Fingerprint, Proxmox, Tls, tls::problem_in};
use jarvis_ports::{Hypervisor, LookError};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls_pki_types::{CertificateDer, PrivateKeyDer};
use std::sync::Arc;

struct Ca(CertifiedIssuer<'static, KeyPair>);

struct Leaf {
    der: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

impl Ca {
    fn new() -> Self {
        let mut params = CertificateParams::default();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        Self(CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap())
    }

    fn pem(&self) -> ClusterCa {
        ClusterCa::from_pem(self.0.pem().as_bytes(), "pve-root-ca.pem").unwrap()
    }

    fn leaf(&self, name: &str) -> Leaf {
        let key = KeyPair::generate().unwrap();
        let certificate = CertificateParams::new(vec![name.to_owned()])
            .unwrap()
            .signed_by(&key, &self.0)
            .unwrap();
        let der = certificate.der().clone();
        Leaf {
            der,
            key: PrivateKeyDer::try_from(key.serialize_der()).unwrap(),
        }
    }
}

impl Leaf {
    fn print(&self) -> Fingerprint {
        Fingerprint::of(&self.der)
    }

    async fn serve(&self) -> Server {
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(vec![self.der.clone()], self.key.clone_key())
            .unwrap();
        Server::start_tls(config, |_| Reply::data(r#"{"uptime":7}"#)).await
    }
}

fn client(port: u16, tls: Tls) -> Proxmox {
    let point = EntryPoint::new(Some("atlas"), &format!("https://127.0.0.1:{port}")).unwrap();
    let mut options = options(vec![point]);
    options.tls = tls;
    Proxmox::new(options).unwrap()
}

async fn look(client: &Proxmox) -> Result<u64, String> {
    match client.look_node(&node("atlas")).await {
        Ok(uptime) => Ok(uptime),
        Err(LookError::Unreachable { why, .. }) => Err(why),
        Err(other) => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_cluster_ca_is_trusted_and_nobody_else() {
    let (ca, stranger) = (Ca::new(), Ca::new());
    let leaf = ca.leaf("127.0.0.1");
    let server = leaf.serve().await;
    let trusting = client(server.port, Tls::ClusterCa(ca.pem()));
    assert_eq!(look(&trusting).await.unwrap(), 7);
    assert!(trusting.warnings().is_empty());

    let why = look(&client(server.port, Tls::ClusterCa(stranger.pem())))
        .await
        .unwrap_err();
    for word in [
        "unknown certificate",
        &leaf.print().to_string(),
        "did not sign it",
        "pve-root-ca.pem",
        "`ca_file`",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
    let why = look(&client(server.port, Tls::WebRoots)).await.unwrap_err();
    assert!(why.to_lowercase().contains("certificate"), "{why}");
    assert_eq!(server.count(), 1, "nothing is sent to a stranger");
}

#[tokio::test]
async fn a_certificate_for_another_name_is_not_accepted() {
    let ca = Ca::new();
    let server = ca.leaf("atlas.home").serve().await;
    let why = look(&client(server.port, Tls::ClusterCa(ca.pem())))
        .await
        .unwrap_err();
    assert!(why.contains("not valid for name") && why.contains("URL"), "{why}");
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn pins_accept_their_certificates_whatever_the_name_and_nothing_else() {
    let ca = Ca::new();
    let (old, new) = (ca.leaf("other.name"), ca.leaf("other.name"));
    let server = old.serve().await;
    let both = Tls::pinned([old.print().to_string().as_str(), new.print().to_string().as_str()]).unwrap();
    assert_eq!(look(&client(server.port, both.clone())).await.unwrap(), 7);
    assert_eq!(
        look(&client(new.serve().await.port, both)).await.unwrap(),
        7,
        "overlap"
    );

    let why = look(&client(server.port, Tls::Pinned(vec![new.print()])))
        .await
        .unwrap_err();
    for word in [
        "changed certificate",
        &old.print().to_string(),
        &new.print().to_string(),
        "`fingerprints`",
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
    let (a, b) = (ca.leaf("x").print(), ca.leaf("y").print());
    let why = look(&client(server.port, Tls::Pinned(vec![a, b])))
        .await
        .unwrap_err();
    for word in [
        "unknown certificate",
        &old.print().to_string(),
        &a.to_string(),
        &b.to_string(),
    ] {
        assert!(why.contains(word), "{word}: {why}");
    }
    assert_eq!(server.count(), 1);
}

#[tokio::test]
async fn a_pinned_certificate_without_its_key_is_not_accepted() {
    let ca = Ca::new();
    let (real, thief) = (ca.leaf("127.0.0.1"), ca.leaf("127.0.0.1"));
    let forged = Leaf {
        der: real.der.clone(),
        key: thief.key.clone_key(),
    };
    let provider = rustls::crypto::aws_lc_rs::default_provider();
    let signing = provider
        .key_provider
        .load_private_key(forged.key.clone_key())
        .unwrap();
    let certified = rustls::sign::CertifiedKey::new(vec![forged.der.clone()], signing);
    let config = rustls::ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(rustls::sign::SingleCertAndKey::from(certified)));
    let server = Server::start_tls(config, |_| Reply::data(r#"{"uptime":7}"#)).await;
    for tls in [
        Tls::Pinned(vec![real.print()]),
        Tls::ClusterCa(ca.pem()),
        Tls::Insecure,
    ] {
        let why = look(&client(server.port, tls)).await.unwrap_err();
        assert!(why.contains("signature") || why.contains("Signature"), "{why}");
    }
    assert_eq!(server.count(), 0);
}

#[tokio::test]
async fn insecure_accepts_anything_and_says_so() {
    let server = Ca::new().leaf("anything").serve().await;
    let client = client(server.port, Tls::Insecure);
    assert_eq!(look(&client).await.unwrap(), 7);
    let warnings = client.warnings();
    assert!(
        warnings.len() == 1 && warnings[0].contains("not checked"),
        "{warnings:?}"
    );
}

#[tokio::test]
async fn a_certificate_that_changes_under_way_is_told_from_an_unknown_one() {
    let ca = Ca::new();
    let (old, new, other) = (ca.leaf("n"), ca.leaf("n"), ca.leaf("n"));
    let tls = Tls::Pinned(vec![old.print(), other.print()]);
    let rustls_config = tls.client_config().unwrap().unwrap();
    let connector = tokio_rustls::TlsConnector::from(Arc::new(rustls_config));
    let connect = async |server: &Server| {
        let stream = tokio::net::TcpStream::connect(("127.0.0.1", server.port))
            .await
            .unwrap();
        let name = rustls_pki_types::ServerName::try_from("127.0.0.1").unwrap();
        connector
            .connect(name, stream)
            .await
            .map(|_| ())
            .map_err(|error| problem_in(&error).unwrap())
    };
    let (before, after) = (old.serve().await, new.serve().await);
    assert!(connect(&after).await.unwrap_err().contains("unknown certificate"));
    connect(&before).await.unwrap();
    let why = connect(&after).await.unwrap_err();
    assert!(
        why.contains("changed certificate") && why.contains(&old.print().to_string()),
        "{why}"
    );
}

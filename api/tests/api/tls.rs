//! The listener over TLS: the certificate that is told is the one that is served, both HTTP versions and sockets work,
//! and slow peers are let go.

use crate::support::{HandClock, puppet::Puppet, soon};
use jarvis_api::{
    ApiOptions, ApiState, Certificate, CertificateSource, Serving, SigningKey, listen::Patience,
};
use jarvis_ports::SystemClock;
use rustls_pki_types::{CertificateDer, pem::PemObject as _};
use std::{sync::Arc, time::Duration};
use tempfile::TempDir;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
    task::JoinHandle,
};
use tokio_rustls::client::TlsStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_util::sync::CancellationToken;

const HASTE: Patience = Patience {
    handshake: Duration::from_millis(1500),
    head: Duration::from_millis(1500),
};

struct Served {
    address: std::net::SocketAddr,
    certificate: Option<Certificate>,
    pem: String,
    cancel: CancellationToken,
    task: JoinHandle<std::io::Result<()>>,
    _folder: TempDir,
    _puppet: Puppet,
}

async fn served(with_tls: bool, patience: Patience) -> Served {
    let folder = tempfile::tempdir().unwrap();
    let source = CertificateSource::Generated {
        folder: folder.path().to_owned(),
        names: ["127.0.0.1", "localhost"].map(str::to_owned).into(),
    };
    let certificate = with_tls.then(|| Certificate::open(source, Arc::new(SystemClock)).unwrap());
    let clock = HandClock::at_start();
    let puppet = Puppet::start(clock.clone());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let mut options = ApiOptions::new(address, SigningKey::new(vec![42; 32]).unwrap());
    if with_tls {
        options = options.with_tls(["127.0.0.1", "localhost"]);
    }
    let state = ApiState::new(puppet.handle.clone(), options, clock);
    let cancel = CancellationToken::new();
    let serving = Serving {
        certificate: certificate.clone(),
        patience,
    };
    let task = tokio::spawn(jarvis_api::serve_as(listener, state, serving, cancel.clone()));
    let pem = std::fs::read_to_string(jarvis_api::tls::certificate_file(folder.path())).unwrap_or_default();
    Served {
        address,
        certificate,
        pem,
        cancel,
        task,
        _folder: folder,
        _puppet: puppet,
    }
}

fn client(pem: &str) -> reqwest::ClientBuilder {
    reqwest::Client::builder()
        .no_proxy()
        .tls_info(true)
        .tls_certs_only([reqwest::Certificate::from_pem(pem.as_bytes()).unwrap()])
}

/// A connection after its handshake.
async fn shaken(served: &Served, protocols: &[&[u8]]) -> TlsStream<TcpStream> {
    let connector = tokio_rustls::TlsConnector::from(Arc::new(tls_client(&served.pem, protocols)));
    let stream = TcpStream::connect(served.address).await.unwrap();
    connector
        .connect("localhost".try_into().unwrap(), stream)
        .await
        .unwrap()
}

fn tls_client(pem: &str, protocols: &[&[u8]]) -> rustls::ClientConfig {
    let mut roots = rustls::RootCertStore::empty();
    roots
        .add(CertificateDer::from_pem_slice(pem.as_bytes()).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let mut config = rustls::ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    config.alpn_protocols = protocols.iter().map(|name| name.to_vec()).collect();
    config
}

#[tokio::test]
async fn the_certificate_told_is_the_one_served_over_both_versions_of_http() {
    let served = served(true, Patience::default()).await;
    let url = format!("https://{}/", served.address);
    for (client, version) in [
        (client(&served.pem), http::Version::HTTP_2),
        (client(&served.pem).http1_only(), http::Version::HTTP_11),
    ] {
        let answer = client.build().unwrap().get(&url).send().await.unwrap();
        assert_eq!((answer.version(), answer.status().as_u16()), (version, 200));
        assert_eq!(answer.headers()["strict-transport-security"], "max-age=31536000");
        let info = answer.extensions().get::<reqwest::tls::TlsInfo>().unwrap();
        let shown = jarvis_api::tls::fingerprint(info.peer_certificate().unwrap());
        assert_eq!(shown, served.certificate.as_ref().unwrap().about().fingerprint);
    }
    let old = client(&served.pem).tls_version_max(reqwest::tls::Version::TLS_1_2);
    assert_eq!(old.build().unwrap().get(&url).send().await.unwrap().status(), 200);
    let plain = reqwest::get(format!("http://{}/", served.address)).await;
    assert!(plain.is_err(), "nothing is answered in the clear");
    served.cancel.cancel();
    soon("the end", served.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn a_socket_works_over_tls_and_is_closed_at_the_end() {
    let served = served(true, Patience::default()).await;
    let mut request = format!("wss://{}/graphql", served.address)
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    headers.insert("origin", format!("https://{}", served.address).parse().unwrap());
    let stream = shaken(&served, &[]).await;
    let (mut socket, answer) = tokio_tungstenite::client_async(request, stream).await.unwrap();
    assert_eq!(answer.status(), 101);
    served.cancel.cancel();
    let last = soon("the close", futures::StreamExt::next(&mut socket)).await;
    assert!(last.unwrap().unwrap().is_close());
    soon("the end", served.task).await.unwrap().unwrap();
}

#[tokio::test]
async fn slow_peers_are_let_go() {
    for (with_tls, said) in [
        (true, ""),
        (true, "\u{16}"),
        (false, ""),
        (false, "GET / HTTP/1.1\r\nhost: loc"),
    ] {
        let served = served(with_tls, HASTE).await;
        let mut stream = TcpStream::connect(served.address).await.unwrap();
        stream.write_all(said.as_bytes()).await.unwrap();
        let mut answer = Vec::new();
        let end = soon("the end of a slow connection", stream.read_to_end(&mut answer)).await;
        assert!(
            end.is_err() || !answer.starts_with(b"HTTP/1.1 200"),
            "{said:?}: {answer:?}"
        );
        served.cancel.cancel();
        soon("the end", served.task).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_tls_peer_that_asks_nothing_is_let_go() {
    let served = served(true, HASTE).await;
    let mut stream = shaken(&served, &[b"h2"]).await;
    assert_eq!(stream.get_ref().1.alpn_protocol(), Some(&b"h2"[..]));
    let mut answer = Vec::new();
    let _ = soon("the end of a silent connection", stream.read_to_end(&mut answer)).await;
}

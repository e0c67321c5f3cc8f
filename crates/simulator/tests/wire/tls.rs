//! HTTPS: the cluster's authority, fingerprints, and plain HTTP on the TLS port.

use jarvis_simulator::{Options, Tls};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::common::{Lab, options};

async fn lab() -> Lab {
    Lab::with(Options {
        tls: Tls::Generated,
        ..options()
    })
    .await
}

#[tokio::test]
async fn a_client_that_trusts_the_cluster_authority_connects_by_address() {
    let lab = lab().await;
    let authority = reqwest::Certificate::from_pem(lab.simulator.ca_pem().as_bytes()).unwrap();
    let client = reqwest::Client::builder()
        .tls_certs_only([authority])
        .build()
        .unwrap();
    for (node, url) in lab.simulator.endpoints() {
        assert!(url.starts_with("https://127.0.0.1:"), "{node} {url}");
        let response = client
            .get(format!("{url}/api2/json/version"))
            .header("Authorization", lab.simulator.tokens().read.authorization())
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 200);
        assert_eq!(response.version(), reqwest::Version::HTTP_11);
    }
    let stranger = reqwest::Client::builder().build().unwrap();
    assert!(
        stranger
            .get(lab.simulator.url("atlas").unwrap())
            .send()
            .await
            .is_err()
    );
}

#[tokio::test]
async fn fingerprints_are_those_of_the_nodes() {
    let lab = lab().await;
    let prints: Vec<&str> = ["atlas", "agent1", "home", "forge"]
        .iter()
        .map(|node| lab.simulator.fingerprint(node).unwrap())
        .collect();
    assert!(
        prints
            .iter()
            .all(|print| print.len() == 95 && print.matches(':').count() == 31)
    );
    assert_ne!(prints[0], prints[1]);
}

#[tokio::test]
async fn plain_http_is_sent_to_https() {
    let lab = lab().await;
    let address = lab
        .simulator
        .url("atlas")
        .unwrap()
        .trim_start_matches("https://")
        .to_owned();
    for (method, status) in [
        ("GET", "301 Moved Permanently"),
        ("POST", "308 Permanent Redirect"),
    ] {
        let mut stream = TcpStream::connect(&address).await.unwrap();
        let request =
            format!("{method} /api2/json/version HTTP/1.1\r\nHost: {address}\r\nContent-Length: 0\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer).await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}\r\n")), "{answer}");
        assert!(
            answer.contains(&format!("Location: https://{address}/api2/json/version\r\n")),
            "{answer}"
        );
    }
}

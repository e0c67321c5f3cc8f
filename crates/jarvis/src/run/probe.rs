//! Readiness probes over the network: one connection or one request each, within a time limit.
//!
//! Certificates of probed services are checked by the operating system's roots. Redirects are not followed.

use crate::{client, exit::Failure};
use async_trait::async_trait;
use jarvis_ports::Probe;
use std::time::Duration;
use tokio::net::TcpStream;

/// TCP and HTTP probes.
pub struct NetworkProbe {
    http: reqwest::Client,
}

impl NetworkProbe {
    /// Builds the client; opens no connection.
    pub fn new() -> Result<Self, Failure> {
        Ok(Self {
            http: client::http(client::Trust::System)?,
        })
    }
}

#[async_trait]
impl Probe for NetworkProbe {
    async fn tcp(&self, address: &str, timeout: Duration) -> bool {
        matches!(
            tokio::time::timeout(timeout, TcpStream::connect(address)).await,
            Ok(Ok(_))
        )
    }

    async fn http(&self, url: &str, status: Option<u16>, timeout: Duration) -> bool {
        let Ok(response) = self.http.get(url).timeout(timeout).send().await else {
            return false;
        };
        match status {
            Some(wanted) => response.status().as_u16() == wanted,
            None => response.status().is_success(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::{io::AsyncReadExt as _, io::AsyncWriteExt as _, net::TcpListener};

    const WITHIN: Duration = Duration::from_secs(5);

    #[tokio::test]
    async fn what_listens_is_ready_and_what_does_not_is_not() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let serving = tokio::spawn(async move {
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut request = [0; 1024];
                let _ = stream.read(&mut request).await;
                let _ = stream
                    .write_all(b"HTTP/1.1 204 No Content\r\nconnection: close\r\n\r\n")
                    .await;
            }
        });
        let probe = NetworkProbe::new().unwrap();
        let url = format!("http://{address}/");
        assert!(probe.tcp(&address, WITHIN).await);
        assert!(probe.http(&url, None, WITHIN).await && probe.http(&url, Some(204), WITHIN).await);
        assert!(!probe.http(&url, Some(200), WITHIN).await);
        serving.abort();
        let _ = serving.await;
        assert!(!probe.tcp(&address, WITHIN).await && !probe.http(&url, None, WITHIN).await);
    }
}

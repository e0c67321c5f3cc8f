//! HTTPS remotes against git's own HTTP backend behind a small TLS server with an authority made for the test.

use crate::push::change;
use crate::repo::{Push, Repo, failure, file, git, newest};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{Request, Response, StatusCode, header};
use jarvis_ports::{ManifestSource, PushError};
use jarvis_source::{GitSource, HttpsToken, Options};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpListener;

const TOKEN: &str = "s3cret-token";
/// `x-access-token:s3cret-token` in base64.
const HEADER: &str = "Basic eC1hY2Nlc3MtdG9rZW46czNjcmV0LXRva2Vu";

/// A server that ends with the test's runtime.
struct Server {
    port: u16,
    ca_file: PathBuf,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Server {
    async fn start(root: &Path) -> Self {
        let (acceptor, authority) = tls();
        let ca_file = root.join("authority.pem");
        std::fs::write(&ca_file, authority).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let seen = Arc::new(Mutex::new(Vec::new()));
        tokio::spawn(accept(listener, acceptor, root.to_owned(), seen.clone()));
        Self { port, ca_file, seen }
    }

    fn options(&self, repo: &Repo, path: &str) -> Options {
        let mut options = Options::new(
            format!("https://127.0.0.1:{}/{path}", self.port),
            "main",
            repo.state(),
        );
        options.https.ca_file = Some(self.ca_file.clone());
        options.https.token = Some(HttpsToken::new(&format!("{TOKEN}\n")));
        options
    }
}

fn tls() -> (tokio_rustls::TlsAcceptor, String) {
    let authority_key = KeyPair::generate().unwrap();
    let mut authority = CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let authority_cert = authority.self_signed(&authority_key).unwrap();
    let issuer = Issuer::new(authority, authority_key);
    let key = KeyPair::generate().unwrap();
    let cert = CertificateParams::new(vec!["127.0.0.1".to_owned()])
        .unwrap()
        .signed_by(&key, &issuer)
        .unwrap();
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(
            vec![cert.der().clone()],
            PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der())),
        )
        .unwrap();
    (
        tokio_rustls::TlsAcceptor::from(Arc::new(config)),
        authority_cert.pem(),
    )
}

async fn accept(
    listener: TcpListener,
    acceptor: tokio_rustls::TlsAcceptor,
    root: PathBuf,
    seen: Arc<Mutex<Vec<String>>>,
) {
    while let Ok((stream, _)) = listener.accept().await {
        let (acceptor, root, seen) = (acceptor.clone(), root.clone(), seen.clone());
        tokio::spawn(async move {
            let Ok(stream) = acceptor.accept(stream).await else {
                return;
            };
            let service = hyper::service::service_fn(move |request| {
                let (root, seen) = (root.clone(), seen.clone());
                async move { Ok::<_, std::convert::Infallible>(answer(request, &root, &seen).await) }
            });
            let io = hyper_util::rt::TokioIo::new(stream);
            // A client that goes away in the middle is no matter of the test.
            let _ = hyper::server::conn::http1::Builder::new()
                .serve_connection(io, service)
                .await;
        });
    }
}

async fn answer(request: Request<Incoming>, root: &Path, seen: &Mutex<Vec<String>>) -> Response<Full<Bytes>> {
    let text = |name: header::HeaderName| {
        request
            .headers()
            .get(name)
            .and_then(|v| v.to_str().ok())
            .unwrap_or_default()
            .to_owned()
    };
    let (authorization, content_type) = (text(header::AUTHORIZATION), text(header::CONTENT_TYPE));
    let encoding = text(header::CONTENT_ENCODING);
    seen.lock()
        .unwrap()
        .push(format!("{} {authorization}", request.uri().path()));
    let build = Response::builder();
    if request.uri().path().starts_with("/moved") {
        let to = request.uri().to_string().replace("/moved", "/remote.git");
        return build
            .status(StatusCode::FOUND)
            .header(header::LOCATION, to)
            .body(Full::default())
            .unwrap();
    }
    if authorization != HEADER {
        let build = build
            .status(StatusCode::UNAUTHORIZED)
            .header(header::WWW_AUTHENTICATE, "Basic realm=\"git\"");
        return build.body(Full::default()).unwrap();
    }
    let mut command = tokio::process::Command::new("git");
    command
        .arg("http-backend")
        .env("GIT_PROJECT_ROOT", root)
        .env("GIT_HTTP_EXPORT_ALL", "1")
        .env("GIT_CONFIG_COUNT", "1")
        .env("GIT_CONFIG_KEY_0", "safe.directory")
        .env("GIT_CONFIG_VALUE_0", "*")
        .env("REQUEST_METHOD", request.method().as_str())
        .env("PATH_INFO", request.uri().path())
        .env("QUERY_STRING", request.uri().query().unwrap_or_default())
        .env("CONTENT_TYPE", content_type)
        .env("HTTP_CONTENT_ENCODING", encoding)
        .env("REMOTE_ADDR", "127.0.0.1")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped());
    let body = request.into_body().collect().await.unwrap().to_bytes();
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(&body).await.unwrap();
    drop(stdin);
    let output = child.wait_with_output().await.unwrap().stdout;
    let end = output.windows(4).position(|w| w == b"\r\n\r\n").unwrap();
    let mut build = build.status(StatusCode::OK);
    for line in String::from_utf8_lossy(&output[..end]).lines() {
        let (name, value) = line.split_once(": ").unwrap();
        build = match name {
            "Status" => build.status(value[..3].parse::<u16>().unwrap()),
            _ => build.header(name, value),
        };
    }
    build.body(Full::from(output[end + 4..].to_vec())).unwrap()
}

#[tokio::test]
async fn a_repository_is_fetched_with_the_token() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(repo.root.path()).await;
    let source = GitSource::new(server.options(&repo, "remote.git")).unwrap();
    let first = newest(&source).await;
    assert_eq!(first.files["a.yaml"], b"1");
    repo.commit("main", "next", &[file("a.yaml", "2")], Push::Normal);
    assert_eq!(
        source.fetch(Some(&first.commit)).await.unwrap().unwrap().files["a.yaml"],
        b"2"
    );
    let seen = server.seen.lock().unwrap().clone();
    assert!(seen.iter().all(|line| line.ends_with(HEADER)), "{seen:?}");
    for name in ["mirror.git/config", "git.config", "mirror.remote"] {
        let text = std::fs::read_to_string(repo.state().join(name)).unwrap();
        assert!(
            !text.contains(TOKEN) && !text.contains(&HEADER[6..]),
            "the token is in {name}"
        );
    }
}

#[tokio::test]
async fn a_wrong_or_missing_token_is_told_and_not_shown() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(repo.root.path()).await;
    let mut options = server.options(&repo, "remote.git");
    options.https.token = Some(HttpsToken::new("wr0ng-token"));
    let error = failure(&GitSource::new(options.clone()).unwrap()).await;
    assert!(error.why.contains("refused the token"), "{error}");
    assert!(!error.to_string().contains("wr0ng"), "{error}");
    options.https.token = None;
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(error.why.contains("wants one"), "{error}");
}

#[tokio::test]
async fn an_untrusted_certificate_is_refused() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(repo.root.path()).await;
    let mut options = server.options(&repo, "remote.git");
    options.https.ca_file = None;
    let error = failure(&GitSource::new(options).unwrap()).await;
    assert!(error.why.contains("certificate is not trusted"), "{error}");
    assert!(
        server.seen.lock().unwrap().is_empty(),
        "the token left before the certificate was checked"
    );
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(repo.root.path()).await;
    let error = failure(&GitSource::new(server.options(&repo, "moved")).unwrap()).await;
    assert!(error.why.contains("redirect"), "{error}");
    assert_eq!(server.seen.lock().unwrap().len(), 1);
}

#[tokio::test]
async fn a_missing_repository_is_told() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(repo.root.path()).await;
    let error = failure(&GitSource::new(server.options(&repo, "none.git")).unwrap()).await;
    assert!(error.why.contains("there is no git repository"), "{error}");
}

#[tokio::test]
async fn a_change_is_pushed_with_the_token_where_that_may_write() {
    let repo = Repo::with(&[file("a.yaml", "1")]);
    let server = Server::start(repo.root.path()).await;
    let source = GitSource::new(server.options(&repo, "remote.git")).unwrap();
    let base = newest(&source).await.commit;
    // Git's own backend takes no pushes until the repository says so.
    let end = source.push(change(&base, &[("a.yaml", Some("2"))])).await;
    assert!(
        matches!(&end, Err(PushError::Source(error)) if error.why.contains("not write to it") && error.hint.contains("propose")),
        "{end:?}"
    );
    assert!(!format!("{end:?}").contains(TOKEN));
    git(&repo.bare, &["config", "http.receivepack", "true"]);
    let pushed = source
        .push(change(&base, &[("a.yaml", Some("2"))]))
        .await
        .unwrap();
    assert_eq!(pushed.commit, repo.id("main"));
    assert_eq!(
        source.fetch(Some(&base)).await.unwrap().unwrap().files["a.yaml"],
        b"2"
    );
}

//! A real mail server for tests: aiosmtpd, installed once into a virtual environment below the build folder. Where Python or
//! a package index is missing the test says so and passes, unless `JARVIS_REQUIRE_AIOSMTPD` is set.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Output, Stdio},
    sync::OnceLock,
};

const PACKAGE: &str = "aiosmtpd==1.4.6";
const SCRIPT: &str = include_str!("server.py");
/// The password that the server knows.
pub const PASSWORD: &str = "canary-5f0c2d";
/// The user it belongs to.
pub const USER: &str = "jarvis";

/// The interpreter with the server; none when it cannot be had and need not.
pub fn interpreter() -> Option<&'static Path> {
    static FOUND: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FOUND.get_or_init(install) {
        Ok(python) => Some(python),
        Err(why) if std::env::var_os("JARVIS_REQUIRE_AIOSMTPD").is_none() => {
            let _ = writeln!(std::io::stderr(), "NOT CHECKED with aiosmtpd: {why}");
            None
        }
        Err(why) => panic!("aiosmtpd cannot be installed: {why}"),
    }
}

fn install() -> Result<PathBuf, String> {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("aiosmtpd-1.4.6");
    let python = folder.join("bin/python");
    let run = |program: &Path, arguments: &[&str]| {
        let output = Command::new(program).args(arguments).output();
        output
            .map_err(|error| error.to_string())
            .and_then(|output: Output| {
                if output.status.success() {
                    Ok(())
                } else {
                    Err(String::from_utf8_lossy(&output.stderr).into_owned())
                }
            })
    };
    if run(&python, &["-c", "import aiosmtpd"]).is_ok() {
        return Ok(python);
    }
    run(Path::new("python3"), &["-m", "venv", &folder.to_string_lossy()])?;
    run(&python, &["-m", "pip", "install", "--quiet", PACKAGE])?;
    Ok(python)
}

/// How the way to the server is protected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    /// Begun in the clear.
    Starttls,
    /// From the first byte.
    Tls,
    /// Not at all.
    Plain,
}

/// A running server; ended when dropped. What it took stays in its folder.
pub struct MailServer {
    child: Child,
    _until: ChildStdin,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

/// A folder with a certificate for `localhost` and its authority (`ca.pem`), and a place for mail.
pub fn prepare(folder: &Path) {
    let authority_key = rcgen::KeyPair::generate().unwrap();
    let mut authority = rcgen::CertificateParams::new(Vec::new()).unwrap();
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    let authority_certificate = authority.self_signed(&authority_key).unwrap();
    let key = rcgen::KeyPair::generate().unwrap();
    let leaf = rcgen::CertificateParams::new(vec!["localhost".to_owned(), "127.0.0.1".to_owned()]).unwrap();
    let issuer = rcgen::Issuer::from_params(&authority, &authority_key);
    let certificate = leaf.signed_by(&key, &issuer).unwrap();
    fs::write(folder.join("ca.pem"), authority_certificate.pem()).unwrap();
    fs::write(folder.join("mail.pem"), certificate.pem()).unwrap();
    fs::write(folder.join("mail.key"), key.serialize_pem()).unwrap();
    fs::write(folder.join("server.py"), SCRIPT).unwrap();
    fs::create_dir_all(folder.join("mail")).unwrap();
}

impl MailServer {
    /// Starts one in a prepared folder; port 0 means any free one.
    pub fn start(python: &Path, folder: &Path, way: Way, port: u16) -> Self {
        let way = match way {
            Way::Starttls => "starttls",
            Way::Tls => "tls",
            Way::Plain => "plain",
        };
        let mut child = Command::new(python)
            .current_dir(folder)
            .args([
                "server.py",
                way,
                &port.to_string(),
                "mail",
                "mail.pem",
                "mail.key",
                USER,
                PASSWORD,
            ])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(fs::File::create(folder.join("mail.log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let port = line
            .trim()
            .strip_prefix("listening ")
            .and_then(|port| port.parse().ok());
        let port = port.unwrap_or_else(|| panic!("{}", fs::read_to_string(folder.join("mail.log")).unwrap()));
        let until = child.stdin.take().unwrap();
        Self {
            child,
            _until: until,
            port,
        }
    }
}

impl Drop for MailServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A mail as the server took it.
#[derive(Debug, Clone)]
pub struct Mail {
    /// The receiver.
    pub to: String,
    /// Headers and body.
    pub data: String,
    /// Whether it came over TLS.
    pub secure: bool,
    /// Who logged in.
    pub user: Option<String>,
}

impl Mail {
    /// A header's value, unfolded and with encoded words as they are.
    pub fn header(&self, name: &str) -> String {
        let (head, _) = self.data.split_once("\r\n\r\n").unwrap();
        let unfolded = head.replace("\r\n ", " ");
        let prefix = format!("{}: ", name.to_lowercase());
        let mut lines = unfolded.lines();
        lines
            .find(|line| line.to_lowercase().starts_with(&prefix))
            .map(|line| line[prefix.len()..].to_owned())
            .unwrap_or_default()
    }
}

/// What a server took so far, in its order.
pub fn mails(folder: &Path) -> Vec<Mail> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder.join("mail"))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|ending| ending == "json"))
        .collect();
    files.sort();
    let mail = |path: &PathBuf| {
        let taken: serde_json::Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
        let text = |field: &str| taken[field].as_str().map(str::to_owned);
        Mail {
            to: taken["to"][0].as_str().unwrap().to_owned(),
            data: text("data").unwrap(),
            secure: taken["secure"] == true,
            user: text("user"),
        }
    };
    files.iter().map(mail).collect()
}

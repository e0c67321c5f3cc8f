//! The context file: how commands on this machine find the Jarvis that runs here. Written by `run` and `demo` at every
//! start, readable by its owner only, because it holds the local token.

use crate::environment::Environment;
use serde::{Deserialize, Serialize};
use std::{
    fmt, fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};
use zeroize::Zeroizing;

/// What commands need to know.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Context {
    /// Base URL of the API.
    pub url: String,
    /// Bearer token with the role admin; another one at every start. Empty when none could be made.
    #[serde(with = "wiped")]
    pub token: Zeroizing<String>,
    /// SHA-256 of the certificate it is known by, over https.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fingerprint: Option<String>,
    /// State folder.
    pub state: PathBuf,
    /// Process that wrote it.
    pub pid: u32,
    /// The simulated cluster's control endpoint, in a demo.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub chaos: Option<ChaosContext>,
    /// The folder of manifests to commit in, in a demo.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub manifests: Option<PathBuf>,
}

/// Where faults go.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ChaosContext {
    /// Base URL.
    pub url: String,
    /// Bearer secret.
    #[serde(with = "wiped")]
    pub secret: Zeroizing<String>,
}

/// Secrets in the file, wiped from memory after use.
mod wiped {
    use serde::{Deserialize as _, Deserializer, Serializer};
    use zeroize::Zeroizing;

    pub fn serialize<S: Serializer>(secret: &Zeroizing<String>, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(secret)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Zeroizing<String>, D::Error> {
        String::deserialize(from).map(Zeroizing::new)
    }
}

impl fmt::Debug for Context {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Context")
            .field("url", &self.url)
            .field("state", &self.state)
            .finish_non_exhaustive()
    }
}

/// Where the context file is.
pub fn path(environment: &Environment) -> Option<PathBuf> {
    environment.state_home().map(|home| home.join("context.json"))
}

impl Context {
    /// Reads the context file; none when there is none or it cannot be understood.
    pub fn find(environment: &Environment) -> Option<Self> {
        let text = fs::read_to_string(path(environment)?).ok()?;
        serde_json::from_str(&text).ok()
    }

    /// Writes the context file whole, with mode 0600 from its first byte.
    pub fn write(&self, to: &Path) -> io::Result<()> {
        let folder = to.parent().ok_or(io::ErrorKind::InvalidInput)?;
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
        let fresh = to.with_extension(format!("{}.tmp", self.pid));
        if fresh.exists() {
            fs::remove_file(&fresh)?;
        }
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(&fresh)?;
        file.write_all(format!("{:#}\n", serde_json::to_value(self).map_err(io::Error::other)?).as_bytes())?;
        fs::rename(&fresh, to)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn it_is_for_its_owner_only_and_hides_its_token() {
        let home = tempfile::tempdir().unwrap();
        let environment: Environment = [("XDG_STATE_HOME", home.path().to_str().unwrap())].into();
        assert!(Context::find(&environment).is_none());
        let context = Context {
            url: "http://127.0.0.1:7474".into(),
            token: "jrv_cli_canary".to_owned().into(),
            fingerprint: None,
            state: "/state".into(),
            pid: 1,
            chaos: None,
            manifests: None,
        };
        let to = path(&environment).unwrap();
        for _ in 0..2 {
            context.write(&to).unwrap();
        }
        assert_eq!(fs::metadata(&to).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(Context::find(&environment).unwrap().token, context.token);
        assert!(!format!("{context:?}").contains("canary"));
    }
}

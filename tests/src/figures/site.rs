//! A simulated cluster with a Jarvis over it: two processes, and a manifest repository in which every guest is declared
//! as it runs.

use super::program::{Program, command, said};
use anyhow::{Context as _, ensure};
use serde_json::{Value, json};
use std::{
    fs,
    path::Path,
    process::Command,
    time::{Duration, Instant},
};
use tempfile::TempDir;

/// How long anything may take to come about.
const PATIENCE: Duration = Duration::from_mins(5);
/// Between two questions while waiting.
const BETWEEN: Duration = Duration::from_millis(500);

/// A cluster and its Jarvis.
pub struct Site {
    /// Jarvis.
    pub jarvis: Program,
    /// How it is asked.
    pub door: Door,
    /// Its folder.
    pub home: TempDir,
    _simulator: Program,
}

/// The API of a running Jarvis.
#[derive(Clone)]
pub struct Door {
    /// Its address.
    pub url: String,
    /// A bearer token.
    pub token: String,
    client: reqwest::Client,
}

impl Site {
    /// Starts both on a cluster of that size. The Jarvis that adopted the guests is not the one that is measured.
    pub async fn start(binary: &Path, nodes: u32, guests: u32) -> anyhow::Result<Self> {
        let home = tempfile::tempdir()?;
        let mut simulate = command(binary, home.path());
        simulate.args(["simulate", "--plain", "--ca-file", "ca.pem"]);
        simulate.args(["--nodes", &nodes.to_string(), "--guests", &guests.to_string()]);
        let simulator = Program::start(simulate, &home.path().join("simulate.log"), "JARVIS_CHAOS_URL=")?;
        git(
            home.path(),
            &["init", "--quiet", "--initial-branch", "main", "manifests"],
        )?;
        fs::create_dir_all(home.path().join("manifests/manifests"))?;
        fs::write(home.path().join("manifests/README.md"), "Measured.\n")?;
        commit(home.path())?;
        config(home.path(), &simulator)?;
        let (first, door) = run(binary, home.path())?;
        door.until("every guest is seen", "{ guests(first: 1) { total } }", |data| {
            data["guests"]["total"].as_u64() == Some(u64::from(guests))
        })
        .await?;
        let mut adopt = command(binary, home.path());
        adopt.args(["adopt", "--output", "manifests/manifests"]);
        said(adopt)?;
        commit(home.path())?;
        drop(first);
        let (jarvis, door) = run(binary, home.path())?;
        Ok(Self {
            jarvis,
            door,
            home,
            _simulator: simulator,
        })
    }

    /// Waits until everything declared is in sync.
    pub async fn in_sync(&self) -> anyhow::Result<()> {
        self.door
            .until(
                "everything is in sync",
                "{ resources { status { sync } } }",
                |data| {
                    let resources = data["resources"].as_array();
                    resources.is_some_and(|all| {
                        !all.is_empty() && all.iter().all(|one| one["status"]["sync"] == "SYNCED")
                    })
                },
            )
            .await
    }
}

fn run(binary: &Path, home: &Path) -> anyhow::Result<(Program, Door)> {
    let mut run = command(binary, home);
    run.args(["run", "--config", "jarvis.yaml"]);
    let jarvis = Program::start(run, &home.join("run.log"), "ready: http://")?;
    let context = fs::read_to_string(home.join("jarvis/context.json"))?;
    let context: Value = serde_json::from_str(&context)?;
    let word = |name: &str| {
        context[name]
            .as_str()
            .map(ToOwned::to_owned)
            .context("the context is whole")
    };
    let door = Door {
        url: word("url")?,
        token: word("token")?,
        client: reqwest::Client::new(),
    };
    Ok((jarvis, door))
}

fn config(home: &Path, simulator: &Program) -> anyhow::Result<()> {
    fs::write(home.join("token"), simulator.word_after("everything")?)?;
    let mut text = "listen: 127.0.0.1:0\nstate: state\ncluster:\n  name: home\n  token: {file: token}\n  tls: {caFile: ca.pem}\n  entryPoints:\n".to_owned();
    let nodes = simulator.banner.lines().filter_map(|line| {
        let mut words = line.split_whitespace();
        let (node, url) = (words.next()?, words.next()?);
        url.starts_with("http")
            .then(|| format!("    - {{node: {node}, url: '{url}'}}\n"))
    });
    text.extend(nodes.take(3));
    let remote = home.join("manifests").display().to_string();
    text.extend([
        "source: {git: {remote: '",
        &remote,
        "', branch: main, folder: manifests}}\n",
    ]);
    Ok(fs::write(home.join("jarvis.yaml"), text)?)
}

fn git(folder: &Path, arguments: &[&str]) -> anyhow::Result<()> {
    let mut git = Command::new("git");
    git.current_dir(folder).args(arguments);
    said(git).map(drop)
}

fn commit(home: &Path) -> anyhow::Result<()> {
    let folder = home.join("manifests");
    git(&folder, &["add", "--all"])?;
    let author = ["-c", "user.name=Figures", "-c", "user.email=figures@localhost"];
    git(
        &folder,
        &[&author[..], &["commit", "--quiet", "--message", "Measure"]].concat(),
    )
}

impl Door {
    /// Asks a query.
    pub async fn ask(&self, query: &str) -> anyhow::Result<Value> {
        let answer = self
            .client
            .post(format!("{}/graphql", self.url))
            .bearer_auth(&self.token)
            .json(&json!({ "query": query }))
            .send()
            .await?;
        let mut answer: Value = answer.json().await?;
        ensure!(answer["errors"].is_null(), "{query}: {}", answer["errors"]);
        Ok(answer["data"].take())
    }

    /// The same door for another connection.
    #[must_use]
    pub fn another(&self) -> Self {
        Self {
            client: reqwest::Client::new(),
            ..self.clone()
        }
    }

    /// Asks until it is so.
    pub async fn until(&self, what: &str, query: &str, so: impl Fn(&Value) -> bool) -> anyhow::Result<()> {
        let began = Instant::now();
        loop {
            let data = self.ask(query).await?;
            if so(&data) {
                return Ok(());
            }
            ensure!(
                began.elapsed() < PATIENCE,
                "{what}: not within {PATIENCE:?}; last: {data:.300}"
            );
            tokio::time::sleep(BETWEEN).await;
        }
    }

    /// Requests sent to Proxmox so far.
    pub async fn proxmox_requests(&self) -> anyhow::Result<u64> {
        let request = self
            .client
            .get(format!("{}/metrics", self.url))
            .bearer_auth(&self.token);
        let text = request.send().await?.text().await?;
        let counts = text
            .lines()
            .filter(|line| line.starts_with("jarvis_proxmox_requests_total"))
            .filter_map(|line| line.split_whitespace().last()?.parse::<u64>().ok());
        Ok(counts.sum())
    }
}

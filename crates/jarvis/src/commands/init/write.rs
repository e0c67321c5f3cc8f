//! The config file: composed, read back by the real reader, compared with what is there, written; and what comes next.

use super::{
    Draft, TokenAt, Trust,
    ask::{Asker, Told},
    safety::Subject,
};
use crate::{
    cli::init::Init,
    config::Config,
    environment::Environment,
    exit::{Exit, Failure, Outcome},
    out,
    text::add,
};
use serde_json::json;
use std::{
    fs,
    io::{self, Write as _},
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::{Path, PathBuf},
};

/// Where a token that was typed goes, beside the config file.
const TOKEN_FILE: &str = "secrets/pve-token";

/// Writes it, after asking where something else is there.
pub fn finish(asker: &Asker, arguments: &Init, draft: &Draft, environment: &Environment) -> Outcome {
    let path = std::path::absolute(&arguments.config)
        .map_err(|error| Failure::error(format!("cannot use {}: {error}", arguments.config.display())))?;
    let folder = path.parent().unwrap_or(Path::new("/")).to_owned();
    let text = compose(draft);
    let before = match fs::read_to_string(&path) {
        Ok(before) => Some(before),
        Err(error) if error.kind() == io::ErrorKind::NotFound => None,
        Err(error) => return Err(unwritable(&path, &error)),
    };
    if let Some(before) = before.as_ref().filter(|before| **before != text) {
        asker.say(&format!(
            "\n{} is there and says something else:\n{}",
            path.display(),
            difference(before, &text)
        ));
        let told = if arguments.overwrite {
            Told::Yes
        } else {
            Told::Nothing
        };
        if !asker.agrees("Replace it?", told)? {
            return Err(Failure::error(format!(
                "{} was left as it is; --overwrite replaces it, --config FILE writes another one",
                path.display()
            )));
        }
    }
    if let TokenAt::New(token) = &draft.token {
        private(&folder.join(TOKEN_FILE), token)
            .map_err(|error| unwritable(&folder.join(TOKEN_FILE), &error))?;
    }
    check_and_write(&path, &text, environment)?;
    out::print(&summary(&path, draft, environment));
    Ok(Exit::Ok)
}

/// The new text is read by the real reader before it takes the old one's place.
fn check_and_write(path: &Path, text: &str, environment: &Environment) -> Result<(), Failure> {
    let fresh = path.with_extension("yaml.new");
    fs::write(&fresh, text).map_err(|error| unwritable(&fresh, &error))?;
    if let Err(errors) = Config::load(&fresh, environment) {
        drop(fs::remove_file(&fresh));
        let lines: Vec<String> = errors.iter().map(ToString::to_string).collect();
        return Err(Failure::error(format!(
            "these answers make no valid config file:\n{}",
            lines.join("\n")
        )));
    }
    fs::rename(&fresh, path).map_err(|error| unwritable(path, &error))
}

fn unwritable(path: &Path, error: &io::Error) -> Failure {
    Failure::error(format!(
        "cannot write {}: {error}; choose another place with --config FILE",
        path.display()
    ))
}

/// Writes a secret with mode 0600 from its first byte.
fn private(path: &Path, secret: &str) -> io::Result<()> {
    if let Some(folder) = path.parent() {
        fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)?;
    }
    let fresh = path.with_extension("new");
    if fresh.exists() {
        fs::remove_file(&fresh)?;
    }
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&fresh)?;
    file.write_all(secret.trim().as_bytes())?;
    file.sync_all()?;
    fs::rename(fresh, path)
}

/// Quoted as JSON, which YAML reads.
fn quoted(text: &str) -> String {
    json!(text).to_string()
}

fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

fn compose(draft: &Draft) -> String {
    let mut text = "# Written by `jarvis init`; examples/homelab/jarvis.yaml shows every field.\n".to_owned();
    add!(
        text,
        "listen: {}\nstate: state\n\ncluster:\n",
        quoted(&draft.listen)
    );
    add!(text, "  name: {}\n  entryPoints:\n", quoted(&draft.cluster));
    for (node, url) in &draft.entries {
        let node = node
            .as_ref()
            .map(|node| format!("node: {}, ", quoted(node)))
            .unwrap_or_default();
        add!(text, "    - {{{node}url: {}}}\n", quoted(url));
    }
    let token = match &draft.token {
        TokenAt::File(path) => absolute(path).display().to_string(),
        TokenAt::New(_) => TOKEN_FILE.to_owned(),
    };
    add!(text, "  token: {{file: {}}}\n", quoted(&token));
    match &draft.trust {
        Trust::Ca(path) => add!(
            text,
            "  tls: {{caFile: {}}}\n",
            quoted(&absolute(path).display().to_string())
        ),
        Trust::Pins(pins) => {
            text += "  tls:\n    fingerprints:\n";
            for pin in pins {
                add!(text, "      - \"{}\"\n", pin);
            }
        }
        Trust::System | Trust::Plain => text += "  tls: {system: true}\n",
    }
    if let Some((remote, branch)) = &draft.source {
        add!(
            text,
            "\nsource:\n  git: {{remote: {}, branch: {}}}\n",
            quoted(remote),
            quoted(branch)
        );
    }
    text += "\n# In force with no manifest at all. Manifests only tighten it.\nsafety:\n";
    if !draft.protected.is_empty() {
        text += "  protected:\n";
        for subject in &draft.protected {
            add!(text, "    - {}\n", inline(subject));
        }
    }
    if let Some(own) = &draft.own {
        add!(text, "  own: {}\n", inline(own));
    }
    add!(
        text,
        "  # Raise these once its recommendations convince you.\n  autonomy: {0}\n  ceiling: {0}\n",
        draft.autonomy
    );
    text
}

fn inline(subject: &Subject) -> String {
    match subject {
        Subject::Node(node) => format!("{{node: {}}}", quoted(node.as_str())),
        Subject::Guest(vmid) => format!("{{vmid: {vmid}}}"),
    }
}

/// Lines of either text that the other has not, in the order of the new one.
fn difference(before: &str, after: &str) -> String {
    let (old, new): (Vec<&str>, Vec<&str>) = (before.lines().collect(), after.lines().collect());
    let mut text = String::new();
    for line in old.iter().filter(|line| !new.contains(line)) {
        add!(text, "  - {}\n", line);
    }
    for line in new.iter().filter(|line| !old.contains(line)) {
        add!(text, "  + {}\n", line);
    }
    text
}

fn summary(path: &Path, draft: &Draft, environment: &Environment) -> String {
    let entries: Vec<String> = draft
        .entries
        .iter()
        .map(|(node, url)| node.clone().unwrap_or_else(|| url.clone()))
        .collect();
    let trust = match &draft.trust {
        Trust::Ca(path) => format!("by the authority in {}", path.display()),
        Trust::Pins(pins) if pins.len() == 1 => "by its pinned certificate".to_owned(),
        Trust::Pins(pins) => format!("by {} pinned certificates", pins.len()),
        Trust::System => "by the authorities of this machine".to_owned(),
        Trust::Plain => "plain http on this machine".to_owned(),
    };
    let source = draft.source.as_ref().map_or_else(
        || "none: only observed".to_owned(),
        |(remote, branch)| format!("{remote}, branch {branch}"),
    );
    let list = |subjects: &[Subject]| match subjects {
        [] => "nothing".to_owned(),
        subjects => subjects
            .iter()
            .map(Subject::to_string)
            .collect::<Vec<_>>()
            .join(", "),
    };
    let own = draft
        .own
        .as_ref()
        .map_or_else(|| "outside the cluster".to_owned(), Subject::to_string);
    let (called, config) = (environment.called(), path.display());
    let manifests = draft
        .source
        .as_ref()
        .map(|(remote, _)| remote.as_str())
        .filter(|remote| remote.starts_with('/'))
        .unwrap_or("./manifests");
    format!(
        "\n{config} is written and valid.\n\n  cluster     {}, asked through {}\n  trusted     {trust}\n  manifests   {source}\n  runs in     {own}\n  protected   {}\n  listens on  {}\n  autonomy    {}\n\nNext:\n  {called} run --config {config}\n  {called} adopt --output {manifests}    (in another terminal: manifests for what runs now)\n\n`{called} doctor --config {config}` looks at everything again.\n",
        draft.cluster,
        entries.join(", "),
        list(&draft.protected),
        draft.listen,
        draft.autonomy,
    )
}

//! The demo's state folder. It is only ever emptied when a demo made it.

use super::shell;
use crate::{cli::Demo, environment::Environment, exit::Failure, run::opening};
use serde::{Deserialize, Serialize};
use std::{
    fs, io,
    path::{Path, PathBuf},
};

/// Names the folder as a demo's, and which cluster it remembers.
const MARK: &str = "demo.json";

/// Which cluster a folder remembers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
struct Mark {
    seed: u64,
    nodes: Option<u32>,
    guests: Option<u32>,
}

/// A prepared folder.
#[derive(Debug, Clone)]
pub struct Folder(PathBuf);

impl Folder {
    /// Makes or takes over the folder; begins anew when asked to.
    pub fn prepare(arguments: &Demo, environment: &Environment) -> Result<Self, Failure> {
        let path = match (&arguments.state, environment.state_home()) {
            (Some(path), _) => std::path::absolute(path)
                .map_err(|error| Failure::error(format!("cannot use --state: {error}")))?,
            (None, Some(home)) => home.join("demo"),
            (None, None) => {
                return Err(Failure::error(
                    "there is no place for the demo's state: set HOME, or give --state DIR",
                ));
            }
        };
        let wanted = Mark {
            seed: arguments.scenario.seed,
            nodes: arguments.scenario.nodes,
            guests: arguments.scenario.guests,
        };
        let shown = path.display();
        match look(&path) {
            Found::Nothing => {}
            Found::Demo(_) if arguments.fresh || arguments.time_factor != 1 => empty(&path)?,
            Found::Demo(Some(mark)) if mark == wanted => return Ok(Self(path)),
            Found::Demo(_) => {
                return Err(Failure::error(format!(
                    "{shown} remembers a demo of another cluster (--seed, --nodes, --guests): add --fresh to forget it, or choose another --state DIR"
                )));
            }
            Found::Foreign => {
                return Err(Failure::error(format!(
                    "will not use {shown} for a demo: it holds other files; choose an empty or new --state DIR"
                )));
            }
        }
        opening::make_folder(&path)?;
        let text = serde_json::to_string(&wanted).unwrap_or_default();
        fs::write(path.join(MARK), text)
            .map_err(|error| Failure::error(format!("cannot write in {}: {error}", path.display())))?;
        Ok(Self(path))
    }

    /// What Jarvis remembers.
    pub fn state(&self) -> PathBuf {
        self.0.join("state")
    }

    /// Keys for getting into the simulated machines.
    pub fn ssh(&self) -> PathBuf {
        self.0.join(shell::FOLDER)
    }

    /// The manifests, to be edited and committed.
    pub fn manifests(&self) -> PathBuf {
        self.0.join("manifests")
    }
}

enum Found {
    Nothing,
    Demo(Option<Mark>),
    Foreign,
}

fn look(path: &Path) -> Found {
    if let Ok(text) = fs::read_to_string(path.join(MARK)) {
        return Found::Demo(serde_json::from_str(&text).ok());
    }
    match fs::read_dir(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Found::Nothing,
        Ok(mut entries) => {
            if entries.next().is_none() {
                Found::Nothing
            } else {
                Found::Foreign
            }
        }
        Err(_) => Found::Foreign,
    }
}

/// Removes what a demo made, and nothing else.
fn empty(path: &Path) -> Result<(), Failure> {
    for name in ["state", "manifests", shell::FOLDER, MARK] {
        let inner = path.join(name);
        let removed = if inner.is_dir() {
            fs::remove_dir_all(&inner)
        } else {
            fs::remove_file(&inner)
        };
        match removed {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(Failure::error(format!(
                    "cannot forget the earlier demo: cannot remove {}: {error}",
                    inner.display()
                )));
            }
            _ => {}
        }
    }
    Ok(())
}

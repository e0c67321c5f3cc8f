//! A reader at a console: one home, one page, its commands in order.

use super::{
    compare::{self, Names},
    markdown::{Block, Note, blocks},
    stage::Stage,
};
use crate::support::{DEADLINE, Process, program, word_after};
use std::{fs, path::PathBuf, process::Command, time::Instant};
use tempfile::TempDir;

/// What stands for the reader's home in a page.
const HOME: &str = "/home/you";
/// The address that pages show.
const ADDRESS: &str = "127.0.0.1:7474";
/// What is written in its place before something listens.
const ANY_PORT: &str = "127.0.0.1:0";
/// Commands that only look: asked again until they say what the page shows, since what is shown takes a moment.
const LOOKS: [&str; 9] = [
    "get",
    "describe",
    "plan",
    "explain",
    "audit",
    "doctor",
    "healthcheck",
    "token",
    "replay",
];
/// Commands that go on until they are stopped, and how to tell that they are ready.
const SERVERS: [(&str, &str); 3] = [
    ("demo", "Ctrl-C ends it."),
    ("run", "ready: http"),
    ("simulate", "JARVIS_CHAOS_URL="),
];

/// A command as a page shows it.
#[derive(Debug, Clone)]
struct Step {
    line: usize,
    text: String,
    code: i32,
    shown: Vec<String>,
}

/// One page being followed.
pub struct Session {
    page: String,
    home: TempDir,
    folder: PathBuf,
    names: Names,
    /// What the page says, and what it is here.
    renamed: Vec<(String, String)>,
    /// The command that serves, and its process while it runs.
    server: Option<(String, Option<Process>)>,
    _stage: Vec<Process>,
}

impl Session {
    /// Sits down in an empty home that the stage has furnished.
    pub fn begin(page: &str, stage: Stage) -> Self {
        let home = tempfile::tempdir().unwrap();
        let set = stage.set(home.path());
        let mut renamed = set.renamed;
        renamed.push((HOME.to_owned(), home.path().display().to_string()));
        renamed.push((ADDRESS.to_owned(), ANY_PORT.to_owned()));
        Self {
            page: page.to_owned(),
            folder: home.path().to_owned(),
            home,
            names: Names::new(),
            renamed,
            server: None,
            _stage: set.processes,
        }
    }

    /// Follows a page; the number of commands that were run, or what is not as the page shows it.
    pub fn run(&mut self, page: &str) -> Result<usize, String> {
        let mut ran = 0;
        for block in blocks(page) {
            match (&block.note, block.language.as_str()) {
                (Some(Note::NotRun(reason)), "console") if reason.len() < 10 => {
                    return Err(self.at(block.line, "not run without a reason"));
                }
                (Some(Note::NotRun(_)), "console") => {}
                (Some(Note::File(name)), _) => self.write(name, &block),
                (_, "console") => {
                    for step in steps(&block) {
                        self.step(&step)?;
                        ran += 1;
                    }
                }
                _ => {}
            }
        }
        Ok(ran)
    }

    fn at(&self, line: usize, what: &str) -> String {
        format!("{}:{line}: {what}", self.page)
    }

    fn write(&self, name: &str, block: &Block) {
        let path = self.folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, self.here(&block.text())).unwrap();
    }

    fn step(&mut self, step: &Step) -> Result<(), String> {
        let words: Vec<&str> = step.text.split_whitespace().collect();
        match words.as_slice() {
            ["systemctl", "stop", ..] => self.stop(),
            ["systemctl", "start", ..] => self.start_again(),
            ["jarvis", first, ..]
                if server(first).is_some() && step.code == 0 && !step.text.contains("--check") =>
            {
                return self.serve(step);
            }
            _ => return self.look(step, words.get(1).copied().unwrap_or_default()),
        }
        Ok(())
    }

    fn look(&mut self, step: &Step, first: &str) -> Result<(), String> {
        let began = Instant::now();
        loop {
            let wrong = match self.once(step) {
                Ok(()) => return Ok(()),
                Err(wrong) => wrong,
            };
            let again = step.text.starts_with("jarvis ") && LOOKS.contains(&first);
            if !again || began.elapsed() > DEADLINE {
                return Err(self.at(step.line, &format!("$ {}\n{wrong}", step.text)));
            }
        }
    }

    fn once(&mut self, step: &Step) -> Result<(), String> {
        let place = self.home.path().join(".folder");
        let script = format!(
            "exec 2>&1\n{}\ndocs_code=$?\npwd > '{}'\nexit $docs_code\n",
            self.here(&step.text),
            place.display()
        );
        let output = self.shell().args(["-c", &script]).output().unwrap();
        let printed = self.as_shown(&String::from_utf8_lossy(&output.stdout));
        let code = output.status.code().unwrap_or(-1);
        let lines: Vec<&str> = printed
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .collect();
        compare::lines(&step.shown, &lines, &mut self.names)
            .map_err(|wrong| format!("{wrong}\nall of it:\n{printed}"))?;
        if code != step.code {
            return Err(format!(
                "exit code {code}, the page says {}\n{printed}",
                step.code
            ));
        }
        if let Ok(folder) = fs::read_to_string(place) {
            self.folder = folder.trim().into();
        }
        Ok(())
    }

    fn shell(&self) -> Command {
        let program = PathBuf::from(env!("CARGO_BIN_EXE_jarvis"));
        let path = std::env::var_os("PATH").unwrap_or_default();
        let path = path.to_string_lossy();
        let mut shell = Command::new("sh");
        shell
            .env_clear()
            .env("PATH", format!("{}:{path}", program.parent().unwrap().display()))
            .env("HOME", self.home.path())
            .current_dir(&self.folder)
            .stdin(std::process::Stdio::null());
        shell
    }

    fn serve(&mut self, step: &Step) -> Result<(), String> {
        self.server = Some((step.text.clone(), None));
        self.start_again();
        let banner = match &self.server {
            Some((_, Some(process))) => self.as_shown(&process.banner),
            _ => String::new(),
        };
        let lines: Vec<&str> = banner
            .lines()
            .map(str::trim_end)
            .filter(|line| !line.is_empty())
            .collect();
        compare::lines(&step.shown, &lines, &mut self.names).map_err(|wrong| {
            self.at(
                step.line,
                &format!("$ {}\n{wrong}\nall of it:\n{banner}", step.text),
            )
        })
    }

    fn start_again(&mut self) {
        let Some((text, _)) = self.server.take() else {
            panic!("{}: nothing was started before", self.page);
        };
        let here = self.here(&text);
        let words: Vec<&str> = here
            .split('#')
            .next()
            .unwrap()
            .split_whitespace()
            .skip(1)
            .collect();
        let mut command = program(self.home.path());
        command
            .env_remove("XDG_STATE_HOME")
            .current_dir(&self.folder)
            .args(&words);
        if words[0] == "demo" {
            command.args(["--port", "0"]);
        }
        let ready = server(words[0]).unwrap();
        let process = Process::start(command, self.home.path().join("server.log"), ready);
        if words[0] != "simulate" {
            let label = if words[0] == "demo" { "open" } else { "ready:" };
            let url = word_after(&process.banner, label);
            let address = url.split("//").nth(1).unwrap().to_owned();
            self.renamed.retain(|(page, _)| page != ADDRESS);
            self.renamed.push((ADDRESS.to_owned(), address));
        }
        let demo = words[0] == "demo";
        self.server = Some((text, Some(process)));
        if demo {
            self.wait_known();
        }
    }

    /// Waits until every resource has a known status: a reader is slower than a start.
    fn wait_known(&self) {
        crate::support::until("resources with a status", || {
            let output = self
                .shell()
                .args(["-c", "jarvis get resources"])
                .output()
                .unwrap();
            let text = String::from_utf8_lossy(&output.stdout).into_owned();
            (text.contains("VirtualMachine/") && !text.contains("Unknown")).then_some(())
        });
    }

    fn stop(&mut self) {
        let Some((_, process)) = &mut self.server else {
            panic!("{}: nothing runs that could be stopped", self.page);
        };
        let code = process.take().expect("it runs").terminate();
        assert_eq!(code, 0, "{}: it did not end well", self.page);
    }

    /// The page's words, as they are here.
    fn here(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (page, real) in &self.renamed {
            text = text.replace(page, real);
        }
        let mut out = String::new();
        let mut token = String::new();
        for letter in text.chars().chain(['\n']) {
            if letter.is_ascii_alphanumeric() || letter == '-' {
                token.push(letter);
                continue;
            }
            let real = compare::is_identifier(&token)
                .then(|| compare::known(&token, &self.names))
                .flatten();
            out += real.as_deref().unwrap_or(&token);
            token.clear();
            out.push(letter);
        }
        out.pop();
        out
    }

    /// What was printed, in the page's words.
    fn as_shown(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (page, real) in &self.renamed {
            text = text.replace(real, page);
        }
        text
    }
}

fn server(word: &str) -> Option<&'static str> {
    SERVERS
        .iter()
        .find(|(name, _)| *name == word)
        .map(|(_, ready)| *ready)
}

/// `$ command`, with what it prints below it. `# exit code N` at the end says how it ends when not with 0; a backslash at
/// the end goes on in the next line. Empty lines do not count.
fn steps(block: &Block) -> Vec<Step> {
    let mut steps: Vec<Step> = Vec::new();
    let mut goes_on = false;
    for (index, line) in block.lines.iter().enumerate() {
        let line = line.trim_end();
        if let Some(step) = steps.last_mut().filter(|_| goes_on) {
            step.text = format!("{} {}", step.text.trim_end_matches('\\').trim_end(), line.trim());
            goes_on = line.ends_with('\\');
        } else if let Some(command) = line.strip_prefix("$ ") {
            goes_on = line.ends_with('\\');
            steps.push(Step {
                line: block.line + index + 1,
                text: command.to_owned(),
                code: 0,
                shown: Vec::new(),
            });
        } else if let Some(step) = steps.last_mut() {
            if !line.is_empty() {
                step.shown.push(line.to_owned());
            }
        } else {
            panic!("line {}: a console begins with a command", block.line);
        }
    }
    for step in &mut steps {
        if let Some((_, code)) = step.text.rsplit_once("# exit code ") {
            step.code = code.split([':', ' ', ',']).next().unwrap().parse().unwrap();
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;

    fn follow(page: &str) -> Result<usize, String> {
        Session::begin("a page", Stage::Nothing).run(page)
    }

    #[test]
    fn a_page_that_tells_the_truth_passes() {
        let page = "```console\n$ jarvis --version\njarvis …\n$ mkdir -p a && cd a\n$ pwd\n/home/you/a\n\
                    $ jarvis validate nowhere  # exit code 1\nerror: cannot read nowhere: …\n```\n";
        assert_eq!(follow(page), Ok(4));
    }

    #[test]
    fn a_wrong_example_is_found_with_its_line() {
        for (page, line, why) in [
            ("```console\n$ jarvis --version\njarvis 9.9.9\n```\n", 2, "9.9.9"),
            (
                "text\n\n```console\n$ jarvis validate nowhere\nerror: …\n```\n",
                4,
                "exit code 1",
            ),
            (
                "```console\n$ jarvis --version  # exit code 3\njarvis …\n```\n",
                2,
                "exit code 0",
            ),
            ("```console\n$ jarvis --version\n```\n", 2, "does not show"),
            (
                "```console\n$ jarvis gets nodes  # exit code 1\nerror: there is no such thing\n```\n",
                2,
                "shown:",
            ),
            (
                "<!-- not run: no -->\n```console\n$ x\n```\n",
                2,
                "without a reason",
            ),
        ] {
            let wrong = follow(page).unwrap_err();
            assert!(
                wrong.starts_with(&format!("a page:{line}:")) && wrong.contains(why),
                "{wrong}"
            );
        }
    }
}

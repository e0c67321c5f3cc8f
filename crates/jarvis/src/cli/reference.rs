//! The reference of all commands as Markdown, generated from the command line's definition (`docs/CLI.md`).

use super::Cli;
use crate::exit::Exit;
use clap::{Command, CommandFactory};
use std::fmt::Write as _;

const HEAD: &str = "# The command line\n\n\
    Generated from the program by `jarvis docs-cli`; a test keeps the two equal.\n\n\
    Commands that talk to a running Jarvis find it by `--url` and `--token-file`, else by the environment variables\n\
    `JARVIS_URL` and `JARVIS_TOKEN`, else by the context file `$XDG_STATE_HOME/jarvis/context.json` that `jarvis run`\n\
    and `jarvis demo` write.\n\n\
    ## Exit codes\n\n| code | meaning |\n| --- | --- |\n";

/// The whole reference.
pub fn markdown() -> String {
    let mut text = HEAD.to_owned();
    for (exit, meaning) in Exit::ALL {
        // Writing into a String cannot fail.
        let _ = writeln!(text, "| {} | {meaning} |", exit.code());
    }
    let mut root = Cli::command().term_width(110);
    root.build();
    text.push_str("\n## Commands\n");
    for command in visible(&root) {
        section(command, 3, &mut text);
    }
    text
}

fn visible(command: &Command) -> impl Iterator<Item = &Command> {
    command
        .get_subcommands()
        .filter(|command| !command.is_hide_set() && command.get_name() != "help")
}

fn section(command: &Command, level: usize, text: &mut String) {
    let name = command.get_bin_name().unwrap_or(command.get_name()).to_owned();
    let mut shown = command.clone();
    for global in ["url", "token_file"] {
        if shown.get_arguments().any(|argument| argument.get_id() == global) {
            shown = shown.mut_arg(global, |argument| argument.hide(true));
        }
    }
    let help = shown.render_help().to_string();
    // What every command has says nothing.
    let usual = |line: &str| {
        ["  -h, --help ", "  -V, --version ", "  help "]
            .iter()
            .any(|usual| line.starts_with(usual))
    };
    let lines: Vec<&str> = help
        .trim()
        .lines()
        .map(str::trim_end)
        .filter(|line| !usual(line))
        .collect();
    let help = lines.join("\n").replace("Options:\n\n", "");
    let _ = write!(text, "\n{} {name}\n\n```text\n{}\n```\n", "#".repeat(level), help);
    for inner in visible(command) {
        section(inner, level + 1, text);
    }
}

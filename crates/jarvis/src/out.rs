//! The one place that prints. Standard output carries results, standard error everything said about them.
//!
//! A closed pipe (`jarvis get guests | head`) is not an error: what is left is dropped.

use rustix::termios::{LocalModes, OptionalActions, tcgetattr, tcsetattr};
use std::io::{self, IsTerminal, Write};
use zeroize::Zeroizing;

/// Prints to standard output as it is, adding a line end when there is none.
pub fn print(text: &str) {
    write(&mut io::stdout().lock(), text);
}

/// Prints to standard error as it is, adding a line end when there is none.
pub fn note(text: &str) {
    write(&mut io::stderr().lock(), text);
}

/// Prints without a line end, for a question.
pub fn ask(text: &str) {
    let mut to = io::stderr().lock();
    drop(to.write_all(text.as_bytes()).and_then(|()| to.flush()));
}

/// Whether a person can be asked.
pub fn is_interactive() -> bool {
    io::stdin().is_terminal() && io::stderr().is_terminal()
}

/// One line from standard input, without its end; none at the end of input.
pub fn read_line() -> Option<String> {
    let mut line = String::new();
    match io::stdin().read_line(&mut line) {
        Ok(0) | Err(_) => None,
        Ok(_) => Some(line.trim_end_matches(['\r', '\n']).to_owned()),
    }
}

/// One line from standard input that is not shown while it is typed.
pub fn read_secret_line() -> Option<Zeroizing<String>> {
    let stdin = io::stdin();
    let shown = tcgetattr(&stdin).ok();
    if let Some(shown) = &shown {
        let mut hidden = shown.clone();
        hidden.local_modes.remove(LocalModes::ECHO);
        let _ = tcsetattr(&stdin, OptionalActions::Flush, &hidden);
    }
    let line = read_line().map(Zeroizing::new);
    if let Some(shown) = &shown {
        let _ = tcsetattr(&stdin, OptionalActions::Flush, shown);
        note("\n");
    }
    line
}

fn write(to: &mut impl Write, text: &str) {
    let end = if text.ends_with('\n') || text.is_empty() {
        ""
    } else {
        "\n"
    };
    drop(write!(to, "{text}{end}").and_then(|()| to.flush()));
}

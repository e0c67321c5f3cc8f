//! The small shell of a simulated machine: a prompt, a line that can be edited, and the programs of [`crate::programs`], which
//! are functions of the world. It starts no process: no shell of the machine this runs on can be reached by it.

mod screen;
mod typing;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;

use crate::programs::{self, Follow, Output, Ran, line};
use crate::wire::shared::Shared;
use crate::world::place::Place;
use typing::{Key, Keys, Line};

pub use screen::{Gone, Screen};

/// Simulated time between two pictures of `top`, and between two looks at what a program waits for.
const PAINT_EVERY: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(100);
const GREETING: &str =
    "This is a simulated machine with a small shell of its own; `help` lists what it knows.\n";
const HELP: &str = "\
cat FILE              what there is below /proc, /etc/hostname
clear, exit [CODE]
df, hostname, nproc, uname, uptime, sensors
docker inspect|ps|logs|start|stop|restart NAME
ip -j route show default, ip -j link show
journalctl [-f] [-n LINES] [-u UNIT]
pct list, pvecm status, qm list
systemctl status|is-active|show|start|stop|restart UNIT
top                   repaints itself; q ends it
";
/// Exit status after Ctrl-C.
const INTERRUPTED: u8 = 130;

/// What comes from the client.
#[derive(Debug)]
pub enum Come {
    /// Typed bytes.
    Bytes(Vec<u8>),
    /// Another size: columns, rows.
    Size(u32, u32),
}

/// A shell before a screen.
pub struct Shell {
    shared: Arc<Shared>,
    place: Place,
    user: String,
    screen: Screen,
    come: mpsc::UnboundedReceiver<Come>,
    size: (u32, u32),
    keys: Keys,
    pressed: std::collections::VecDeque<Key>,
    line: Line,
    status: u8,
}

/// A client without a screen of its own says 0 by 0.
fn real(cols: u32, rows: u32) -> (u32, u32) {
    if cols == 0 || rows == 0 {
        (80, 24)
    } else {
        (cols, rows)
    }
}

/// What woke a program that runs.
enum Woken {
    Key(Key),
    Resized,
    Time,
}

impl Shell {
    /// Nothing is shown yet.
    pub fn new(
        shared: Arc<Shared>,
        (place, user): (Place, String),
        screen: Screen,
        size: (u32, u32),
        come: mpsc::UnboundedReceiver<Come>,
    ) -> Self {
        Self {
            shared,
            place,
            user,
            screen,
            come,
            size: real(size.0, size.1),
            keys: Keys::default(),
            pressed: std::collections::VecDeque::new(),
            line: Line::default(),
            status: 0,
        }
    }

    /// Until `exit`, Ctrl-D, or the client goes; before a console until the client goes.
    pub async fn run(mut self) {
        loop {
            // Over or gone: what comes next is the same.
            let _ = self.talk().await;
            let goes_on = self.screen.end(self.status).await;
            if !goes_on || self.come.is_closed() {
                return;
            }
        }
    }

    async fn talk(&mut self) -> Result<(), Gone> {
        self.write(GREETING).await?;
        self.prompt().await?;
        loop {
            match self.key().await? {
                Key::Char(character) => {
                    if self.line.push(character) {
                        self.raw(&character.to_string()).await?;
                    }
                }
                Key::Backspace => {
                    self.line.text.pop();
                    self.repaint().await?;
                }
                Key::Kill => {
                    self.line.text.clear();
                    self.repaint().await?;
                }
                key @ (Key::Up | Key::Down) => {
                    self.line.recall(key);
                    self.repaint().await?;
                }
                Key::Interrupt => {
                    self.line.text.clear();
                    self.status = INTERRUPTED;
                    self.raw("^C\r\n").await?;
                    self.prompt().await?;
                }
                Key::EndOfInput if self.line.text.is_empty() => {
                    self.raw("logout\r\n").await?;
                    return Ok(());
                }
                Key::EndOfInput => {}
                Key::Clear => {
                    self.raw("\x1b[H\x1b[2J").await?;
                    self.repaint().await?;
                }
                Key::Enter => {
                    self.raw("\r\n").await?;
                    let line = self.line.finish();
                    self.command(&line).await?;
                    self.prompt().await?;
                }
            }
        }
    }

    async fn command(&mut self, text: &str) -> Result<(), Gone> {
        let argv = match line::words(text) {
            Ok(argv) => argv,
            Err(refused) => {
                self.status = 2;
                return self
                    .write(&format!(
                        "sh: the simulated shell runs plain commands only: {refused:?}\n"
                    ))
                    .await;
            }
        };
        let words: Vec<&str> = argv.iter().map(String::as_str).collect();
        match words.as_slice() {
            [] => Ok(()),
            ["exit" | "logout", rest @ ..] => {
                self.status = rest.first().map_or(self.status, |code| code.parse().unwrap_or(2));
                Err(Gone)
            }
            ["help"] => self.write(HELP).await,
            ["clear"] => self.raw("\x1b[H\x1b[2J").await,
            ["top", ..] => self.top().await,
            ["yes"] if self.screen.waits() => self.yes().await,
            [program, ..] => {
                let program = (*program).to_owned();
                let ran = self
                    .shared
                    .with(|world| programs::run(world, &self.place, &argv, &self.user));
                self.ran(&program, ran).await
            }
        }
    }

    async fn ran(&mut self, program: &str, ran: Ran) -> Result<(), Gone> {
        match ran {
            Ran::Done(output) => self.ends(output).await,
            Ran::Missing => {
                let text =
                    format!("sh: {program}: not found; `help` lists what this simulated machine knows\n");
                self.ends(Output::failed(127, text)).await
            }
            Ran::Waits(job) => loop {
                if let Some(output) = self.shared.with(|world| programs::settled(world, &job)) {
                    return self.ends(output).await;
                }
                if let Woken::Key(Key::Interrupt) = self.woken(POLL).await? {
                    return self.interrupted().await;
                }
            },
            Ran::Follows(follow) => self.follows(follow).await,
        }
    }

    /// `journalctl -f`: until Ctrl-C.
    async fn follows(&mut self, mut follow: Follow) -> Result<(), Gone> {
        let mut text = std::mem::take(&mut follow.first);
        loop {
            if !text.is_empty() {
                self.write(&text).await?;
            }
            if let Woken::Key(Key::Interrupt) = self.woken(POLL).await? {
                return self.interrupted().await;
            }
            text = self.shared.with(|world| follow.next(world));
        }
    }

    /// Paints until `q` or Ctrl-C, and anew when the screen has another size.
    async fn top(&mut self) -> Result<(), Gone> {
        self.raw("\x1b[?1049h\x1b[?25l").await?;
        loop {
            let (cols, rows) = (self.size.0 as usize, self.size.1 as usize);
            let lines = self
                .shared
                .with(|world| programs::top(world, &self.place, cols, rows));
            let picture: Vec<String> = lines.iter().map(|line| format!("{line}\x1b[K")).collect();
            self.raw(&format!("\x1b[H{}\x1b[J", picture.join("\r\n"))).await?;
            if let Woken::Key(Key::Char('q') | Key::Interrupt) = self.woken(PAINT_EVERY).await? {
                self.status = 0;
                return self.raw("\x1b[?25h\x1b[?1049l").await;
            }
        }
    }

    /// Writes without end until Ctrl-C, as fast as it is taken.
    async fn yes(&mut self) -> Result<(), Gone> {
        let lines = "y\r\n".repeat(1000);
        loop {
            self.raw(&lines).await?;
            while let Ok(come) = self.come.try_recv() {
                self.take(come);
            }
            if self.pressed.contains(&Key::Interrupt) {
                self.pressed.clear();
                return self.interrupted().await;
            }
        }
    }

    async fn interrupted(&mut self) -> Result<(), Gone> {
        self.status = INTERRUPTED;
        self.raw("^C\r\n").await
    }

    async fn ends(&mut self, output: Output) -> Result<(), Gone> {
        self.status = output.code;
        self.write(&(output.stdout + &output.stderr)).await
    }

    /// The next key; other sizes are noted.
    async fn key(&mut self) -> Result<Key, Gone> {
        loop {
            if let Some(key) = self.pressed.pop_front() {
                return Ok(key);
            }
            let come = self.come.recv().await.ok_or(Gone)?;
            self.take(come);
        }
    }

    /// A key, another size, or the end of a span.
    async fn woken(&mut self, span: Duration) -> Result<Woken, Gone> {
        if let Some(key) = self.pressed.pop_front() {
            return Ok(Woken::Key(key));
        }
        let shared = Arc::clone(&self.shared);
        tokio::select! {
            come = self.come.recv() => {
                self.take(come.ok_or(Gone)?);
                Ok(self.pressed.pop_front().map_or(Woken::Resized, Woken::Key))
            }
            () = shared.clock.sleep(span) => Ok(Woken::Time),
        }
    }

    fn take(&mut self, come: Come) {
        match come {
            Come::Bytes(bytes) => self.pressed.extend(self.keys.take(&bytes)),
            Come::Size(cols, rows) => self.size = real(cols, rows),
        }
    }

    async fn prompt(&self) -> Result<(), Gone> {
        let prompt = self.prompt_text();
        self.raw(&prompt).await
    }

    async fn repaint(&self) -> Result<(), Gone> {
        self.raw(&format!("\r\x1b[K{}{}", self.prompt_text(), self.line.text))
            .await
    }

    fn prompt_text(&self) -> String {
        let machine = self.shared.with(|world| world.machine(&self.place));
        let name = machine.map(|machine| machine.name).unwrap_or_default();
        let mark = if self.user == "root" { '#' } else { '$' };
        format!("{}@{name}:~{mark} ", self.user)
    }

    /// Lines of a program, as a terminal shows them.
    async fn write(&self, text: &str) -> Result<(), Gone> {
        self.raw(&text.replace('\n', "\r\n")).await
    }

    async fn raw(&self, text: &str) -> Result<(), Gone> {
        self.screen.show(text).await
    }
}

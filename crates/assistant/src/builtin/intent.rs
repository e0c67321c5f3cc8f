//! What a person can mean. Names are still words here: whether there is such a guest is found out later.

use jarvis_crds::Metric;
use jarvis_model::FreezeScope;
use std::{fmt, time::Duration};

/// Words by which something is named, in small letters: `the vm web-01`, `it`.
pub type Phrase = String;

/// What is meant.
#[derive(Debug, Clone, PartialEq)]
pub enum Intent {
    /// Good day.
    Hello,
    /// Thank you.
    Thanks,
    /// Who or what are you?
    Who,
    /// What can you do?
    Help,
    /// A word of consent, which confirms nothing here.
    Yes,
    /// How is the whole?
    Status,
    /// May the cluster decide?
    Quorum,
    /// One thing's figure, or all of them.
    Look(Aspect, Option<Phrase>),
    /// How a figure went over a time, of one thing or of all.
    Over(Aspect, Option<Phrase>, Span),
    /// Which ones are there?
    List(Listed),
    /// How many are there?
    Count(Listed),
    /// Why is that so?
    Why(Whyness, Option<Phrase>),
    /// Why may that not be done, or what would it do?
    Would(Box<Command>),
    /// What happened?
    Past(Past),
    /// What will you do next?
    Plan,
    /// Do the manifests say what is?
    Sync,
    /// What waits for a person?
    Waiting,
    /// What is frozen or held?
    Frozen,
    /// Something to be done.
    Command(Command),
    /// Stop acting.
    Freeze {
        /// How much of it.
        scope: FreezeScope,
        /// For how long.
        ttl: Option<Duration>,
        /// Why, as it was written.
        reason: Option<String>,
    },
    /// Act again: never done from words.
    Thaw,
    /// Something to be so from now on.
    Wishes(Vec<Wish>),
    /// Something to be remembered, forgotten, or told of what is remembered.
    Memory(Recall),
    /// It sounds like a command, and is none.
    Caution(Caution),
}

/// What is wanted of the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Recall {
    /// To take this down, as it was typed.
    Remember(String),
    /// To keep a choice of this name, in these words.
    Prefer(&'static str, String),
    /// To forget what says this.
    Forget(String),
    /// To forget the entry with this number.
    ForgetNumber(u64),
    /// To tell what is remembered, of something or at all.
    Show(Option<Phrase>),
}

/// A figure or fact of a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aspect {
    /// How it is.
    State,
    /// Processor use.
    Cpu,
    /// Memory in use.
    Memory,
    /// Disk in use; of the cluster: storages.
    Disk,
    /// Degrees.
    Temperature,
    /// Since when it runs.
    Uptime,
    /// On which node it is.
    Place,
    /// Its services.
    Services,
    /// Its newest backup.
    Backup,
    /// Packages with a newer version.
    Updates,
    /// Whether it is protected.
    Protection,
}

/// What can be listed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Listed {
    /// All guests.
    Guests,
    /// Those that run.
    Running,
    /// Those that do not.
    Stopped,
    /// Those of a node.
    On(Phrase),
    /// Those nobody may interrupt, nodes too.
    Protected,
    /// Those that use most of it.
    Most(Aspect),
    /// Those without a manifest.
    Undeclared,
    /// Nodes.
    Nodes,
    /// Storages.
    Storages,
    /// Services.
    Services,
    /// Open issues.
    Issues,
    /// Proposals that wait.
    Proposals,
    /// Requests that are not over.
    Tickets,
    /// Runbooks.
    Runbooks,
    /// Thresholds.
    Thresholds,
}

/// What is wondered at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whyness {
    /// It is slow.
    Slow,
    /// It is stopped, was stopped, is not started.
    Down,
    /// It was started, restarted, shut down.
    Acted,
    /// It is red, yellow, unwell, not as declared.
    Unwell,
}

/// What is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verb {
    /// Start a guest or service.
    Start,
    /// Shut a guest or node down; stop a service.
    Stop,
    /// Cut a guest's power.
    Kill,
    /// Reboot a guest or node, restart a service.
    Restart,
    /// Press the reset button.
    Reset,
    /// Wake a node.
    Wake,
    /// Take a snapshot.
    Snapshot,
    /// Move a guest.
    Migrate,
    /// Destroy a guest: understood so that the guard can refuse it.
    Destroy,
}

/// A command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// What to do.
    pub verb: Verb,
    /// To what.
    pub what: Phrase,
    /// On which host, to which node, or under which name.
    pub with: Option<Phrase>,
}

/// Something to be so from now on.
#[derive(Debug, Clone, PartialEq)]
pub enum Wish {
    /// It runs.
    Keep(Phrase),
    /// It stays off.
    Leave(Phrase),
    /// It is nobody's business but a person's.
    Release(Phrase),
    /// A word when a figure passes a limit.
    Warn {
        /// Whose.
        what: Phrase,
        /// Which.
        metric: Metric,
        /// Percent, or degrees.
        above: u32,
    },
}

/// The past, asked about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Past {
    /// Of what kind.
    pub what: Deeds,
    /// About which thing.
    pub about: Option<Phrase>,
    /// When.
    pub span: Span,
}

/// What is asked about the past.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Deeds {
    /// What Jarvis mended.
    Mended,
    /// All of it.
    All,
    /// What a person did.
    By(Phrase),
}

/// A time in the past.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Span {
    /// Nothing was said.
    Lately,
    /// Since midnight.
    Today,
    /// The day before.
    Yesterday,
    /// From 18:00 to 08:00.
    LastNight,
    /// Since Monday.
    ThisWeek,
    /// The week before.
    LastWeek,
    /// Since that day of the week, 1 for Monday.
    Since(i8),
    /// On that day of the week, 1 for Monday.
    On(i8),
    /// The last so many hours.
    Hours(u32),
}

/// Why something that sounds like a command is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caution {
    /// It says not to.
    Negated,
    /// It depends on something, or is for later.
    Conditional,
    /// It is asked, not said.
    Asked,
    /// Somebody else's words.
    Quoted,
    /// It is more than one.
    Several,
}

impl fmt::Display for Intent {
    /// As the corpus writes it: `command restart media`, `wishes keep media + warn media disk 80`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let some =
            |phrase: &Option<Phrase>| phrase.as_ref().map(|what| format!(" {what}")).unwrap_or_default();
        let word = |debug: &dyn fmt::Debug| format!("{debug:?}").to_lowercase();
        match self {
            Self::Look(aspect, what) => write!(f, "look {}{}", word(aspect), some(what)),
            Self::Over(aspect, what, span) => {
                write!(f, "over {}{} {}", word(aspect), some(what), word(span))
            }
            Self::List(what) => write!(f, "list {}", listed(what)),
            Self::Count(what) => write!(f, "count {}", listed(what)),
            Self::Why(why, what) => write!(f, "why {}{}", word(why), some(what)),
            Self::Would(command) => write!(f, "would {command}"),
            Self::Past(past) => {
                let deeds = match &past.what {
                    Deeds::By(who) => format!("by {who}"),
                    other => word(other),
                };
                write!(f, "past {deeds}{} {}", some(&past.about), word(&past.span))
            }
            Self::Command(command) => write!(f, "command {command}"),
            Self::Freeze { scope, ttl, reason } => {
                let ttl = ttl.map(|ttl| format!(" {}s", ttl.as_secs())).unwrap_or_default();
                let reason = reason
                    .as_ref()
                    .map(|why| format!(" because {why}"))
                    .unwrap_or_default();
                write!(f, "freeze {}{ttl}{reason}", word(scope))
            }
            Self::Wishes(wishes) => {
                let wishes: Vec<String> = wishes.iter().map(ToString::to_string).collect();
                write!(f, "wishes {}", wishes.join(" + "))
            }
            Self::Caution(why) => write!(f, "caution {}", word(why)),
            other => f.write_str(&word(other)),
        }
    }
}

fn listed(what: &Listed) -> String {
    match what {
        Listed::On(node) => format!("on {node}"),
        Listed::Most(aspect) => format!("most {aspect:?}").to_lowercase(),
        other => format!("{other:?}").to_lowercase(),
    }
}

impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", format!("{:?}", self.verb).to_lowercase(), self.what)?;
        match &self.with {
            Some(with) => write!(f, " / {with}"),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Wish {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Keep(what) => write!(f, "keep {what}"),
            Self::Leave(what) => write!(f, "leave {what}"),
            Self::Release(what) => write!(f, "release {what}"),
            Self::Warn { what, metric, above } => {
                write!(f, "warn {what} {} {above}", format!("{metric:?}").to_lowercase())
            }
        }
    }
}

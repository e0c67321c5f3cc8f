//! Patterns of commands and wishes. Each fits a whole sentence, politeness taken off: what a word before or after it could
//! turn round is no command.

use super::{
    intent::{Command, Phrase, Verb, Wish},
    pattern::{Pattern, Slots},
    words::Word,
};
use jarvis_crds::Metric;
use std::sync::LazyLock;

/// Patterns of each verb. `<with>` is a host, a destination or a name.
const COMMANDS: &[(Verb, &[&str])] = &[
    (
        Verb::Kill,
        &[
            "(force stop|force-stop|forcestop|hard stop|hard-stop|kill|force off) <what>",
            "(stop|power off|switch off|turn off) <what> (hard|by force|forcibly|forcefully)",
            "force <what> to stop",
            "(cut|pull) the (power|plug) (of|from|on|to) <what>",
            "(power off|power down) hard <what>",
        ],
    ),
    (
        Verb::Snapshot,
        &[
            "(take|make|create) a snapshot of <what> (as|called|named) <with>",
            "(take|make|create) a snapshot of <what>",
            "snapshot <what> (as|called|named) <with>",
            "snapshot <what>",
        ],
    ),
    (Verb::Migrate, &["(migrate|move) <what> (to|onto|over to) <with>"]),
    (
        Verb::Restart,
        &[
            "(restart|reboot|bounce|power cycle|power-cycle) [the] [service] <what> (on|in|at) <with>",
            "(restart|reboot|bounce|power cycle|power-cycle) <what> [again|once more]",
            "(stop and start|turn off and on) <what> [again]",
            "give <what> a (restart|reboot)",
        ],
    ),
    (Verb::Reset, &["[hard] (reset|hard-reset) <what>"]),
    (
        Verb::Start,
        &[
            "(start|start up|bring up|launch) [the] service <what> (on|in|at) <with>",
            "(start|start up|boot|boot up|power on|power up|switch on|turn on|bring up|fire up|launch|spin up) <what> [up|again|up again]",
            "(turn|switch|power) <what> (on|back on)",
            "bring <what> (up|back|back up|online|back online)",
            "(start) <what> (on|in|at) <with>",
        ],
    ),
    (
        Verb::Stop,
        &[
            "(stop) [the] [service] <what> (on|in|at) <with>",
            "(stop|shut down|shutdown|shut off|halt|power off|power down|switch off|turn off|take down|bring down) <what> [gracefully|cleanly|gently|softly]",
            "(shut|turn|switch|power|take|bring) <what> (down|off) [gracefully|cleanly|gently]",
        ],
    ),
    (
        Verb::Wake,
        &[
            "wake <what> up",
            "(wake|wake up|awaken) <what>",
            "send [a] (wol|wake-on-lan) [packet] to <what>",
        ],
    ),
    (
        Verb::Destroy,
        &[
            "(destroy|delete|remove|erase|wipe) (guest|vm|container|the guest|the vm|the container) <what>",
            "(destroy|delete) <what>",
        ],
    ),
];

/// Doing words, for questions: `what would restarting media do`.
const DOING: &[(Verb, &[&str])] = &[
    (Verb::Restart, &["restarting", "rebooting"]),
    (Verb::Start, &["starting", "booting"]),
    (Verb::Stop, &["stopping", "shutting down", "turning off"]),
    (Verb::Wake, &["waking"]),
    (Verb::Snapshot, &["snapshotting"]),
];

const KEEP: &[&str] = &[
    "[always] keep <what> (running|up|alive|online|always on|always running|up and running|on|started|going)",
    "(make sure|ensure|see to it|take care) [that] <what> (is always|always|stays|keeps|remains|is kept|is|will always|will) (running|on|up|runs|run|online|be running|be on)",
    "(make sure|ensure|see to it|take care) [that] <what> (always runs|keeps running|stays up)",
    "<what> (should|must|shall|has to|needs to) (always run|always be running|always be on|always be up|be always on|keep running|stay on|stay up|stay running|be kept running|run at all times)",
    "always (run|keep running) <what>",
    "i (want|wish) <what> (always|to always|to be always|to stay|to keep|to be kept) (running|on|up|run|be running)",
    "(set|switch|put) <what> to (always on|always run|always running|always)",
];

const LEAVE: &[&str] = &[
    "(keep|leave) <what> (off|stopped|down|shut down|switched off|turned off|powered off)",
    "(make sure|ensure|see to it) [that] <what> (stays|is kept|remains|is always) (off|stopped|down|shut down)",
    "<what> (should|must|shall|has to) (stay|remain|be kept|always be) (off|stopped|down|shut down)",
    "(set|switch|put) <what> to (always off|halted)",
];

const RELEASE: &[&str] = &[
    "stop keeping <what> (running|up|on|alive|off|stopped|down)",
    "(stop|cease) (managing|minding|looking after) <what>",
    "leave <what> alone",
    "leave <what> to me",
];

const WARN: &[&str] = &[
    "(warn|alert|notify|tell|mail|email|inform|ping|message) me [as soon as|when|if|once|whenever] <figure> (<beyond>) <limit>",
    "let me know [as soon as|when|if|once|whenever] <figure> (<beyond>) <limit>",
    "(raise|send|give) [me] (an alert|a warning|an alarm) [as soon as|when|if|once|whenever] <figure> (<beyond>) <limit>",
];

/// Ways to say that a figure passes a limit.
const BEYOND: &str = "passes|exceeds|surpasses|goes above|goes over|goes past|goes beyond|gets above|gets over|is above|is over|\
                      is past|rises above|climbs above|climbs over|reaches|hits|is more than|is higher than|gets past|\
                      use passes|use exceeds|usage passes|usage exceeds|usage goes above|use goes above|usage is above|\
                      use is above|is fuller than|gets hotter than|is hotter than";

const FIGURES: &[(Metric, &str)] = &[
    (Metric::Disk, "disk|disc|disk space|root disk|hard disk"),
    (Metric::Memory, "memory|ram|mem"),
    (Metric::Cpu, "cpu|processor|cpu load|processor load"),
    (Metric::Temperature, "temperature|temp"),
];

/// A wish about a named thing.
type MakeWish = fn(Phrase) -> Wish;

struct Orders {
    commands: Vec<(Verb, Pattern)>,
    doing: Vec<(Verb, Pattern)>,
    wishes: Vec<(MakeWish, Pattern)>,
    warnings: Vec<Pattern>,
    figures: Vec<(Metric, Pattern)>,
}

static ORDERS: LazyLock<Orders> = LazyLock::new(|| {
    let commands = COMMANDS
        .iter()
        .flat_map(|(verb, texts)| texts.iter().map(|text| (*verb, Pattern::read(text))));
    let doing = DOING.iter().flat_map(|(verb, texts)| {
        let after = |text: &&str| (*verb, Pattern::read(&format!("({text}) <what>")));
        let on = |text: &&str| {
            (
                *verb,
                Pattern::read(&format!("({text}) <what> (on|in|at) <with>")),
            )
        };
        texts
            .iter()
            .map(on)
            .chain(texts.iter().map(after))
            .collect::<Vec<_>>()
    });
    let kept: [(MakeWish, &[&str]); 3] = [(Wish::Keep, KEEP), (Wish::Leave, LEAVE), (Wish::Release, RELEASE)];
    let wishes = kept
        .into_iter()
        .flat_map(|(make, texts)| texts.iter().map(move |text| (make, Pattern::read(text))));
    let figures = FIGURES.iter().flat_map(|(metric, words)| {
        let whose = Pattern::read(&format!("<what> 's ({words}) [use|usage]"));
        let of = Pattern::read(&format!("[the] ({words}) [use|usage] (of|on|in) <what>"));
        let its = Pattern::read(&format!("<its> ({words}) [use|usage]"));
        [(*metric, whose), (*metric, of), (*metric, its)]
    });
    Orders {
        commands: commands.collect(),
        doing: doing.collect(),
        wishes: wishes.collect(),
        warnings: WARN
            .iter()
            .map(|text| Pattern::read(&text.replace("<beyond>", BEYOND)))
            .collect(),
        figures: figures.collect(),
    }
});

/// The words a name stands for, as one text.
pub(super) fn phrase(words: &[Word]) -> Phrase {
    let low: Vec<&str> = words.iter().map(|word| word.low.as_str()).collect();
    low.join(" ").replace(" 's", "'s")
}

fn slot(slots: &Slots<'_>, name: &str) -> Option<Phrase> {
    slots.get(name).map(|words| phrase(words))
}

/// The command that these words are, from the first to the last.
pub(super) fn command(words: &[Word]) -> Option<Command> {
    of(&ORDERS.commands, words)
}

/// The same as a doing word: `restarting media`.
pub(super) fn doing(words: &[Word]) -> Option<Command> {
    of(&ORDERS.doing, words)
}

fn of(patterns: &[(Verb, Pattern)], words: &[Word]) -> Option<Command> {
    patterns.iter().find_map(|(verb, pattern)| {
        let slots = pattern.fit(words)?;
        Some(Command {
            verb: *verb,
            what: slot(&slots, "what")?,
            with: slot(&slots, "with"),
        })
    })
}

/// The wish that these words are, from the first to the last. What `its disk` belongs to is said before.
pub(super) fn wish(words: &[Word], before: Option<&str>) -> Option<Wish> {
    let warned = ORDERS.warnings.iter().find_map(|pattern| {
        let slots = pattern.fit(words)?;
        warning(slots.get("figure")?, slots.get("limit")?, before)
    });
    warned.or_else(|| {
        ORDERS.wishes.iter().find_map(|(make, pattern)| {
            let what = slot(&pattern.fit(words)?, "what")?;
            let this = matches!(what.as_str(), "it" | "this" | "that")
                .then_some(before)
                .flatten();
            Some(make(this.map_or(what, str::to_owned)))
        })
    })
}

fn warning(figure: &[Word], limit: &[Word], before: Option<&str>) -> Option<Wish> {
    let (metric, what) = ORDERS.figures.iter().find_map(|(metric, pattern)| {
        let slots = pattern.fit(figure)?;
        let its = slot(&slots, "its");
        let what = match its.as_deref() {
            Some("its" | "the" | "it's") => before.unwrap_or("it").to_owned(),
            Some(other) => other.to_owned(),
            None => slot(&slots, "what")?,
        };
        Some((*metric, what))
    })?;
    let limit: Vec<&str> = limit.iter().map(|word| word.low.as_str()).collect();
    let number = match limit.as_slice() {
        [number]
        | [number, "%" | "degrees" | "c"]
        | [number, "per", "cent"]
        | [number, "%", "c"]
        | [number, "degrees", "celsius"] => number.parse().ok()?,
        _ => return None,
    };
    let within = (1..=if metric == Metric::Temperature { 150 } else { 99 }).contains(&number);
    within.then_some(Wish::Warn {
        what,
        metric,
        above: number,
    })
}

//! From a name to the thing that has it. Only a name that is exactly one thing's leads to it; whatever is near is asked back.

use super::{
    Asked, Said, Topic,
    saying::{Saying, is_plain_name, list},
};
use jarvis_model::{GuestObserved, NodeName, Vmid};

/// Things asked back at once.
const MOST: usize = 5;
/// Words before a name that say what kind of thing it is, or nothing.
const BEFORE: &[(&str, Option<Kind>)] = &[
    ("the", None),
    ("my", None),
    ("our", None),
    ("machine", None),
    ("server", None),
    ("box", None),
    ("number", Some(Kind::Guest)),
    ("no", Some(Kind::Guest)),
    ("vmid", Some(Kind::Guest)),
    ("id", Some(Kind::Guest)),
    ("guest", Some(Kind::Guest)),
    ("guests", Some(Kind::Guest)),
    ("vm", Some(Kind::Guest)),
    ("virtual", Some(Kind::Guest)),
    ("container", Some(Kind::Guest)),
    ("ct", Some(Kind::Guest)),
    ("lxc", Some(Kind::Guest)),
    ("node", Some(Kind::Node)),
    ("host", Some(Kind::Node)),
    ("hypervisor", Some(Kind::Node)),
];

/// A guest or a node.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A guest.
    Guest,
    /// A node.
    Node,
}

/// A thing of the cluster.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Target {
    /// A guest.
    Guest(Vmid),
    /// A node.
    Node(NodeName),
}

/// What a phrase names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// Exactly this.
    One(Target),
    /// Each of these, exactly.
    Several(Vec<Target>),
    /// Nothing; these are near.
    Near(String, Vec<Target>),
    /// `it`, and nothing was spoken of.
    Nothing,
}

impl Target {
    /// What a conversation is then about.
    pub fn topic(&self) -> Topic {
        match self {
            Self::Guest(vmid) => Topic::Guest { vmid: *vmid },
            Self::Node(node) => Topic::Node { node: node.clone() },
        }
    }
}

/// What a phrase names, of this kind or of either.
pub(super) fn named(asked: &Asked<'_>, phrase: &str, wanted: Option<Kind>) -> Named {
    if matches!(
        phrase,
        "it" | "that" | "this" | "that one" | "this one" | "him" | "her" | "the same" | "them"
    ) {
        return match asked.earlier {
            Some(Topic::Guest { vmid }) => Named::One(Target::Guest(*vmid)),
            Some(Topic::Node { node }) => Named::One(Target::Node(node.clone())),
            _ => Named::Nothing,
        };
    }
    let (kind, name) = stripped(phrase);
    let kind = kind.or(wanted);
    if let Some(target) = numbered(asked, &name) {
        return Named::One(target);
    }
    let mut exact = having(asked, kind, |known| known.eq_ignore_ascii_case(&name));
    match exact.len() {
        0 => {}
        1 => return exact.pop().map_or(Named::Nothing, Named::One),
        _ => return Named::Several(exact),
    }
    let near = near(asked, kind, &name);
    Named::Near(name, near)
}

/// The name in a phrase.
pub(super) fn bare_name(phrase: &str) -> String {
    stripped(phrase).1
}

/// The phrase without what only says what kind of thing it is.
fn stripped(phrase: &str) -> (Option<Kind>, String) {
    let mut words: Vec<&str> = phrase.split(' ').collect();
    let mut kind = None;
    while words.len() > 1 {
        let Some((_, said)) = BEFORE.iter().find(|(word, _)| *word == words[0]) else {
            break;
        };
        kind = kind.or(*said);
        words.remove(0);
    }
    let after = [
        "guest",
        "vm",
        "container",
        "node",
        "machine",
        "server",
        "box",
        "host",
    ];
    if words.len() > 1
        && let Some(last) = words.last().copied().filter(|last| after.contains(last))
    {
        let said = BEFORE.iter().find(|(word, _)| *word == last);
        kind = kind.or(said.and_then(|(_, kind)| *kind));
        words.pop();
    }
    let name = words.join(" ");
    (kind, name.trim_start_matches('#').to_owned())
}

/// `101`, or `101 web-01` when that is its name.
fn numbered(asked: &Asked<'_>, name: &str) -> Option<Target> {
    let (number, rest) = name.split_once(' ').unwrap_or((name, ""));
    let vmid: Vmid = number.parse().ok()?;
    let guest = asked.moment.view.observed.guests.get(&vmid)?;
    let own = guest.name.as_deref().unwrap_or_default();
    (rest.is_empty() || own.eq_ignore_ascii_case(rest)).then_some(Target::Guest(vmid))
}

fn having(asked: &Asked<'_>, kind: Option<Kind>, fits: impl Fn(&str) -> bool) -> Vec<Target> {
    let observed = &asked.moment.view.observed;
    let guests = observed.guests.values().filter(|_| kind != Some(Kind::Node));
    let guests = guests
        .filter(|guest| guest.name.as_deref().is_some_and(&fits))
        .map(|guest| Target::Guest(guest.vmid));
    let nodes = observed.nodes.keys().filter(|_| kind != Some(Kind::Guest));
    let nodes = nodes
        .filter(|node| fits(node.as_str()))
        .map(|node| Target::Node(node.clone()));
    guests.chain(nodes).collect()
}

/// Things whose names are near: one holds the other, or a letter or two differ.
fn near(asked: &Asked<'_>, kind: Option<Kind>, name: &str) -> Vec<Target> {
    let joined = name.to_ascii_lowercase().replace(' ', "-");
    if joined.len() < 2 || joined.len() > 40 {
        return Vec::new();
    }
    let mut found = having(asked, kind, |known| known.to_ascii_lowercase().contains(&joined));
    if found.is_empty() {
        let allowed = if joined.len() < 4 { 1 } else { 2 };
        found = having(asked, kind, |known| {
            distance(&known.to_ascii_lowercase(), &joined, allowed)
        });
    }
    found
}

/// Whether at most so many letters differ; two that changed places count as one.
fn distance(a: &str, b: &str, allowed: usize) -> bool {
    let (a, b) = (a.as_bytes(), b.as_bytes());
    if a.len().abs_diff(b.len()) > allowed {
        return false;
    }
    let width = b.len() + 1;
    let mut two: Vec<usize> = vec![0; width];
    let mut one: Vec<usize> = (0..width).collect();
    for (i, x) in a.iter().enumerate() {
        let mut row = vec![i + 1; width];
        for (j, y) in b.iter().enumerate() {
            let changed = one[j] + usize::from(x != y);
            row[j + 1] = changed.min(one[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *x == b[j - 1] && a[i - 1] == *y {
                row[j + 1] = row[j + 1].min(two[j - 1] + 1);
            }
        }
        two = std::mem::replace(&mut one, row);
    }
    one[b.len()] <= allowed
}

/// The thing a phrase names, or the question back. `say` is what would be said of it, `{}` standing for its name.
pub(super) fn one(asked: &Asked<'_>, phrase: &str, kind: Option<Kind>, say: &str) -> Result<Target, Said> {
    match named(asked, phrase, kind) {
        Named::One(target) => Ok(target),
        Named::Nothing => Err(Saying::new("Which one do you mean? I have none in mind from before.").done()),
        Named::Several(several) => Err(which(asked, phrase, &several, say)),
        Named::Near(name, near) => Err(unknown(asked, &name, kind, &near, say)),
    }
}

fn which(asked: &Asked<'_>, phrase: &str, several: &[Target], say: &str) -> Said {
    let names: Vec<String> = several.iter().map(|target| described(asked, target)).collect();
    let begin = format!("{} of that name: ", super::saying::count(several.len(), "thing"));
    let text = format!("I know {begin}{}. Which do you mean?", list(&capped(names)));
    let _ = phrase;
    choice(asked, Saying::new(text), several, say)
}

fn unknown(asked: &Asked<'_>, name: &str, kind: Option<Kind>, near: &[Target], say: &str) -> Said {
    let name = super::saying::line(name);
    let what = match kind {
        Some(Kind::Guest) => "guest",
        Some(Kind::Node) => "node",
        None => "guest or node",
    };
    if asked.moment.view.observed.looked_at.is_none() {
        return Saying::new("I have not had a complete look at the cluster yet, so I know no names.").done();
    }
    if near.is_empty() {
        return Saying::new(format!("There is no {what} called {name}."))
            .suggest("list guests")
            .suggest("list nodes")
            .done();
    }
    let names: Vec<String> = near.iter().map(|target| described(asked, target)).collect();
    let (is, which) = match near {
        [_] => ("is", "Do you mean that one?"),
        _ => ("are", "Which do you mean?"),
    };
    let text = format!(
        "There is no {what} called {name}; the closest {is} {}. {which}",
        list(&capped(names))
    );
    choice(asked, Saying::new(text), near, say)
}

fn capped(mut names: Vec<String>) -> Vec<String> {
    let more = names.len().saturating_sub(MOST);
    if more > 0 {
        names.truncate(MOST);
        names.push(format!("{more} more"));
    }
    names
}

fn described(asked: &Asked<'_>, target: &Target) -> String {
    match target {
        Target::Guest(vmid) => match asked.node_of(*vmid) {
            Some(node) => format!("{} on {node}", asked.guest(*vmid)),
            None => asked.guest(*vmid),
        },
        Target::Node(node) => format!("node {node}"),
    }
}

/// The answer with each of them to be said.
fn choice(asked: &Asked<'_>, mut saying: Saying, among: &[Target], say: &str) -> Said {
    let guests = &asked.moment.view.observed.guests;
    let own = |target: &Target| match target {
        Target::Guest(vmid) => guests.get(vmid).map(|guest| unique(among, guest, asked)),
        Target::Node(node) => Some(format!("node {node}")),
    };
    let names: Vec<String> = among.iter().take(MOST).filter_map(own).collect();
    for name in &names {
        saying = saying.suggest(say.replace("{}", name));
    }
    saying
        .about(Topic::Choice {
            say: say.to_owned(),
            among: names,
        })
        .done()
}

/// The guest's name when no other of them has it, else its number.
fn unique(among: &[Target], guest: &GuestObserved, asked: &Asked<'_>) -> String {
    let observed = &asked.moment.view.observed;
    let same = |target: &&Target| match target {
        Target::Guest(vmid) => observed
            .guests
            .get(vmid)
            .is_some_and(|other| other.name == guest.name),
        Target::Node(node) => guest.name.as_deref() == Some(node.as_str()),
    };
    match guest.name.as_deref() {
        Some(name) if is_plain_name(name) && among.iter().filter(same).count() == 1 => name.to_owned(),
        _ => guest.vmid.to_string(),
    }
}

/// What was said about one of several, when the text is nothing but the name of one of them.
pub(super) fn chosen(text: &str, earlier: Option<&Topic>) -> Option<String> {
    let Some(Topic::Choice { say, among }) = earlier else {
        return None;
    };
    let said = text.trim().trim_end_matches(['.', '!']).trim();
    let bare = |name: &str| {
        name.trim_start_matches("node ")
            .trim_start_matches("guest ")
            .to_owned()
    };
    let fits = |name: &&String| bare(name).eq_ignore_ascii_case(&bare(said));
    let mut fitting = among.iter().filter(fits);
    let (only, None) = (fitting.next()?, fitting.next()) else {
        return None;
    };
    Some(say.replace("{}", only))
}

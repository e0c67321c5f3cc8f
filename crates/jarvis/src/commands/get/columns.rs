//! What each list asks for and shows: the query, and one column a line.

use crate::{
    cli::show::Things,
    commands::field::{age, bytes, cell, degrees, figure, percent, share, short, span, word},
};
use serde_json::Value;

/// One entry of a list, looked at now.
pub struct Row<'a> {
    /// The entry.
    pub value: &'a Value,
    /// The time.
    pub now: jiff::Timestamp,
}

/// Head and content of a column.
pub type Column = (&'static str, fn(&Row) -> String);

/// A list.
pub struct List {
    /// The query.
    pub query: &'static str,
    /// The field of the answer that holds it.
    pub field: &'static str,
    /// Its columns.
    pub columns: &'static [Column],
}

impl Row<'_> {
    fn at(&self, path: &str) -> &Value {
        self.value.pointer(path).unwrap_or(&Value::Null)
    }

    fn text(&self, path: &str) -> String {
        cell(self.at(path))
    }

    fn word(&self, path: &str) -> String {
        word(self.at(path))
    }

    fn small(&self, path: &str) -> String {
        self.word(path).to_lowercase()
    }

    fn age(&self, path: &str) -> String {
        age(self.at(path), self.now)
    }

    fn yes(&self, path: &str) -> String {
        self.at(path)
            .as_bool()
            .map_or("-", |yes| if yes { "yes" } else { "no" })
            .to_owned()
    }

    /// The first of these that has a value.
    fn first(&self, paths: &[&str]) -> String {
        let found = paths
            .iter()
            .map(|path| self.at(path))
            .find(|value| !value.is_null());
        cell(found.unwrap_or(&Value::Null))
    }
}

/// The list of these things.
pub fn list(things: Things) -> &'static List {
    match things {
        Things::Clusters => &CLUSTERS,
        Things::Nodes => &NODES,
        Things::Guests => &GUESTS,
        Things::Services => &SERVICES,
        Things::Limits => &LIMITS,
        Things::Resources => &RESOURCES,
        Things::Issues => &ISSUES,
        Things::Alerts => &ALERTS,
        Things::Decisions => &DECISIONS,
        Things::Events => &EVENTS,
        Things::Tickets => &TICKETS,
        Things::Intents => &INTENTS,
        Things::Holds => &HOLDS,
        Things::Storage => &STORAGE,
        Things::Tasks => &TASKS,
    }
}

static CLUSTERS: List = List {
    query: "{ clusters { name nodesOnline nodesTotal guestsRunning guestsTotal issuesOpen revision \
            quorum { quorate unknownReason } loop { ready lastLookAt lookFailure actingStopped lastPassMillis } } \
            freeze { state scope by reason until } revision { sourceFailure pendingErrors } }",
    field: "clusters",
    columns: &[
        ("NAME", |row| row.text("/name")),
        ("READY", |row| row.yes("/loop/ready")),
        ("QUORATE", |row| row.yes("/quorum/quorate")),
        ("NODES", |row| {
            format!("{}/{}", row.text("/nodesOnline"), row.text("/nodesTotal"))
        }),
        ("GUESTS", |row| {
            format!("{}/{}", row.text("/guestsRunning"), row.text("/guestsTotal"))
        }),
        ("ISSUES", |row| row.text("/issuesOpen")),
        ("REVISION", |row| short(row.at("/revision"))),
        ("FREEZE", |row| {
            let scope = row.first(&["/freeze/scope", "/freeze/state"]).to_lowercase();
            let by_file = row.at("/freeze/by") == jarvis_model::Freeze::FILE;
            scope + if by_file { " (file)" } else { "" }
        }),
        ("TROUBLE", |row| {
            row.first(&[
                "/loop/actingStopped",
                "/loop/lookFailure",
                "/source/sourceFailure",
                "/source/pendingErrors/0",
            ])
        }),
    ],
};

static NODES: List = List {
    query: "{ nodes { name status uptimeSeconds guests guestsRunning votes haState protected resource unknownReason \
            usage { cpu memBytes maxMemBytes } host { temperature load } } }",
    field: "nodes",
    columns: &[
        ("NAME", |row| row.text("/name")),
        ("STATUS", |row| row.word("/status")),
        ("GUESTS", |row| {
            format!("{}/{}", row.text("/guestsRunning"), row.text("/guests"))
        }),
        ("CPU", |row| percent(row.at("/usage/cpu"))),
        ("MEMORY", |row| {
            share(row.at("/usage/memBytes"), row.at("/usage/maxMemBytes"))
        }),
        ("TEMP", |row| degrees(row.at("/host/temperature"))),
        ("LOAD", |row| {
            let load = row.at("/host/load").as_f64();
            load.map_or_else(|| "-".to_owned(), |load| format!("{load:.1}"))
        }),
        ("UPTIME", |row| span(row.at("/uptimeSeconds"))),
        ("VOTES", |row| row.text("/votes")),
        ("PROTECTED", |row| row.yes("/protected")),
        ("RESOURCE", |row| row.text("/resource")),
    ],
};

static GUESTS: List = List {
    query: "query($first: Int!, $after: String) { guests(first: $first, after: $after) { nodes { vmid name kind node \
            status statusWord uptimeSeconds lock haState template protected resource runStrategy \
            usage { cpu memBytes maxMemBytes } } pageInfo { hasNextPage endCursor } } }",
    field: "guests",
    columns: &[
        ("VMID", |row| row.text("/vmid")),
        ("NAME", |row| row.text("/name")),
        ("KIND", |row| row.small("/kind")),
        ("NODE", |row| row.text("/node")),
        ("STATUS", |row| match row.at("/template").as_bool() {
            Some(true) => "template".to_owned(),
            _ => row.text("/statusWord"),
        }),
        ("CPU", |row| percent(row.at("/usage/cpu"))),
        ("MEMORY", |row| bytes(row.at("/usage/memBytes"))),
        ("UPTIME", |row| span(row.at("/uptimeSeconds"))),
        ("LOCK", |row| row.text("/lock")),
        ("STRATEGY", |row| row.word("/runStrategy")),
        ("PROTECTED", |row| row.yes("/protected")),
    ],
};

static RESOURCES: List = List {
    query: "{ resources { key kind name hold { scope until } \
            status { sync health since observedRevision headline { type reason message } } } }",
    field: "resources",
    columns: &[
        ("RESOURCE", |row| row.text("/key")),
        ("SYNC", |row| row.word("/status/sync")),
        ("HEALTH", |row| row.word("/status/health")),
        ("CONDITION", |row| row.word("/status/headline/type")),
        ("REASON", |row| row.text("/status/headline/reason")),
        ("HOLD", |row| row.text("/hold/scope")),
        ("MESSAGE", |row| row.text("/status/headline/message")),
    ],
};

static ISSUES: List = List {
    query: "{ issues { key resource summary openedAt attempts attemptsLeft escalatedAt healthySince announcedAt \
            lastOutcome } }",
    field: "issues",
    columns: &[
        ("ISSUE", |row| row.text("/key")),
        ("AGE", |row| row.age("/openedAt")),
        ("ATTEMPTS", |row| row.text("/attempts")),
        ("LEFT", |row| row.text("/attemptsLeft")),
        ("STATE", |row| {
            let states = [
                ("/escalatedAt", "escalated"),
                ("/healthySince", "healthy"),
                ("/announcedAt", "announced"),
            ];
            states
                .iter()
                .find(|(path, _)| !row.at(path).is_null())
                .map_or("open", |(_, state)| state)
                .to_owned()
        }),
        ("SUMMARY", |row| row.text("/summary")),
    ],
};

static ALERTS: List = List {
    query: "{ alerts { id severity resource title detail since issue } }",
    field: "alerts",
    columns: &[
        ("SEVERITY", |row| row.word("/severity")),
        ("SINCE", |row| row.age("/since")),
        ("RESOURCE", |row| row.text("/resource")),
        ("TITLE", |row| row.text("/title")),
        ("DETAIL", |row| row.text("/detail")),
    ],
};

static DECISIONS: List = List {
    query: "{ decisions { id action { text } resource origin issue ticket \
            verdict { word tier code rule reason until } attempt evidence } }",
    field: "decisions",
    columns: DECISION,
};

/// Decisions, in their own list and in plans.
pub static DECISION: &[Column] = &[
    ("ID", |row| short(row.at("/id"))),
    ("ACTION", |row| row.text("/action/text")),
    ("FOR", |row| row.first(&["/issue", "/ticket"])),
    ("TIER", |row| row.small("/verdict/tier")),
    ("VERDICT", |row| row.text("/verdict/word")),
    ("RULE", |row| row.text("/verdict/rule")),
    ("REASON", |row| row.text("/verdict/reason")),
];

static EVENTS: List = List {
    query: "query ($text: String) { events(first: 50, filter: { text: $text }) { seq at severity name title detail resource } }",
    field: "events",
    columns: &[
        ("SEQ", |row| row.text("/seq")),
        ("AGE", |row| row.age("/at")),
        ("SEVERITY", |row| row.word("/severity")),
        ("TITLE", |row| row.text("/title")),
        ("DETAIL", |row| row.text("/detail")),
    ],
};

static TICKETS: List = List {
    query: "{ tickets { id action { text } origin createdAt state digest outcome refusal { code rule reason } } }",
    field: "tickets",
    columns: &[
        ("TICKET", |row| row.text("/id")),
        ("AGE", |row| row.age("/createdAt")),
        ("ACTION", |row| row.text("/action/text")),
        ("WHO", |row| row.text("/origin")),
        ("STATE", |row| row.word("/state")),
        ("RESULT", |row| row.first(&["/outcome", "/refusal/reason"])),
    ],
};

static INTENTS: List = List {
    query: "{ intents { id action { text } origin tier attempt loggedAt stage upid outcome closedAt undo } }",
    field: "intents",
    columns: &[
        ("INTENT", |row| row.text("/id")),
        ("AGE", |row| row.age("/loggedAt")),
        ("ACTION", |row| row.text("/action/text")),
        ("WHO", |row| row.text("/origin")),
        ("TIER", |row| row.small("/tier")),
        ("STAGE", |row| row.text("/stage")),
        ("OUTCOME", |row| row.text("/outcome")),
    ],
};

static HOLDS: List = List {
    query: "{ holds { scope by reason since until } }",
    field: "holds",
    columns: &[
        ("SCOPE", |row| row.text("/scope")),
        ("BY", |row| row.text("/by")),
        ("SINCE", |row| row.text("/since")),
        ("UNTIL", |row| row.text("/until")),
        ("REASON", |row| row.text("/reason")),
    ],
};

static SERVICES: List = List {
    query: "{ services { resource host what status statusWord seenAt unknownReason trouble restartAllowed } }",
    field: "services",
    columns: &[
        ("SERVICE", |row| row.text("/resource")),
        ("HOST", |row| row.text("/host")),
        ("WHAT", |row| row.text("/what")),
        ("STATUS", |row| row.text("/statusWord")),
        ("SEEN", |row| row.age("/seenAt")),
        ("RESTART", |row| row.yes("/restartAllowed")),
        ("TROUBLE", |row| row.first(&["/trouble", "/unknownReason"])),
    ],
};

static LIMITS: List = List {
    query: "{ passedLimits { issue resource threshold value since seenAt counts } }",
    field: "passedLimits",
    columns: &[
        ("RESOURCE", |row| row.text("/resource")),
        ("THRESHOLD", |row| row.text("/threshold")),
        ("VALUE", |row| figure(row.at("/value"))),
        ("SINCE", |row| row.age("/since")),
        ("COUNTS", |row| row.yes("/counts")),
    ],
};

static STORAGE: List = List {
    query: "{ storage { id name node plugin active usedBytes totalBytes } }",
    field: "storage",
    columns: &[
        ("STORAGE", |row| row.text("/name")),
        ("NODE", |row| row.text("/node")),
        ("TYPE", |row| row.text("/plugin")),
        ("ACTIVE", |row| row.yes("/active")),
        ("USED", |row| bytes(row.at("/usedBytes"))),
        ("TOTAL", |row| bytes(row.at("/totalBytes"))),
        ("FULL", |row| share(row.at("/usedBytes"), row.at("/totalBytes"))),
    ],
};

static TASKS: List = List {
    query: "{ tasks(first: 50) { upid node taskType vmid user startedAt endedAt exit } }",
    field: "tasks",
    columns: &[
        ("STARTED", |row| row.text("/startedAt")),
        ("NODE", |row| row.text("/node")),
        ("TASK", |row| row.text("/taskType")),
        ("VMID", |row| row.text("/vmid")),
        ("USER", |row| row.text("/user")),
        ("RESULT", |row| match row.at("/endedAt") {
            Value::Null => "running".to_owned(),
            _ => row.text("/exit"),
        }),
    ],
};

//! The client against recorded answers of Proxmox: every recording is played to the production client over a socket, with
//! its status line, and each decoded value is compared with what a plain reading of the raw JSON gives. A value that
//! differs, or a file that is not understood, fails.
//!
//! `JARVIS_PVE_RECORDINGS=folder cargo test -p jarvis-tests --test recordings` reads any folder of the
//! same form; a relative one begins at the root of the repository.

#![expect(clippy::unwrap_used, reason = "a test that cannot be set up fails loudly")]

#[path = "recordings/asked.rs"]
mod asked;
#[path = "recordings/collect.rs"]
mod collect;
#[path = "recordings/play.rs"]
mod play;
#[path = "recordings/reading.rs"]
mod reading;
#[path = "recordings/report.rs"]
mod report;
#[path = "recordings/tickets.rs"]
mod tickets;
#[path = "recordings/versions.rs"]
mod versions;

use collect::{Content, Exchange};
use report::Report;
use std::{
    collections::BTreeSet,
    path::{Path, PathBuf},
};

/// What is read when no folder is named: the recordings of this repository, and those beside it where they are at hand.
fn folders() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    if let Some(named) = std::env::var_os("JARVIS_PVE_RECORDINGS") {
        return vec![root.join(named)];
    }
    let own =
        ["recorded-real", "timelines", "versions"].map(|name| root.join("tests/fixtures/pve").join(name));
    let beside = ["recorded-real", "timelines", "fixtures"].map(|name| root.join("../shared/pve").join(name));
    own.into_iter()
        .chain(beside.into_iter().filter(|folder| folder.is_dir()))
        .collect()
}

async fn check(exchanges: &[Exchange], player: &mut play::Player, report: &mut Report, file: &str) {
    for exchange in exchanges {
        let wanted = reading::read(exchange);
        let seen = asked::ask(player, exchange).await;
        report.compare(file, exchange, &wanted, &seen);
    }
}

#[tokio::test]
async fn recordings_are_read_as_they_are() {
    let mut report = Report::default();
    let mut player = play::Player::start().await;
    let mut seen = BTreeSet::new();
    for folder in folders() {
        for file in collect::files(&folder) {
            let name = report::shown(&folder, &file);
            if !seen.insert(std::fs::read(&file).unwrap()) {
                continue;
            }
            match collect::content(&file) {
                Content::Exchanges(exchanges) => check(&exchanges, &mut player, &mut report, &name).await,
                Content::NoApi(why) => report.leave_out(&name, why),
                Content::Unknown(why) => report.fail(&name, &format!("is not understood: {why}")),
            }
        }
    }
    report.publish();
    assert!(report.exchanges() > 0, "no recordings");
    assert!(
        report.failures.is_empty(),
        "{} failures:\n{}",
        report.failures.len(),
        report.failures.join("\n")
    );
}

#[test]
fn a_misread_value_a_lost_row_and_an_unknown_file_are_found() {
    let exchange = |body: &str| Exchange {
        at: String::new(),
        method: "GET".to_owned(),
        path: "/cluster/resources".to_owned(),
        answer: Some(collect::Answer {
            status: 200,
            reason: "OK".to_owned(),
            headers: Vec::new(),
            body: body.to_owned(),
        }),
    };
    let body = r#"{"data":[{"type":"qemu","vmid":100,"node":"pve","mem":7},{"type":"qemu","vmid":101,"node":"pve"}]}"#;
    let wanted = reading::read(&exchange(body));
    let failures = |spoil: &dyn Fn(&mut asked::Facts)| {
        let mut seen = wanted.facts.clone();
        spoil(&mut seen);
        let mut report = Report::default();
        report.compare("file", &exchange(body), &wanted, &seen);
        report.failures
    };
    assert!(failures(&|_| ()).is_empty());
    let misread = failures(&|seen| drop(seen.insert("qemu 100/mem".to_owned(), "8".to_owned())));
    assert!(
        misread.len() == 1 && misread[0].contains("qemu 100/mem"),
        "{misread:?}"
    );
    let lost = failures(&|seen| seen.retain(|name, _| !name.starts_with("qemu 101")));
    assert!(lost.len() > 2, "{lost:?}");
    let made_up = failures(&|seen| drop(seen.insert("qemu 102/status".to_owned(), "running".to_owned())));
    assert_eq!(made_up.len(), 1);

    let folder = tempfile::tempdir().unwrap();
    for (name, text) in [
        ("a.json", r#"{"form": "of tomorrow"}"#),
        ("b.json", "no JSON"),
        ("c.json", r#"{"steps": []}"#),
    ] {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    for file in collect::files(folder.path()) {
        assert!(
            matches!(collect::content(&file), Content::Unknown(_)),
            "{}",
            file.display()
        );
    }
}

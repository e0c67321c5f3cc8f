//! The disk of the state folder is full, under the real program: a small file system of its own in a sandbox (bubblewrap),
//! filled to the brim. Nothing is begun, looking goes on, the reason is shown and mailed; once there is room it acts again.
//!
//! Without bubblewrap the test says so and passes, unless `JARVIS_REQUIRE_BWRAP` is set.

use crate::{
    mail::{self, aiosmtpd},
    packaged::has_bubblewrap,
    stage::{Stage, count_in, of_guest},
    support::{Process, until},
};
use aiosmtpd::{MailServer, Way};
use std::{
    fs::{self, File},
    io::Write as _,
    path::{Path, PathBuf},
    process::Command,
};

const FACTOR: u32 = 10;
/// Room for the reserve of the journal, the database, and some more.
const ROOM: usize = 48 << 20;
const MANIFESTS: &str = "apiVersion: jarvis.dev/v1alpha1\nkind: VirtualMachine\nmetadata: {name: web-01}\nspec: {vmid: 101, runStrategy: RerunOnFailure}\n---\napiVersion: jarvis.dev/v1alpha1\nkind: NotificationChannel\nmetadata: {name: ops-mail}\nspec: {email: {to: [ops@home.example]}}\n";

/// Jarvis with a file system of this size for its state.
fn run(stage: &Stage) -> Process {
    let inner = stage.command();
    let state = stage.folder().join("state");
    fs::create_dir_all(&state).unwrap();
    let mut command = Command::new("bwrap");
    command
        .args(["--unshare-user", "--die-with-parent", "--dev-bind", "/", "/"])
        .args(["--size", &ROOM.to_string(), "--tmpfs"])
        .arg(&state)
        .arg("--")
        .arg(inner.get_program())
        .args(inner.get_args())
        .env_clear()
        .envs(inner.get_envs().filter_map(|(name, value)| Some((name, value?))))
        .current_dir(stage.folder());
    Process::start(
        command,
        stage.folder().join("run.log"),
        "ready: http://127.0.0.1:",
    )
}

/// The state folder as the program sees it.
fn state(stage: &Stage) -> PathBuf {
    let context = fs::read_to_string(stage.folder().join("jarvis/context.json")).unwrap();
    let context: serde_json::Value = serde_json::from_str(&context).unwrap();
    let inside = stage.folder().join("state");
    Path::new(&format!("/proc/{}/root", context["pid"])).join(inside.strip_prefix("/").unwrap())
}

/// Takes all the room there is, or what has become free since.
fn fill(path: &Path) -> usize {
    let mut file = File::options().create(true).append(true).open(path).unwrap();
    let (mut chunk, mut taken) = (vec![0x5a; 1 << 20], 0);
    while !chunk.is_empty() {
        match file.write(&chunk) {
            Ok(count) if count > 0 => taken += count,
            _ => chunk.truncate(chunk.len() / 2),
        }
    }
    taken
}

#[test]
fn a_full_disk_stops_what_it_does_and_nothing_else_and_people_are_told_by_mail() {
    let (true, Some(python)) = (has_bubblewrap(), aiosmtpd::interpreter()) else {
        return;
    };
    let stage = Stage::set(FACTOR);
    aiosmtpd::prepare(stage.folder());
    let server = MailServer::start(python, stage.folder(), Way::Starttls, 0);
    stage.secret("password", aiosmtpd::PASSWORD);
    stage.configure(&mail::section("starttls", server.port));
    stage.declare(MANIFESTS);
    let process = run(&stage);
    until("the guest is seen", || {
        let said = stage.jarvis(&["get", "resources"]).out;
        (said.contains("web-01") && said.contains("Synced")).then_some(())
    });
    let state = state(&stage);
    until("it is on record that the guest ran", || {
        (count_in(&state.join("journal"), "guestsSeen") > 0).then_some(())
    });
    let filler = state.join("filler");
    let taken = fill(&filler);
    assert!(taken > 1 << 20, "there was room before: {taken}");
    // The record that finds no room is kept in the reserve.
    stage.jarvis(&["autonomy", "set-ceiling", "L3"]).expect(0);
    let alerts = until("the reason is shown", || {
        let alerts = stage.jarvis(&["get", "alerts"]).out;
        alerts.contains("is full").then_some(alerts)
    });
    assert!(alerts.contains("Jarvis cannot act at all"), "{alerts}");
    let health = stage.health();
    assert_eq!(
        (&health["status"], &health["actingStopped"]),
        (&"degraded".into(), &true.into())
    );
    until("the mail", || {
        (mail::told(stage.folder(), "disk is full") == 1).then_some(())
    });

    // To the brim again: what the journal gave back is gone too.
    fill(&filler);
    stage.fault(&of_guest("crash-guest", 101));
    stage.passes(60);
    let guests = stage.jarvis(&["get", "guests", "101"]).out;
    assert!(
        guests.contains("stopped"),
        "looking goes on: {guests}{}",
        process.log()
    );
    assert!(stage.health()["lastLookAgeSecs"].as_u64().unwrap() < 60);
    assert_eq!(stage.starts(101), (0, 0), "no record, no act");
    assert_eq!(count_in(&state.join("journal"), "intentLogged"), 0);

    fs::remove_file(&filler).unwrap();
    until("it is mended once there is room", || {
        let said = stage.jarvis(&["get", "issues"]).out;
        (stage.runs(101) && said.contains("healthy")).then_some(())
    });
    assert_eq!(stage.starts(101), (1, 1));
    until("the end is told", || {
        (mail::told(stage.folder(), "has room again") == 1).then_some(())
    });
    assert_eq!(mail::told(stage.folder(), "disk is full"), 1, "once");
    assert_eq!(stage.health()["actingStopped"], false);
    stage.jarvis(&["healthcheck", "--ready"]).expect(0);
    drop(process);
}

//! What a service manager hears of the real program: ready once it serves, signs of life while it works, and its end. The
//! cluster's silence is no reason to fall silent.

use crate::{
    run::{config, reading_token, run_with, simulator},
    support::until,
};
use std::{fs, io, os::unix::net::UnixDatagram, path::Path};

/// The manager's ear.
struct Ear(UnixDatagram);

impl Ear {
    fn open(path: &Path) -> Self {
        let socket = UnixDatagram::bind(path).unwrap();
        socket.set_nonblocking(true).unwrap();
        Self(socket)
    }

    /// Everything said since the last time.
    fn heard(&self) -> Vec<String> {
        let (mut all, mut bytes) = (Vec::new(), [0; 1024]);
        loop {
            match self.0.recv(&mut bytes) {
                Ok(length) => all.push(String::from_utf8_lossy(&bytes[..length]).into_owned()),
                Err(error) if error.kind() == io::ErrorKind::WouldBlock => return all,
                Err(error) => panic!("{error}"),
            }
        }
    }
}

#[test]
fn it_is_ready_when_it_serves_lives_while_it_works_and_says_that_it_ends() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let mut cluster = simulator(home);
    config(home, &cluster, "{caFile: ca.pem}", &reading_token(&cluster));
    let ear = Ear::open(&home.join("notify"));
    let mut process = run_with(home, |command| {
        command
            .env("NOTIFY_SOCKET", home.join("notify"))
            .env("WATCHDOG_USEC", "600000");
    });
    let mut said = Vec::new();
    until("signs of life", || {
        said.extend(ear.heard());
        let signs = said.iter().filter(|line| line.contains("WATCHDOG=1")).count();
        (signs >= 3).then_some(())
    });
    assert!(said[0].starts_with("READY=1"), "{said:?}");
    assert_eq!(said.iter().filter(|line| line.contains("READY=1")).count(), 1);

    assert_eq!(cluster.terminate(), 0);
    let mut after = Vec::new();
    ear.heard();
    until("signs of life without a cluster", || {
        after.extend(ear.heard());
        (after.len() >= 5).then_some(())
    });
    assert!(
        after.iter().all(|line| line.contains("WATCHDOG=1")),
        "a cluster that is away is no reason: {after:?}"
    );

    assert_eq!(process.terminate(), 0);
    let last = ear.heard();
    assert!(
        last.iter().any(|line| line.contains("STOPPING=1")),
        "{last:?}\n{}",
        process.log()
    );
}

#[test]
fn a_file_named_freeze_in_the_state_folder_freezes_and_its_source_is_told_everywhere() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let cluster = simulator(home);
    config(home, &cluster, "{caFile: ca.pem}", &reading_token(&cluster));
    let said = |arguments: &[&str]| crate::support::jarvis(home, arguments);
    let file = home.join("state/freeze");
    for start in 0..2 {
        let mut process = run_with(home, |_| {});
        if start == 0 {
            fs::write(&file, "all smoke in the cellar").unwrap();
        }
        let table = until("the freeze is shown", || {
            let table = said(&["get", "clusters"]).out;
            table.contains("all (file)").then_some(table)
        });
        assert!(table.contains("all (file)"), "{table}");
        let told = said(&["get", "clusters", "--output", "json"]).expect(0);
        assert!(
            told.contains("the file `freeze`") && told.contains("smoke in the cellar"),
            "{told}"
        );
        let thawed = said(&["thaw"]);
        assert!(
            thawed.code != 0 && thawed.err.contains("remove that file"),
            "{thawed:?}"
        );
        assert_eq!(process.terminate(), 0);
    }
    fs::remove_file(&file).unwrap();
    let mut process = run_with(home, |_| {});
    until("it is thawed", || {
        (!said(&["get", "clusters"]).out.contains("(file)")).then_some(())
    });
    let trail = said(&["audit", "log", "--state", "state"]).expect(0);
    assert!(
        trail.contains("frozen by the freeze file: smoke in the cellar"),
        "{trail}"
    );
    assert!(trail.contains("the freeze file is gone"), "{trail}");
    assert_eq!(process.terminate(), 0);
}

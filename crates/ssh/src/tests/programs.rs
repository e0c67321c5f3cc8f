//! Reads: what arrives, what comes back, and what does not stop them.

use super::{
    ACTIVE, forge, look, options,
    server::{Server, lives},
    ssh, unit, until, until_ok,
};
use crate::Ssh;
use futures::future::join_all;
use jarvis_model::{Host, ServiceStatus, ServiceUnit};
use jarvis_ports::{HostAnswer, HostRead, HostShell as _, LookError};
use std::time::Duration;

#[tokio::test]
async fn a_host_is_read() {
    let server = Server::start();
    server.stub(
        "sensors",
        r#"echo '{"coretemp-isa-0000": {"Core 0": {"temp2_input": 51.0}}}'"#,
    );
    server.stub(
        "systemctl",
        "echo \"$@\" > $STUBS/asked; echo LoadState=loaded; echo ActiveState=failed; echo SubState=failed",
    );
    server.stub("docker", "echo 'Error: No such object: web' >&2; exit 1");
    server.stub("journalctl", "printf 'one\\n\\033[31mtwo\\033[0m\\n'");
    server.stub(
        "ip",
        r#"case "$2" in route) echo '[{"dst":"default","dev":"vmbr0"}]';; *) echo '[{"ifname":"vmbr0","address":"aa:bb:cc:dd:ee:02"}]';; esac"#,
    );
    let ssh = ssh(&server);
    assert!(ssh.reaches(&forge()) && !ssh.reaches(&Host::Named("other".to_owned())));
    let HostAnswer::Figures(figures) = ssh.read(&forge(), &HostRead::Figures).await.unwrap() else {
        panic!()
    };
    assert!((figures.temperatures["coretemp-isa-0000 Core 0"] - 51.0).abs() < 0.01);
    assert!(
        figures.load.is_some() && figures.cores.is_some() && figures.uptime_secs.is_some(),
        "{figures:?}"
    );
    assert_eq!(
        look(&ssh, "nginx.service").await.unwrap(),
        ServiceStatus::Down("failed".to_owned())
    );
    assert_eq!(
        server.text("asked").trim(),
        "show --property=LoadState,ActiveState,SubState -- nginx.service"
    );
    let web = HostRead::Service(ServiceUnit::Docker("web".to_owned()));
    assert_eq!(
        ssh.read(&forge(), &web).await.unwrap(),
        HostAnswer::Service(ServiceStatus::Missing)
    );
    let log = HostRead::Log { unit: None, lines: 5 };
    let lines = HostAnswer::Lines(vec!["one".to_owned(), "two".to_owned()]);
    assert_eq!(ssh.read(&forge(), &log).await.unwrap(), lines);
    assert_eq!(
        ssh.read(&forge(), &HostRead::Mac).await.unwrap(),
        HostAnswer::Mac("aa:bb:cc:dd:ee:02".to_owned())
    );
    assert_eq!(server.logins(), 1);

    let nowhere = ssh
        .read(&Host::Named("other".to_owned()), &HostRead::Mac)
        .await
        .unwrap_err();
    assert!(matches!(nowhere, LookError::Missing { .. }), "{nowhere}");
    let option = ssh.read(&forge(), &unit("--help")).await.unwrap_err();
    assert!(
        matches!(&option, LookError::Missing { why, .. } if why.ends_with("nothing was run")),
        "{option}"
    );
}

#[tokio::test]
async fn hostile_arguments_arrive_as_they_were() {
    let server = Server::start();
    server.stub(
        "systemctl",
        &format!("for last; do :; done; printf %s \"$last\" > $STUBS/asked; {ACTIVE}"),
    );
    let ssh = ssh(&server);
    let escape = server.folder.join("escaped").display().to_string();
    for name in [
        "it's",
        "a b",
        "$(touch X)",
        "`touch X`",
        ";touch X",
        "|touch X",
        "&& touch X",
        "> X",
        "\\",
        "\"",
        "*",
        "~",
        "'; touch X; '",
        "ü \u{202e}",
        "x'\\''y",
    ] {
        let name = name.replace('X', &escape);
        look(&ssh, &name).await.unwrap();
        assert_eq!(server.text("asked"), name);
    }
    assert!(!server.folder.join("escaped").exists());
}

#[tokio::test]
async fn a_hanging_program_is_ended() {
    let server = Server::start();
    server.stub("systemctl", "case \"$*\" in *hang*) echo $$ > $STUBS/pid; exec sleep 1000;; *) echo LoadState=loaded; echo ActiveState=active;; esac");
    let mut options = options(&server);
    options.limits.read = Duration::from_secs(1);
    let ssh = Ssh::new(options);
    let error = look(&ssh, "hang").await.unwrap_err();
    assert!(error.to_string().contains("did not end in time"), "{error}");
    assert!(!lives(&server.text("pid")), "it still runs");
    assert_eq!(look(&ssh, "nginx").await.unwrap(), ServiceStatus::Up);
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn ten_megabytes_are_cut() {
    let server = Server::start();
    server.stub(
        "journalctl",
        "head -c 10000000 /dev/zero | tr '\\0' 'x'; echo end >&2; exit 3",
    );
    let ssh = ssh(&server);
    let link = ssh.link(&forge()).unwrap();
    let argv = ["journalctl".to_owned()];
    let program = crate::link::Program {
        argv: &argv,
        within: Duration::from_mins(1),
    };
    let output = link.run(&program, None).await.unwrap();
    // All of it was taken from the host, which was not held up; a tenth of it was kept.
    assert_eq!(
        (output.exit, output.stdout.len(), output.cut),
        (Some(3), 1024 * 1024, true)
    );
    assert_eq!(output.stderr, "end\n");
    assert!(
        output.told().len() < 1000 && output.told().contains("cut"),
        "{}",
        output.told()
    );
}

#[tokio::test]
async fn one_session_at_a_time_is_enough() {
    let server = Server::start_with("MaxSessions 1");
    server.stub("systemctl", ACTIVE);
    let ssh = ssh(&server);
    let looks = join_all((0..12).map(|_| look(&ssh, "nginx"))).await;
    for status in looks {
        assert_eq!(status.unwrap(), ServiceStatus::Up);
    }
    ssh.read(&forge(), &HostRead::Figures).await.unwrap();
    assert_eq!(server.logins(), 1);

    let none = Server::start_with("MaxSessions 0");
    let error = look(&super::ssh(&none), "nginx").await.unwrap_err();
    assert!(error.to_string().contains("MaxSessions"), "{error}");
}

#[tokio::test]
async fn given_up_looks_leave_no_channel_behind() {
    let server = Server::start();
    server.stub(
        "systemctl",
        &format!("test -e $STUBS/slow && cat $STUBS/slow; {ACTIVE}"),
    );
    let ssh = ssh(&server);
    look(&ssh, "nginx").await.unwrap();
    // Far more than the ten sessions that OpenSSH allows at once; half of them given up at different moments.
    for number in 0_u32..100 {
        let given_up = look(&ssh, "nginx");
        let turns = async {
            for _ in 0..number {
                tokio::task::yield_now().await;
            }
        };
        tokio::select! {
            _ = given_up => {}
            () = turns => {}
        }
        assert_eq!(look(&ssh, "nginx").await.unwrap(), ServiceStatus::Up, "{number}");
    }
    assert_eq!(server.logins(), 1);
}

#[tokio::test]
async fn one_connection_serves_until_it_is_lost() {
    let mut server = Server::start();
    server.stub("systemctl", ACTIVE);
    let ssh = ssh(&server);
    for status in join_all((0..10).map(|_| look(&ssh, "nginx"))).await {
        status.unwrap();
    }
    assert_eq!(server.logins(), 1);
    server.again();
    // Nothing was started on the dead one, so the next look simply makes another.
    until_ok(&ssh).await;
    assert_eq!(server.logins(), 2);

    // Lost in the middle.
    server.stub("systemctl", "echo $$ > $STUBS/pid; exec sleep 1000");
    let (error, ()) = tokio::join!(look(&ssh, "nginx"), async {
        until("it runs", || !server.text("pid").is_empty()).await;
        server.end();
    });
    let error = error.unwrap_err();
    assert!(
        matches!(&error, LookError::Unreachable { why, .. } if why.contains("lost before it ended")),
        "{error}"
    );
}

#[tokio::test]
async fn a_host_that_is_away_is_left_to_rest() {
    let mut server = Server::start();
    server.stub("systemctl", ACTIVE);
    server.end();
    let mut options = options(&server);
    options.limits.rest = (Duration::from_hours(1), Duration::from_hours(1));
    let ssh = Ssh::new(options);
    let error = look(&ssh, "nginx").await.unwrap_err();
    assert!(
        error.to_string().contains("refused") && !error.to_string().contains("tried again"),
        "{error}"
    );
    server.again();
    let error = look(&ssh, "nginx").await.unwrap_err();
    assert!(
        matches!(&error, LookError::Unreachable { why, .. } if why.contains("(tried again in ")),
        "{error}"
    );
    assert_eq!(server.logins(), 0);
    // Another one that rests less goes on by itself.
    until_ok(&super::ssh(&server)).await;
}

#[tokio::test]
async fn programs_at_once_are_bounded() {
    let server = Server::start();
    // Each waits until it is let go; how many wait at once is seen in the folder.
    server.stub(
        "systemctl",
        &format!("touch $STUBS/runs.$$; while ! test -e $STUBS/go; do sleep 0.05; done; {ACTIVE}"),
    );
    let mut options = options(&server);
    let endpoint = server.endpoint();
    let hosts: Vec<Host> = (0..4)
        .map(|number| Host::Named(format!("host{number}")))
        .collect();
    options.hosts = hosts
        .iter()
        .map(|host| (host.clone(), endpoint.clone()))
        .collect();
    (options.limits.programs_at_once, options.limits.programs_a_host) = (5, 2);
    let ssh = Ssh::new(options);
    let running = || {
        let files = std::fs::read_dir(&server.folder).unwrap();
        files
            .filter(|file| {
                file.as_ref()
                    .unwrap()
                    .file_name()
                    .to_string_lossy()
                    .starts_with("runs.")
            })
            .count()
    };
    let nginx = unit("nginx");
    let looks = hosts
        .iter()
        .flat_map(|host| (0..5).map(move |_| host))
        .map(|host| ssh.read(host, &nginx));
    let (answers, ()) = tokio::join!(join_all(looks), async {
        until("as many as may", || running() == 5).await;
        // Others that are let in now would be seen: they get as far as a word of the server.
        let more = ssh.link(&hosts[0]).unwrap().session().await.unwrap();
        for _ in 0..20 {
            more.ping().await;
        }
        assert_eq!(running(), 5);
        server.write("go", "");
    });
    assert_eq!(answers.len(), 20);
    for answer in answers {
        answer.unwrap();
    }
    assert_eq!((running(), server.logins()), (20, 4));
}

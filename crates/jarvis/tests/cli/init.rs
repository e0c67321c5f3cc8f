//! `jarvis init` against the simulated cluster: answers from a file, answers typed, and answers that do not do.

use crate::support::{Process, Said, jarvis, program, word_after};
use std::{fs, io::Write as _, os::unix::fs::PermissionsExt as _, path::Path, process::Stdio};

fn simulator(home: &Path) -> Process {
    let mut command = program(home);
    command.args(["simulate", "--ca-file", "ca.pem"]);
    Process::start(command, home.join("simulate.log"), "JARVIS_CHAOS_URL=")
}

/// The last word of the banner's line with this label.
fn last_word(simulator: &Process, label: &str) -> String {
    let line = simulator
        .banner
        .lines()
        .find(|line| line.trim().starts_with(label));
    line.unwrap().split_whitespace().last().unwrap().to_owned()
}

fn token_file(home: &Path, token: &str) {
    fs::write(home.join("token"), token).unwrap();
    fs::set_permissions(home.join("token"), fs::Permissions::from_mode(0o600)).unwrap();
}

/// Runs the wizard with these lines typed.
fn typed(home: &Path, arguments: &[&str], lines: &str) -> Said {
    let mut child = program(home)
        .arg("init")
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

#[test]
fn answers_of_a_file_make_a_config_that_the_doctor_likes() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let simulator = simulator(home);
    token_file(home, &last_word(&simulator, "acts on guests"));
    let (atlas, agent1) = (
        word_after(&simulator.banner, "atlas"),
        word_after(&simulator.banner, "agent1"),
    );
    let answers = format!(
        "entryPoints: ['{atlas}', '{agent1}']\ncaFile: ca.pem\npveTokenFile: token\nrepository: ./manifests\ncreateRepository: true\nown: '103'\nprotect: [agent1, '105']\nlisten: 127.0.0.1:0\nautonomy: L1\n"
    );
    fs::write(home.join("answers.yaml"), &answers).unwrap();
    let said = jarvis(home, &["init", "--answers", "answers.yaml"]);
    assert_eq!(said.code, 0, "{said:?}");
    for part in [
        "is written and valid",
        "atlas, agent1",
        "guest 103",
        "node agent1, guest 105",
        " run --config ",
        " adopt --output ",
    ] {
        assert!(said.out.contains(part), "{part}: {}", said.out);
    }
    for part in [
        "jarvis@pve!act is accepted by Proxmox VE 9.",
        "VM.PowerMgmt",
        "Datastore.Audit is missing on /storage",
        "> pveum role add JarvisLook",
    ] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let text = fs::read_to_string(home.join("jarvis.yaml")).unwrap();
    assert!(
        text.contains("ceiling: L1") && text.contains("own: {vmid: 103}"),
        "{text}"
    );
    let secret = fs::read_to_string(home.join("token")).unwrap();
    let secret = secret.rsplit('=').next().unwrap();
    assert!(!text.contains(secret) && !said.out.contains(secret) && !said.err.contains(secret));
    jarvis(home, &["run", "--config", "jarvis.yaml", "--check"]).expect(0);
    let doctor = jarvis(home, &["doctor"]);
    assert!(
        doctor.out.contains("of branch main: 0 resources, all valid"),
        "{}",
        doctor.out
    );
    assert!(
        doctor.out.contains("never touched: node agent1, guest 105"),
        "{}",
        doctor.out
    );

    again(home, &text);
}

/// The same answers again change nothing; others are shown, and written only when that is said.
fn again(home: &Path, text: &str) {
    jarvis(home, &["init", "--answers", "answers.yaml"]).expect(0);
    let other = ["init", "--answers", "answers.yaml", "--autonomy", "L3"];
    let refused = jarvis(home, &other);
    assert!(
        refused.err.contains("  - ")
            && refused.err.contains("  +   ceiling: L3")
            && refused.err.contains("--overwrite"),
        "{refused:?}"
    );
    assert_eq!(
        (
            refused.code,
            fs::read_to_string(home.join("jarvis.yaml")).unwrap()
        ),
        (1, text.to_owned())
    );
    jarvis(home, &[&other[..], &["--overwrite"]].concat()).expect(0);
    assert!(
        fs::read_to_string(home.join("jarvis.yaml"))
            .unwrap()
            .contains("ceiling: L3")
    );
}

#[test]
fn the_wizard_goes_on_asking_until_an_answer_does() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let simulator = simulator(home);
    let (atlas, token) = (
        word_after(&simulator.banner, "atlas"),
        last_word(&simulator, "reads"),
    );
    let pin = last_word(&simulator, "atlas");
    let wrong = "jarvis@pve!read=00000000-0000-0000-0000-000000000000";
    let lines = format!(
        "http://10.0.0.11\nhttps://127.0.0.1:1\n{atlas}\nnone.pem\n{atlas}\npin\nyes\nnonsense\n{wrong}\n{token}\nno/such/repository\nno\nnone\n9999\n103\nnowhere\nagent1\nhere\n127.0.0.1:0\nL9\nL2\n"
    );
    let said = typed(home, &[], &lines);
    assert_eq!(said.code, 0, "{said:?}");
    for part in [
        "plain http would send the token readable",
        "cannot reach https://127.0.0.1:1",
        &format!("SHA-256    {pin}"),
        "none.pem: cannot be read",
        "pveum user token add jarvis@pve jarvis --privsep 1",
        "it has no '='",
        "does not accept the token",
        "jarvis@pve!read is accepted",
        "is left out",
        "Make it, with a first commit?",
        "there is no guest 9999",
        "\"nowhere\" is no node of this cluster",
        "\"here\" is no address and port",
        "L9",
    ] {
        assert!(said.err.contains(part), "{part}: {}", said.err);
    }
    let text = fs::read_to_string(home.join("jarvis.yaml")).unwrap();
    assert!(
        text.contains(&pin) && text.contains("token: {file: \"secrets/pve-token\"}"),
        "{text}"
    );
    let kept = home.join("secrets/pve-token");
    assert_eq!(fs::read_to_string(&kept).unwrap(), token);
    assert_eq!(fs::metadata(&kept).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!text.contains(&token) && !said.err.contains(&token));
}

#[test]
fn nothing_is_trusted_unseen_and_a_changed_certificate_is_told() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let simulator = simulator(home);
    token_file(home, &last_word(&simulator, "reads"));
    let atlas = word_after(&simulator.banner, "atlas");
    let silent = |more: &[&str]| {
        let always = [
            "init",
            "--no-questions",
            "--entry-point",
            &atlas,
            "--pve-token-file",
            "token",
            "--listen",
            "127.0.0.1:0",
        ];
        jarvis(home, &[&always, more].concat())
    };
    let unknown = silent(&[]);
    assert!(
        unknown.code == 1 && unknown.err.contains("--ca-file FILE or --pin"),
        "{unknown:?}"
    );
    let other = ["AA"; 32].join(":");
    let not_that = silent(&["--pin", &other]);
    assert!(
        not_that.code == 1 && not_that.err.contains("none of the pins given"),
        "{not_that:?}"
    );
    assert!(
        !home.join("jarvis.yaml").exists(),
        "nothing is written on the way"
    );
    silent(&["--pin", &last_word(&simulator, "atlas")]).expect(0);
    let text = fs::read_to_string(home.join("jarvis.yaml")).unwrap();
    fs::write(
        home.join("jarvis.yaml"),
        text.replace(&last_word(&simulator, "atlas"), &other),
    )
    .unwrap();
    let changed = silent(&[]);
    assert!(
        changed.code == 1
            && changed
                .err
                .contains(&format!("CHANGED: the config file pins {other}")),
        "{changed:?}"
    );

    let commands = jarvis(home, &["init", "--print-commands"]).expect(0);
    assert!(
        commands.contains("pveum acl modify /vms --tokens 'jarvis@pve!jarvis' --roles JarvisAct"),
        "{commands}"
    );
    fs::write(home.join("answers.yaml"), "entryPoint: x\n").unwrap();
    let said = jarvis(home, &["init", "--answers", "answers.yaml"]).expect(1);
    assert!(said.contains("its fields are the flags"), "{said}");
}

//! The programs people use, on the terminal that the API gives them.

use super::rig::Lab;
use jarvis_model::Role;
use serde_json::json;
use std::process::Command;

/// Whether these programs are here; they must be where the tests of a release run.
fn there(programs: &[&str]) -> bool {
    let missing: Vec<&&str> = programs
        .iter()
        .filter(|program| {
            !Command::new("sh")
                .args(["-c", &format!("command -v {program}")])
                .output()
                .unwrap()
                .status
                .success()
        })
        .collect();
    assert!(
        missing.is_empty() || std::env::var_os("JARVIS_REQUIRE_TERMINAL_PROGRAMS").is_none(),
        "missing: {missing:?}; run `make setup`"
    );
    missing.is_empty()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_shell_has_its_terminal_and_its_size_follows_the_window() {
    let lab = Lab::start().await;
    let token = lab.token("ops", Role::Operator).await;
    let mut client = lab
        .socket(&token, "/terminal/homelab/forge?cols=101&rows=37")
        .await;
    let ready = client.ready().await;
    assert_eq!(ready["resumed"], false);
    assert_eq!(ready["target"], "node/forge");
    assert_eq!(ready["user"], lab.server.endpoint().user);
    assert!(
        client
            .run("echo $TERM; stty size; tty")
            .await
            .contains("xterm-256color\r\n37 101\r\n/dev/pts/")
    );
    client
        .say(json!({ "type": "resize", "cols": 132, "rows": 43 }))
        .await;
    // The size travels beside what is typed; the shell waits until it has arrived.
    let waited = client
        .run("until [ \"$(stty size)\" = '43 132' ]; do :; done; stty size")
        .await;
    assert!(waited.contains("43 132\r\n"), "{waited}");
    let mut guest = lab
        .socket(&token, "/terminal/homelab/guest/101?cols=80&rows=24")
        .await;
    assert_eq!(guest.ready().await["target"], "guest/101");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_locale_is_asked_for_where_the_server_takes_it() {
    let server = super::server::Server::start_with("AcceptEnv LANG");
    let lab = Lab::at(server, jarvis_api::TerminalOptions::default()).await;
    let mut client = lab.operator().await;
    assert!(client.run("echo \"<$LANG>\"").await.contains("<C.UTF-8>\r\n"));
}

#[tokio::test(flavor = "multi_thread")]
async fn vim_less_and_top_paint_and_leave() {
    if !there(&["vim", "less", "top"]) {
        return;
    }
    let lab = Lab::start().await;
    let lines: Vec<String> = (1..=200)
        .map(|number| format!("line {number} of the file\n"))
        .collect();
    let lines = lines.concat();
    lab.server.write("file", &lines);
    let mut client = lab.operator().await;

    client.type_in("vim -u NONE -i NONE -N \"$HOME/file\"\r").await;
    client.until("\x1b[?1049h").await;
    client.until("line 1 of the file").await;
    client.type_in("Gohello from vim\x1b:wq\r").await;
    client.until("\x1b[?1049l").await;
    lab.server.wait_without("vim").await;
    client.run("true").await;
    assert!(
        lab.server
            .text("file")
            .ends_with("line 200 of the file\nhello from vim\n")
    );

    client.type_in("less \"$HOME/file\"\r").await;
    client.until("\x1b[?1049h").await;
    client.type_in("G").await;
    client.until("hello from vim").await;
    client.type_in("q").await;
    client.until("\x1b[?1049l").await;
    lab.server.wait_without("less").await;

    client.type_in("top -d 1\r").await;
    client.until("PID").await;
    client.until("load average:").await;
    client.type_in("q").await;
    lab.server.wait_without("top").await;
    assert!(client.run("echo after").await.contains("after"));
}

#[tokio::test(flavor = "multi_thread")]
async fn ctrl_c_reaches_the_program() {
    let lab = Lab::start().await;
    let mut client = lab.operator().await;
    client.quiet().await;
    client
        .type_in("trap 'echo caught' INT; sleep 1000; echo \"status $?\"\r")
        .await;
    lab.server.wait_for("sleep").await;
    client.type_in("\x03").await;
    client.until("status 130\r\n").await;
    client.type_in("cat\r").await;
    lab.server.wait_for("cat").await;
    client.type_in("\x04").await;
    assert!(client.run("echo here").await.contains("here"));
}

#[tokio::test(flavor = "multi_thread")]
async fn colours_and_wide_characters_pass_as_they_are() {
    let lab = Lab::start().await;
    let mut client = lab.operator().await;
    client.quiet().await;
    client.run(r"printf '\033[38;2;255;128;0mcopper\033[0m\n'").await;
    let colour = b"\x1b[38;2;255;128;0mcopper\x1b[0m";
    assert!(client.received.windows(colour.len()).any(|seen| seen == colour));
    // Typed in pieces that cut every character, and echoed by `cat`.
    let text = "漢字かな 한글 🙂👩‍👩‍👧 é";
    client.type_in("cat\r").await;
    lab.server.wait_for("cat").await;
    for byte in text.as_bytes() {
        client.type_in([*byte]).await;
    }
    client.type_in("\r").await;
    client.until(format!("{text}\r\n")).await;
    client.type_in("\x04").await;
    client.run("true").await;
    // Shown in messages that cut characters: more than a message of them, without a break.
    let many = "漢🙂".repeat(10_000);
    lab.server.write("wide", &many);
    client.type_in("cat \"$HOME/wide\"; echo; echo wide-end\r").await;
    let shown = client.until("wide-end").await;
    assert!(String::from_utf8(shown).unwrap().contains(&many));
    // Bytes that are no text at all.
    client.run(r"printf 'raw:\377\376\200:raw\n'").await;
    assert!(
        client
            .received
            .windows(11)
            .any(|seen| seen == b"raw:\xff\xfe\x80:raw")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_paste_comes_whole_and_bracketed() {
    let lab = Lab::start().await;
    let mut client = lab.operator().await;
    client.run("bind 'set enable-bracketed-paste on'").await;
    client.until("\x1b[?2004h").await;
    // Two lines pasted at once are not run before Return.
    client.type_in("\x1b[200~echo one\necho two\x1b[201~").await;
    client.until("echo two").await;
    client.type_in("\r").await;
    let shown = client.until("\r\ntwo\r\n").await;
    assert!(String::from_utf8_lossy(&shown).contains("one\r\ntwo\r\n"));
    // A megabyte in one message, counted by a program.
    client.quiet().await;
    client
        .type_in("stty raw; head -c 1000000 | wc -c; stty -raw\r")
        .await;
    lab.server.wait_for("head").await;
    client.type_in(vec![b'x'; 1_000_000]).await;
    client.until("1000000").await;
}

impl super::server::Server {
    /// Whether a program runs in one of its sessions.
    fn runs(&self, program: &str) -> bool {
        let mut found = vec![self.id()];
        let mut at = 0;
        while at < found.len() {
            found.extend(super::server::children(found[at]));
            at += 1;
        }
        found.iter().any(|id| {
            let name = std::fs::read_to_string(format!("/proc/{id}/comm")).unwrap_or_default();
            name.trim() == program
        })
    }

    /// Until it does: the shell has read the line by then.
    async fn wait_for(&self, program: &str) {
        super::rig::soon(program, async {
            while !self.runs(program) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }

    /// Until it does not: what it reads and throws away at its end is not ours any more.
    async fn wait_without(&self, program: &str) {
        super::rig::soon(program, async {
            while self.runs(program) {
                tokio::task::yield_now().await;
            }
        })
        .await;
    }
}

//! What every reason for having no terminal means, when it comes and what to do: the text of its page. The match is exhaustive,
//! so that a new reason cannot be added without its page.

use crate::rule_texts::Text;
use jarvis_api::terminal::reason::Reason;

/// The text of a reason.
#[expect(clippy::too_many_lines, reason = "a text a reason")]
pub fn text(reason: &Reason) -> Text {
    match reason {
        Reason::Off => Text {
            meaning: "Terminals are switched off",
            when: "`jarvis.yaml` has no `terminal` section. Without it nobody gets a terminal, whatever the role.",
            remedy: "Write `terminal: {}` or more into `jarvis.yaml` (docs/TERMINAL.md) and restart Jarvis.",
        },
        Reason::NoWay { .. } => Text {
            meaning: "No way to that host is configured",
            when: "The node or guest is not named under `ssh.nodes` or `ssh.guests` of `jarvis.yaml`, and guests do not show their consoles.",
            remedy: "Name it there, pin its host key (docs/SSH.md) and restart Jarvis; or let guests show their consoles by `terminal: {console: true}` (docs/TERMINAL.md).",
        },
        Reason::Unreachable(_) => Text {
            meaning: "The host was not reached",
            when: "It did not answer within five seconds, refused the connection, or answered with something that is no SSH server.",
            remedy: "See in the dashboard whether it is up. `jarvis doctor` tries the way step by step and shows the command for the first step that fails.",
        },
        Reason::NoLogin(_) => Text {
            meaning: "The host does not let in",
            when: "It refused the key for the user that `terminal` or `ssh` of `jarvis.yaml` names, or the key file cannot be used. Or Proxmox does not show the console to Jarvis's token: the right `VM.Console` is missing, or Proxmox is older than API tokens at consoles.",
            remedy: "Put the public key into that user's `authorized_keys` on the host. The message says which key and which user. For a console, `jarvis doctor` prints the commands that grant the right.",
        },
        Reason::HostKey(_) => Text {
            meaning: "The key of the host is not trusted",
            when: "No key of it is pinned, or it shows another one than the pinned one: somebody may stand between, or it was installed anew.",
            remedy: "Compare the fingerprint on its own console, then pin it as docs/SSH.md says. No restart is needed.",
        },
        Reason::NoTerminal(_) => Text {
            meaning: "The host lets in and gives no terminal",
            when: "Its `authorized_keys` has `restrict` without `pty`, its sshd says `PermitTTY no`, or its user has no shell. Or the guest whose console was asked for does not run, or is a virtual machine without a serial port.",
            remedy: "Give terminals a user of their own with `restrict,pty` before the key, and a shell. For a console start the guest; docs/TERMINAL.md says how a virtual machine gets a serial port.",
        },
        Reason::TooMany { .. } => Text {
            meaning: "There are as many terminals as there may be",
            when: "One user has `terminal.perUser` of them, or all users together have `terminal.inAll`. One whose page is gone counts for a minute.",
            remedy: "Close one that is not needed, or raise the limit in `jarvis.yaml`.",
        },
        Reason::Gone => Text {
            meaning: "There is no such terminal to take up again",
            when: "A page came back for a terminal that has ended, that waited longer than a minute, or that belongs to another user or host.",
            remedy: "Open a new one. The audit trail says why the old one ended.",
        },
        Reason::Idle { .. } => Text {
            meaning: "Nothing was typed for too long",
            when: "`terminal.idleMinutes` passed without a key pressed. Output does not count as use.",
            remedy: "Open a new one; raise the limit where that is too short. Long work belongs into tmux or a systemd unit.",
        },
        Reason::Frozen => Text {
            meaning: "The kill switch stops terminals too",
            when: "`jarvis freeze --all` or the freeze file stops everybody. Open terminals end and new ones are refused. A freeze of autonomy alone leaves them.",
            remedy: "Find out who froze it and why, then run `jarvis thaw`. The nodes' own consoles work all the while.",
        },
        Reason::AccessEnded => Text {
            meaning: "The login behind the terminal has ended",
            when: "The session was signed out, revoked or has run out, the token was revoked, or the role was changed. It is checked every second.",
            remedy: "Sign in again. A terminal needs the role operator.",
        },
        Reason::OutputLost => Text {
            meaning: "Some output was lost while the page was away",
            when: "A page came back with a count of bytes that is not kept any more; the last 256 KiB are. This word alone does not close the socket.",
            remedy: "Nothing has to be done: counts begin again at 0, and the program is asked to paint its screen anew.",
        },
        Reason::NotRecorded(_) => Text {
            meaning: "The terminal cannot be put on record",
            when: "The journal takes no record, or the file of the recording cannot be made or written. What is not on record is not opened, and ends.",
            remedy: "Make room, or correct `terminal.recordings` in `jarvis.yaml`; the message names the file and the error.",
        },
        Reason::BrokenRules(_) => Text {
            meaning: "The client broke the rules of the socket",
            when: "It sent text that is no known word, a size beyond 1 to 1000, an acknowledgement of bytes that were never sent, or far more than the host takes.",
            remedy: "Reload the page; the terminal waits for it for a minute. A client of your own keeps to docs/TERMINAL.md.",
        },
        Reason::Stopping => Text {
            meaning: "Jarvis is shutting down",
            when: "It was asked to stop. Terminals end first, so that their ends are on record.",
            remedy: "Open a new one when Jarvis runs again.",
        },
        Reason::TakenUp => Text {
            meaning: "The terminal was taken up in another page",
            when: "Another socket of the same user came for it. One page holds a terminal at a time.",
            remedy: "Go on in the other page, or take it up here again.",
        },
    }
}

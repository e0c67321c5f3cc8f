//! Each host over SSH, step by step: reached, its key pinned, let in, something runs there. Learns no key, also where `run`
//! would.

use super::finding::{Finding, Report};
use crate::config::Config;
use futures::future::join_all;
use jarvis_model::Host;
use jarvis_ssh::{Checkup, FirstUse, Options, Ssh, Stage};

/// Looks at all of them, some at once.
pub async fn look_at(config: &Config, report: &mut Report) {
    let Some(options) = &config.ssh else {
        return;
    };
    let ssh = Ssh::new(Options {
        first_use: FirstUse::Refuse,
        ..options.clone()
    });
    let hosts: Vec<Host> = ssh.hosts().cloned().collect();
    let found = join_all(hosts.iter().map(|host| ssh.check(host))).await;
    for (host, checkup) in hosts.iter().zip(found) {
        if let Some(checkup) = checkup {
            report.add(tell(host, &checkup, options.first_use));
        }
    }
}

/// The error of each step names its remedy; here are the commands.
fn tell(host: &Host, checkup: &Checkup, first_use: FirstUse) -> Finding {
    let (shown, why) = (&checkup.shown, &checkup.why);
    let text = |what: &str| format!("{host} ({shown}): {what}");
    match (checkup.stage, first_use) {
        (Stage::NotReached, _) => Finding::fail("ssh", text(&format!("is not reached: {why}")))
            .fixed_by("systemctl status ssh   (there; and check `address` and `port` in jarvis.yaml)"),
        (Stage::NotPinned, FirstUse::Trust) => Finding::warn(
            "ssh",
            text(&format!(
                "is not pinned yet; `run` will trust the first key it shows: {why}"
            )),
        )
        .fixed_by(command(why)),
        (Stage::NotPinned, FirstUse::Refuse) => Finding::fail("ssh", text(why)).fixed_by(command(why)),
        (Stage::KeyChanged, _) => Finding::fail("ssh", text(why)).fixed_by(command(why)),
        (Stage::NotAdmitted, _) => Finding::fail("ssh", text(why)).fixed_by(command(why)),
        (Stage::NothingRuns, _) => Finding::fail("ssh", text(&format!("lets in, but runs nothing: {why}")))
            .fixed_by(format!("ssh {shown} true   (docs/SSH.md)")),
        (Stage::Runs, _) if checkup.has_sensors => {
            Finding::ok("ssh", text("known, let in, reads temperatures"))
        }
        (Stage::Runs, _) => Finding::ok("ssh", text("known, let in; it has no temperatures"))
            .fixed_by("apt-get install lm-sensors   (there, if you want them)"),
    }
}

/// The commands in an error's text, which stand between back-quotes.
fn command(why: &str) -> String {
    let commands: Vec<&str> = why
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|text| text.contains(' '))
        .collect();
    if commands.is_empty() {
        "see docs/SSH.md".to_owned()
    } else {
        commands.join("; ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::add;

    #[test]
    fn each_step_is_told_with_what_mends_it() {
        let mut told = String::new();
        let host = Host::Named("nas".to_owned());
        for (stage, first_use, why) in [
            (Stage::NotReached, FirstUse::Refuse, "Connection refused"),
            (
                Stage::NotPinned,
                FirstUse::Refuse,
                "no key is pinned; pin it: `ssh-keyscan nas >> file`",
            ),
            (
                Stage::NotPinned,
                FirstUse::Trust,
                "no key is pinned; pin it: `ssh-keyscan nas >> file`",
            ),
            (
                Stage::KeyChanged,
                FirstUse::Trust,
                "changed: `ssh-keygen -R nas`, then `ssh-keyscan nas >> file`",
            ),
            (
                Stage::NotAdmitted,
                FirstUse::Refuse,
                "it refused the key; put it there",
            ),
            (Stage::NothingRuns, FirstUse::Refuse, "refused"),
            (Stage::Runs, FirstUse::Refuse, "exit code 127"),
        ] {
            let checkup = Checkup {
                stage,
                shown: "jarvis@nas".to_owned(),
                why: why.to_owned(),
                has_sensors: false,
            };
            let finding = tell(&host, &checkup, first_use);
            add!(
                told,
                "{:?} {} | {}\n",
                finding.state,
                finding.what,
                finding.fix.join(" | ")
            );
        }
        insta::assert_snapshot!(told);
    }
}

//! What a kind demands beyond the form of its fields: fields that fit together, limits of the floor. One document at
//! a time.

use super::{document::Document, report::Report};
use crate::{
    kinds::{
        channel::NotificationChannelSpec,
        guest::GuestSpec,
        node::NodeSpec,
        policy::{SafetyPolicySpec, is_placeholder},
        runbook::{IssueWord, RunbookSpec, Step, StepAction},
        service::{Restart, ServiceCheck, ServiceSpec, ServiceState},
        target::Probe,
        threshold::{Metric, ThresholdSpec},
        window::{MaintenanceWindowSpec, WindowEffect},
    },
    manifest::AnyManifest,
    text::{duration, level::Level},
    windows::LONGEST,
    yaml::path::{Path, field},
};
use jarvis_model::ResourceKind;
use std::time::Duration;

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

/// Checks a document whose form is right.
pub fn check(document: &Document, report: &mut Report) {
    let mut rules = Rules { document, report };
    match &document.manifest {
        Some(AnyManifest::VirtualMachine(guest)) => rules.guest(&guest.spec, false),
        Some(AnyManifest::Container(guest)) => rules.guest(&guest.spec, true),
        Some(AnyManifest::Node(node)) => rules.node(&node.spec),
        Some(AnyManifest::Service(service)) => rules.service(&service.spec),
        Some(AnyManifest::Threshold(threshold)) => rules.threshold(&threshold.spec),
        Some(AnyManifest::Runbook(runbook)) => rules.runbook(&runbook.spec),
        Some(AnyManifest::SafetyPolicy(policy)) => rules.policy(&policy.spec),
        Some(AnyManifest::MaintenanceWindow(window)) => rules.window(&window.spec),
        Some(AnyManifest::NotificationChannel(channel)) => rules.channel(&channel.spec),
        None => {}
    }
}

struct Rules<'a> {
    document: &'a Document,
    report: &'a mut Report,
}

impl Rules<'_> {
    fn error(&mut self, path: Path, problem: impl Into<String>, hint: impl Into<String>) {
        self.report.error(self.document, path, problem, hint);
    }

    fn warn(&mut self, path: Path, problem: impl Into<String>, hint: impl Into<String>) {
        self.report.warning(self.document, path, problem, hint);
    }

    fn span(&mut self, path: Path, span: Duration, low: Duration, high: Duration) {
        if !(low..=high).contains(&span) {
            let hint = format!(
                "write a duration from {} to {}",
                duration::print(low),
                duration::print(high)
            );
            self.error(path, format!("{} is out of range", duration::print(span)), hint);
        }
    }

    fn guest(&mut self, spec: &GuestSpec, is_container: bool) {
        if let Some(span) = spec.stop_timeout {
            self.span(field!("spec", "stopTimeout"), span, Duration::from_secs(1), HOUR);
        }
        let Some(ready) = &spec.ready else { return };
        self.span(
            field!("spec", "ready", "within"),
            ready.within,
            Duration::from_secs(1),
            HOUR,
        );
        if is_container && matches!(ready.probe, Probe::GuestAgent(_)) {
            let hint = "use tcp or http";
            self.error(
                field!("spec", "ready", "guestAgent"),
                "a container has no guest agent",
                hint,
            );
        }
    }

    fn node(&mut self, spec: &NodeSpec) {
        let via = spec.wake_on_lan.as_ref().and_then(|wake| wake.via.as_ref());
        if via == Some(&spec.node) {
            let hint = "name another node, or leave via out so that Jarvis sends the packet itself";
            self.error(
                field!("spec", "wakeOnLan", "via"),
                "a node that is off cannot wake itself",
                hint,
            );
        }
    }

    fn service(&mut self, spec: &ServiceSpec) {
        let only_looked_at = matches!(spec.check, ServiceCheck::Http(_) | ServiceCheck::Tcp(_));
        if only_looked_at && spec.restart == Restart::Allowed {
            let hint = "use systemd or docker, or write restart: AlertOnly";
            self.error(
                field!("spec", "restart"),
                "nothing says what to restart: http and tcp only look",
                hint,
            );
        }
        if spec.state == ServiceState::Stopped && spec.restart == Restart::Allowed {
            self.error(
                field!("spec", "restart"),
                "a service that should be down is not restarted",
                "remove restart",
            );
        }
    }

    fn threshold(&mut self, spec: &ThresholdSpec) {
        let metric = spec.metric;
        if !metric.kinds().contains(&spec.on.kind) {
            let kinds: Vec<&str> = metric.kinds().iter().map(|kind| kind.as_str()).collect();
            let problem = format!("a {} has no such figure", spec.on.kind);
            self.error(
                field!("spec", "metric"),
                problem,
                format!("this metric is of {}", kinds.join(", ")),
            );
        }
        if metric == Metric::Disk && spec.on.kind == ResourceKind::VirtualMachine {
            self.warn(
                field!("spec", "metric"),
                "Proxmox does not tell how full the disks of virtual machines are, so this is never passed",
                "watch the storage they lie on, or a Service of its own inside the guest",
            );
        }
        if spec.storage.is_some() && metric != Metric::Storage {
            self.error(
                field!("spec", "storage"),
                "only metric: storage has a storage",
                "remove it",
            );
        }
        self.span(field!("spec", "for"), spec.lasting, Duration::ZERO, DAY * 7);
        match (metric, spec.above, spec.below) {
            (Metric::Unreachable, None, None) => {
                if spec.clear.is_some() {
                    self.error(
                        field!("spec", "clear"),
                        "metric: unreachable has no level",
                        "remove clear",
                    );
                }
            }
            (Metric::Unreachable, above, _) => {
                let key = if above.is_some() { "above" } else { "below" };
                self.error(
                    field!("spec", key),
                    "metric: unreachable has no level",
                    "remove it; for alone decides",
                );
            }
            (_, Some(above), None) => self.level("above", above, spec),
            (_, None, Some(below)) => self.level("below", below, spec),
            (_, None, None) => self.error(
                field!("spec"),
                "needs exactly one of above, below",
                "add one of above, below",
            ),
            (_, Some(_), Some(_)) => {
                let hint = "keep one of the two; write two Thresholds for both ends";
                self.error(
                    field!("spec", "below"),
                    "above and below exclude each other",
                    hint,
                );
            }
        }
    }

    fn level(&mut self, key: &str, level: Level, spec: &ThresholdSpec) {
        let percent = Level::whole(0)..=Level::whole(100);
        let levels = [(key, Some(level)), ("clear", spec.clear)];
        for (key, level) in levels.into_iter().filter_map(|(key, level)| Some((key, level?))) {
            if spec.metric.is_percent() && !percent.contains(&level) {
                self.error(
                    field!("spec", key),
                    format!("{level} is no percentage"),
                    "write a number from 0 to 100",
                );
            }
        }
        let Some(clear) = spec.clear else { return };
        let (wrong, side) = if key == "above" {
            (clear > level, "not above")
        } else {
            (clear < level, "not below")
        };
        if wrong {
            let problem = format!("{clear} would count as over while the limit {level} is still passed");
            self.error(
                field!("spec", "clear"),
                problem,
                format!("write a level {side} {level}"),
            );
        }
    }

    fn runbook(&mut self, spec: &RunbookSpec) {
        for (index, step) in spec.steps.iter().enumerate() {
            self.step(index, step, spec.trigger.issue);
        }
        if spec.budget.per < HOUR {
            let problem = format!(
                "{} would loosen the floor that always holds",
                duration::print(spec.budget.per)
            );
            self.error(
                field!("spec", "budget", "per"),
                problem,
                "it can only tighten: at least 1h",
            );
        }
        self.span(
            field!("spec", "budget", "per"),
            spec.budget.per.max(HOUR),
            HOUR,
            DAY * 31,
        );
    }

    fn step(&mut self, index: usize, step: &Step, issue: IssueWord) {
        let here = |key: &str| field!("spec", "steps", index, key);
        self.span(here("timeout"), step.timeout, Duration::from_secs(1), DAY);
        match (step.action, &step.command) {
            (StepAction::RunCommand, None) => {
                let hint = "add command: the name of a command in a SafetyPolicy's commandAllowlist";
                self.error(here("command"), "is missing", hint);
            }
            (StepAction::RunCommand, Some(_)) | (_, None) => {}
            (_, Some(_)) => self.error(
                here("command"),
                "only action: runCommand has a command",
                "remove it",
            ),
        }
        if !fits(step.action, issue) {
            let problem = "the action cannot be done to what this issue is about";
            self.error(
                here("action"),
                problem,
                "choose an action for the resource of the trigger's issue",
            );
        }
        if step.action == StepAction::Wait && step.verify.is_some() {
            self.error(
                here("verify"),
                "waiting has nothing to verify",
                "remove it, or move it to the step before",
            );
        }
    }

    fn policy(&mut self, spec: &SafetyPolicySpec) {
        if let (Some(default), Some(ceiling)) = (spec.autonomy.default, spec.autonomy.ceiling)
            && default > ceiling
        {
            let problem = format!("the default {default:?} is above the ceiling {ceiling:?}");
            self.warn(
                field!("spec", "autonomy", "default"),
                problem,
                "the ceiling holds; lower the default",
            );
        }
        for (index, protected) in spec.protected.iter().enumerate() {
            if spec.protected[..index].contains(protected) {
                self.warn(
                    field!("spec", "protected", index),
                    format!("{protected} is there twice"),
                    "keep one",
                );
            }
        }
        for (index, dependency) in spec.dependencies.iter().enumerate() {
            if dependency.who == dependency.needs {
                let problem = format!("{} cannot need itself", dependency.who);
                self.error(
                    field!("spec", "dependencies", index),
                    problem,
                    "name two different things",
                );
            }
        }
        for (index, command) in spec.command_allowlist.iter().enumerate() {
            self.command(index, &command.argv);
        }
    }

    fn command(&mut self, index: usize, argv: &[String]) {
        let Some(program) = argv.first() else { return };
        let path = field!("spec", "commandAllowlist", index, "argv", 0);
        let name = program.rsplit('/').next().unwrap_or(program);
        if is_placeholder(program) {
            self.error(
                path,
                "the program itself cannot be filled in",
                "write the program's name or path",
            );
        } else if INTERPRETERS
            .iter()
            .any(|known| name.strip_prefix(known).is_some_and(is_version))
        {
            let problem = format!("{name} runs whatever it is told, so the list would allow every command");
            self.error(path, problem, "list the command itself, with its arguments");
        }
    }

    fn window(&mut self, spec: &MaintenanceWindowSpec) {
        self.span(
            field!("spec", "duration"),
            spec.duration,
            Duration::from_mins(1),
            LONGEST,
        );
        if spec.overrun && spec.effect == WindowEffect::Deny {
            let hint = "remove it; what began before a deny window opens is always finished";
            self.warn(
                field!("spec", "overrun"),
                "overrun has no meaning for a deny window",
                hint,
            );
        }
    }

    fn channel(&mut self, spec: &NotificationChannelSpec) {
        if spec
            .quiet_hours
            .as_ref()
            .is_some_and(|quiet| quiet.from == quiet.to)
        {
            let hint = "write two different times, or leave quietHours out";
            self.error(
                field!("spec", "quietHours"),
                "from and to are the same time",
                hint,
            );
        }
    }
}

/// Programs that run other programs or text. A version may follow the name.
const INTERPRETERS: [&str; 28] = [
    "sh", "bash", "dash", "zsh", "ksh", "fish", "busybox", "env", "sudo", "doas", "su", "nohup", "setsid",
    "timeout", "xargs", "find", "ssh", "nsenter", "chroot", "unshare", "eval", "exec", "python", "perl",
    "ruby", "node", "awk", "socat",
];

fn is_version(rest: &str) -> bool {
    rest.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// Whether an action can be done to the resource that an issue is about. A passed threshold can be of any kind.
fn fits(action: StepAction, issue: IssueWord) -> bool {
    use IssueWord::{GuestDown, GuestNotReady, NodeUnreachable, ServiceDown, ThresholdPassed};
    let issues: &[IssueWord] = match action {
        StepAction::StartGuest
        | StepAction::ShutdownGuest
        | StepAction::RebootGuest
        | StepAction::CreateSnapshot => &[GuestDown, GuestNotReady, ThresholdPassed],
        StepAction::RestartService => &[ServiceDown, ThresholdPassed],
        StepAction::WakeNode => &[NodeUnreachable],
        StepAction::RunCommand | StepAction::Wait => return true,
    };
    issues.contains(&issue)
}

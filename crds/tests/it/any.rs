//! Any valid manifest of every kind, for property tests.

use jarvis_crds::{windows::time_zones, *};
use jarvis_model::{NodeName, ResourceKey, ResourceKind, Vmid};
use proptest::{
    collection::{btree_map, vec},
    option::of,
    prelude::*,
    sample::select,
};
use std::{collections::BTreeMap, net::Ipv4Addr, time::Duration};

pub fn manifest() -> BoxedStrategy<AnyManifest> {
    prop_oneof![
        manifest_of(guest(false)).prop_map(AnyManifest::VirtualMachine),
        manifest_of(guest(true)).prop_map(AnyManifest::Container),
        manifest_of(node()).prop_map(AnyManifest::Node),
        manifest_of(service()).prop_map(AnyManifest::Service),
        manifest_of(threshold()).prop_map(AnyManifest::Threshold),
        manifest_of(runbook()).prop_map(AnyManifest::Runbook),
        manifest_of(policy()).prop_map(AnyManifest::SafetyPolicy),
        manifest_of(window()).prop_map(AnyManifest::MaintenanceWindow),
        manifest_of(channel()).prop_map(AnyManifest::NotificationChannel),
    ]
    .boxed()
}

fn manifest_of<S: std::fmt::Debug>(spec: impl Strategy<Value = S>) -> impl Strategy<Value = Manifest<S>> {
    let metadata = (
        name(),
        labels(),
        btree_map("[a-z]{1,9}([.]example/[A-Za-z]{1,5})?", any::<String>(), 0..3),
    );
    (metadata, spec).prop_map(|((name, labels, annotations), spec)| Manifest {
        metadata: Metadata {
            name,
            labels,
            annotations,
        },
        spec,
    })
}

fn name() -> impl Strategy<Value = String> {
    "[a-z0-9]([a-z0-9-]{0,9}[a-z0-9])?([.][a-z0-9]{1,3})?"
}

fn labels() -> impl Strategy<Value = BTreeMap<String, String>> {
    btree_map(
        "(on|y|[a-z]{1,5}|[a-z]{2,4}[.]example/[a-zA-Z0-9][a-zA-Z0-9_.-]{0,5}x)",
        "([A-Za-z0-9]([A-Za-z0-9_.-]{0,9}[A-Za-z0-9])?)?",
        0..4,
    )
}

fn plain() -> impl Strategy<Value = String> {
    "[A-Za-z0-9_@][A-Za-z0-9_.@:+-]{0,12}"
}

fn node_name() -> impl Strategy<Value = NodeName> {
    "[A-Za-z0-9]([A-Za-z0-9-]{0,9}[A-Za-z0-9])?".prop_map(|name| NodeName::new(&name).unwrap())
}

fn vmid() -> impl Strategy<Value = Vmid> {
    (100_u32..=999_999_999).prop_map(|number| Vmid::new(number).unwrap())
}

fn secs(low: u64, high: u64) -> impl Strategy<Value = Duration> {
    (low..=high).prop_map(Duration::from_secs)
}

fn autonomy() -> impl Strategy<Value = Option<Autonomy>> {
    of(select(Autonomy::ALL.to_vec()))
}

fn guest(container: bool) -> impl Strategy<Value = GuestSpec> {
    let strategies = vec![
        RunStrategy::Always,
        RunStrategy::RerunOnFailure,
        RunStrategy::Halted,
        RunStrategy::Manual,
    ];
    let key = (any::<bool>(), name()).prop_map(|(vm, name)| {
        let kind = if vm {
            ResourceKind::VirtualMachine
        } else {
            ResourceKind::Container
        };
        ResourceKey::new(kind, &name).unwrap()
    });
    let probe = prop_oneof![tcp().prop_map(Probe::Tcp), http().prop_map(Probe::Http)].boxed();
    let probe = if container {
        probe
    } else {
        prop_oneof![probe, Just(Probe::GuestAgent(GuestAgentProbe {}))].boxed()
    };
    let ready = (probe, secs(1, 3600)).prop_map(|(probe, within)| Ready { probe, within });
    let first = (
        of(plain()),
        vmid(),
        of("[a-z][a-z0-9-]{0,5}[a-z][.]x"),
        of(node_name()),
        select(strategies),
    );
    let second = (
        vec(key, 0..3),
        of(ready),
        autonomy(),
        of(secs(1, 3600)),
        of(plain()),
    );
    (first, second).prop_map(|((cluster, vmid, guest_name, node, run_strategy), more)| {
        let (depends_on, ready, autonomy, stop_timeout, accept_identity) = more;
        GuestSpec {
            cluster,
            vmid,
            guest_name,
            node,
            run_strategy,
            depends_on,
            ready,
            autonomy,
            stop_timeout,
            accept_identity,
        }
    })
}

fn tcp() -> impl Strategy<Value = TcpProbe> {
    "([a-z]{1,8}|10[.]0[.]0[.][1-9]|\\[fd00::[1-9]\\]):[1-9][0-9]{0,3}"
        .prop_map(|address| TcpProbe { address })
}

fn http() -> impl Strategy<Value = HttpProbe> {
    (url(), 100_u16..=599).prop_map(|(url, status)| HttpProbe { url, status })
}

fn url() -> impl Strategy<Value = String> {
    "https?://[a-z]{1,8}([.]example)?(:[1-9][0-9]{0,3})?(/[a-z%~?&=#.]{0,8})?"
}

fn node() -> impl Strategy<Value = NodeSpec> {
    let mac = any::<[u8; 6]>().prop_filter_map("one card's", |mut octets| {
        octets[0] &= 0xfe;
        MacAddress::new(octets).ok()
    });
    // A name with `Z` in front is no other's: a node cannot wake itself.
    let via = of("Z[a-z]{1,5}".prop_map(|name| NodeName::new(&name).unwrap()));
    let wake =
        (mac, of(any::<u32>().prop_map(Ipv4Addr::from)), via).prop_map(|(mac, broadcast, via)| WakeOnLan {
            mac: Some(mac),
            broadcast,
            via,
        });
    let expected = select(vec![Expected::Online, Expected::Offline, Expected::Any]);
    let own = "[a-y][a-z0-9]{0,5}".prop_map(|name| NodeName::new(&name).unwrap());
    (
        of(plain()),
        own,
        of(wake),
        expected,
        of("[A-Za-z][ -~]{0,20}"),
        autonomy(),
    )
        .prop_map(
            |(cluster, node, wake_on_lan, expected, temperature_sensor, autonomy)| NodeSpec {
                cluster,
                node,
                wake_on_lan,
                expected,
                temperature_sensor,
                autonomy,
            },
        )
}

fn target() -> impl Strategy<Value = Target> {
    let via = select(vec![GuestAccess::Ssh, GuestAccess::GuestAgent]);
    prop_oneof![
        node_name().prop_map(Target::Node),
        (vmid(), via).prop_map(|(vmid, via)| Target::Guest(GuestTarget { vmid, via })),
        plain().prop_map(Target::Host),
    ]
}

fn service() -> impl Strategy<Value = ServiceSpec> {
    let check = prop_oneof![
        plain().prop_map(|unit| ServiceCheck::Systemd(Systemd { unit })),
        plain().prop_map(|container| ServiceCheck::Docker(Docker { container })),
        http().prop_map(ServiceCheck::Http),
        tcp().prop_map(ServiceCheck::Tcp),
    ];
    (target(), check, any::<bool>(), any::<bool>(), autonomy()).prop_map(
        |(target, check, running, allowed, autonomy)| {
            let state = if running {
                ServiceState::Running
            } else {
                ServiceState::Stopped
            };
            let restartable = running && matches!(check, ServiceCheck::Systemd(_) | ServiceCheck::Docker(_));
            let restart = if allowed && restartable {
                Restart::Allowed
            } else {
                Restart::AlertOnly
            };
            ServiceSpec {
                target,
                check,
                state,
                restart,
                autonomy,
            }
        },
    )
}

fn threshold() -> impl Strategy<Value = ThresholdSpec> {
    let metrics = vec![
        Metric::Cpu,
        Metric::Memory,
        Metric::Disk,
        Metric::Storage,
        Metric::Temperature,
        Metric::Load,
        Metric::Unreachable,
        Metric::BackupAge,
    ];
    let subject = (
        any::<prop::sample::Index>(),
        vec("[a-z0-9.*-]{1,9}", 0..3),
        labels(),
    );
    let limit = (0_i64..100_000, 0_i64..100_000, any::<bool>(), any::<bool>());
    let rest = (
        of(plain()),
        secs(0, 7 * 86_400),
        severity(),
        vec(name(), 0..3),
        of(name()),
    );
    (select(metrics), subject, limit, rest).prop_map(|(metric, (kind, names, labels), limit, rest)| {
        let (storage, lasting, severity, notify, runbook) = rest;
        let (one, other, is_above, has_clear) = limit;
        let level =
            |thousandths| (metric != Metric::Unreachable).then(|| Level::from_thousandths(thousandths));
        let (high, low) = (level(one.max(other)), level(one.min(other)));
        ThresholdSpec {
            on: Subject {
                kind: *kind.get(metric.kinds()),
                names,
                labels,
            },
            metric,
            storage: storage.filter(|_| metric == Metric::Storage),
            above: high.filter(|_| is_above),
            below: low.filter(|_| !is_above),
            lasting,
            clear: if is_above { low } else { high }.filter(|_| has_clear),
            severity,
            notify,
            runbook,
        }
    })
}

fn severity() -> impl Strategy<Value = Severity> {
    select(vec![Severity::Info, Severity::Warning, Severity::Critical])
}

fn selector() -> impl Strategy<Value = Selector> {
    let kinds = vec(select(ResourceKind::ALL.to_vec()), 0..4);
    (kinds, vec("[a-z0-9.*-]{1,9}", 0..3), labels()).prop_map(|(kinds, names, labels)| Selector {
        kinds,
        names,
        labels,
    })
}

fn runbook() -> impl Strategy<Value = RunbookSpec> {
    let verify = vec![
        Verify::GuestRunning,
        Verify::GuestStopped,
        Verify::GuestReady,
        Verify::IssueGone,
    ];
    let actions = vec![
        StepAction::StartGuest,
        StepAction::ShutdownGuest,
        StepAction::RebootGuest,
        StepAction::CreateSnapshot,
        StepAction::RunCommand,
        StepAction::Wait,
    ];
    let step = (select(actions), name(), of(select(verify)), secs(1, 86_400)).prop_map(
        |(action, command, verify, timeout)| {
            let command = (action == StepAction::RunCommand).then_some(command);
            Step {
                action,
                command,
                verify: verify.filter(|_| action != StepAction::Wait),
                timeout,
            }
        },
    );
    let issue = select(vec![
        IssueWord::GuestDown,
        IssueWord::GuestNotReady,
        IssueWord::ThresholdPassed,
    ]);
    let budget =
        (1_u32..=3, secs(3600, 31 * 86_400)).prop_map(|(attempts, per)| RunbookBudget { attempts, per });
    (issue, selector(), vec(step, 1..4), budget, vec(name(), 0..3)).prop_map(
        |(issue, selector, steps, budget, escalate_to)| RunbookSpec {
            trigger: Trigger { issue, selector },
            steps,
            budget,
            escalate_to,
        },
    )
}

fn policy() -> impl Strategy<Value = SafetyPolicySpec> {
    let place = || prop_oneof![node_name().prop_map(Place::Node), vmid().prop_map(Place::Guest)];
    let service = || {
        let name = prop_oneof![
            plain().prop_map(ServiceName::Unit),
            plain().prop_map(ServiceName::Container)
        ];
        (target(), name).prop_map(|(target, name)| ServiceRef { target, name })
    };
    let protected = prop_oneof![
        node_name().prop_map(Protected::Node),
        vmid().prop_map(Protected::Guest),
        service().prop_map(Protected::Service),
        place().prop_map(Protected::DockerDaemon),
    ];
    let end = || {
        prop_oneof![
            node_name().prop_map(DependencyEnd::Node),
            vmid().prop_map(DependencyEnd::Guest),
            service().prop_map(DependencyEnd::Service),
        ]
    };
    let dependency = (end(), end())
        .prop_filter("nothing needs itself", |(who, needs)| who != needs)
        .prop_map(|(who, needs)| Dependency { who, needs });
    let autonomy = (autonomy(), autonomy()).prop_map(|(default, ceiling)| AutonomyRule { default, ceiling });
    let budgets = (of(1_u32..=3), of(1_u32..=1000), of(1_u32..=10), of(Just(1_u32))).prop_map(
        |(attempts_per_issue, actions_per_hour, largest_plan, nodes_at_once)| Budgets {
            attempts_per_issue,
            actions_per_hour,
            largest_plan,
            nodes_at_once,
        },
    );
    let command = (
        name(),
        "[a-z]{2}x[a-z/]{0,9}q",
        vec("[ -~]{1,20}", 0..4),
        any::<bool>(),
    )
        .prop_map(|(name, program, arguments, changes)| AllowedCommand {
            name,
            argv: std::iter::once(program).chain(arguments).collect(),
            changes,
        });
    (
        vec(protected, 0..4),
        vec(dependency, 0..4),
        autonomy,
        budgets,
        vec(command, 0..3),
    )
        .prop_map(
            |(protected, dependencies, autonomy, budgets, command_allowlist)| SafetyPolicySpec {
                protected,
                dependencies,
                autonomy,
                budgets,
                command_allowlist,
            },
        )
}

fn window() -> impl Strategy<Value = MaintenanceWindowSpec> {
    let schedule = "[0-5]?[0-9] ([01]?[0-9]|\\*) ([1-9]|\\*|\\*/[2-9]) (\\*|jan|[1-9]) (\\*|mon|[0-7])";
    let zone = select(time_zones());
    let words = (
        any::<bool>(),
        select(vec![AppliesTo::Changes, AppliesTo::Repairs, AppliesTo::Both]),
        any::<bool>(),
    );
    (words, schedule, secs(60, 31 * 86_400), zone, selector()).prop_map(
        |((deny, applies_to, overrun), schedule, duration, time_zone, selector)| MaintenanceWindowSpec {
            effect: if deny {
                WindowEffect::Deny
            } else {
                WindowEffect::Allow
            },
            schedule,
            duration,
            time_zone,
            selector,
            applies_to,
            overrun,
        },
    )
}

fn channel() -> impl Strategy<Value = NotificationChannelSpec> {
    let way = prop_oneof![
        vec("[a-z.+]{1,9}@[a-z]{1,9}[.]example", 1..3).prop_map(|to| Way::Email(Email { to })),
        (url(), of(name())).prop_map(|(url, credential)| Way::Webhook(Webhook { url, credential })),
        (url(), plain(), of(name())).prop_map(|(server, topic, credential)| Way::Ntfy(Ntfy {
            server,
            topic,
            credential
        })),
    ];
    let quiet = ("0[0-9]:[0-5][0-9]", "1[0-9]:[0-5][0-9]").prop_map(|(from, to)| QuietHours { from, to });
    (
        way,
        severity(),
        of(quiet),
        of("[01][0-9]:[0-5][0-9]"),
        select(time_zones()),
    )
        .prop_map(|(way, minimum_severity, quiet_hours, daily_report, time_zone)| {
            NotificationChannelSpec {
                way,
                minimum_severity,
                quiet_hours,
                daily_report,
                time_zone,
            }
        })
}

//! Tables: what is run, and what each output means.

use super::*;
use jarvis_model::{HostVerb, ServiceStatus, ServiceUnit, ServiceVerb};

const WITHIN: Duration = Duration::from_secs(10);

fn said(stdout: &str) -> Output {
    Output {
        exit: Some(0),
        stdout: stdout.to_owned(),
        ..Output::default()
    }
}

fn failed(code: i32, stderr: &str) -> Output {
    Output {
        exit: Some(code),
        stderr: stderr.to_owned(),
        ..Output::default()
    }
}

fn systemd(name: &str) -> ServiceUnit {
    ServiceUnit::Systemd(name.to_owned())
}

fn docker(name: &str) -> ServiceUnit {
    ServiceUnit::Docker(name.to_owned())
}

fn answered(read: &HostRead, outputs: &[Output]) -> Result<HostAnswer, LookError> {
    answer(read, outputs, &words(read), "node forge")
}

fn service(unit: &ServiceUnit, output: Output) -> Result<ServiceStatus, LookError> {
    match answered(&HostRead::Service(unit.clone()), &[output])? {
        HostAnswer::Service(status) => Ok(status),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_read_has_its_programs() {
    let lines = |unit| HostRead::Log { unit, lines: 9999 };
    for (read, expected) in [
        (
            HostRead::Service(systemd("a b.service")),
            vec!["systemctl show --property=LoadState,ActiveState,SubState -- a b.service"],
        ),
        (
            HostRead::Service(docker("web")),
            vec![
                "docker inspect --type=container --format {{.State.Status}} {{if .State.Health}}{{.State.Health.Status}}{{end}} -- web",
            ],
        ),
        (
            lines(None),
            vec!["journalctl --no-pager --quiet --output=short-iso -n 200"],
        ),
        (
            lines(Some(systemd("x"))),
            vec!["journalctl --no-pager --quiet --output=short-iso -n 200 -u x"],
        ),
        (
            lines(Some(docker("x"))),
            vec!["docker logs --timestamps --tail 200 -- x"],
        ),
        (HostRead::Mac, vec!["ip -j route show default", "ip -j link show"]),
        (
            HostRead::Figures,
            vec![
                "sensors -j",
                "nproc",
                "cat /proc/loadavg /proc/uptime /proc/pressure/cpu /proc/pressure/io /proc/pressure/memory",
            ],
        ),
    ] {
        let found: Vec<String> = programs(&read, WITHIN)
            .unwrap()
            .iter()
            .map(|argv| argv.join(" "))
            .collect();
        let limited: Vec<String> = expected
            .iter()
            .map(|line| format!("timeout -k 2 10 {line}"))
            .collect();
        assert_eq!(found, limited);
    }
}

#[test]
fn what_could_pass_for_an_option_or_hides_a_character_is_not_run() {
    for name in [
        "",
        "-H",
        "--version",
        "a\nb",
        "a\0b",
        "a\u{1b}b",
        &"x".repeat(5000),
    ] {
        for unit in [systemd(name), docker(name)] {
            let log = HostRead::Log {
                unit: Some(unit.clone()),
                lines: 1,
            };
            assert!(
                programs(&HostRead::Service(unit.clone()), WITHIN).is_err(),
                "{name:?}"
            );
            assert!(programs(&log, WITHIN).is_err(), "{name:?}");
            let verb = HostVerb::Service {
                verb: ServiceVerb::Restart,
                unit,
            };
            let refused = request(&verb).unwrap_err().to_string();
            assert!(refused.ends_with("nothing was run"), "{refused}");
        }
    }
    let command = |argv: &[&str]| HostVerb::Command {
        argv: argv.iter().map(|word| (*word).to_owned()).collect(),
    };
    for argv in [&[] as &[&str], &[""], &["-c"], &["echo", "a\r"], &["x"; 65]] {
        assert!(request(&command(argv)).is_err(), "{argv:?}");
    }
    assert_eq!(request(&command(&["apt-get", "-y", "ü $(x)"])).unwrap().len(), 3);
}

#[test]
fn units_are_up_down_changing_or_missing() {
    let up = ServiceStatus::Up;
    let down = |word: &str| ServiceStatus::Down(word.to_owned());
    let changing = |word: &str| ServiceStatus::Changing(word.to_owned());
    for (load, active, sub, expected) in [
        ("loaded", "active", "running", up.clone()),
        ("loaded", "active", "exited", up.clone()),
        ("not-found", "active", "running", up),
        ("loaded", "failed", "failed", down("failed")),
        ("loaded", "inactive", "dead", down("inactive")),
        ("masked", "inactive", "dead", down("masked")),
        ("bad-setting", "inactive", "dead", down("bad-setting")),
        ("not-found", "inactive", "dead", ServiceStatus::Missing),
        ("not-found", "failed", "failed", down("failed")),
        ("loaded", "activating", "auto-restart", changing("auto-restart")),
        ("loaded", "deactivating", "stop-sigterm", changing("stop-sigterm")),
        ("loaded", "reloading", "reload", changing("reload")),
        ("loaded", "maintenance", "", down("maintenance")),
    ] {
        // The order is systemd's own, not the asked one.
        let text = format!("SubState={sub}\nLoadState={load}\nActiveState={active}\n");
        assert_eq!(
            service(&systemd("x"), said(&text)).unwrap(),
            expected,
            "{load} {active} {sub}"
        );
    }
    let error = service(&systemd("x"), said("hello")).unwrap_err();
    assert!(matches!(error, LookError::Malformed { .. }), "{error}");
    let error = service(&systemd("x"), failed(127, "sh: systemctl: not found")).unwrap_err();
    assert!(
        error.to_string().starts_with(
            "look at x on node forge: `systemctl show`: exit code 127: sh: systemctl: not found;"
        ),
        "{error}"
    );
}

#[test]
fn containers_are_up_down_changing_or_missing() {
    let down = |word: &str| ServiceStatus::Down(word.to_owned());
    for (text, expected) in [
        ("running \n", ServiceStatus::Up),
        ("running healthy\n", ServiceStatus::Up),
        ("running unhealthy\n", down("unhealthy")),
        (
            "running starting\n",
            ServiceStatus::Changing("starting".to_owned()),
        ),
        ("restarting \n", ServiceStatus::Changing("restarting".to_owned())),
        ("exited \n", down("exited")),
        ("paused \n", down("paused")),
        ("created \n", down("created")),
        ("dead \n", down("dead")),
    ] {
        assert_eq!(service(&docker("web"), said(text)).unwrap(), expected, "{text}");
    }
    for words in [
        "Error: No such object: web",
        "Error response from daemon: No such container: web",
    ] {
        assert_eq!(
            service(&docker("web"), failed(1, words)).unwrap(),
            ServiceStatus::Missing
        );
    }
    let denied = service(
        &docker("web"),
        failed(1, "permission denied while trying to connect"),
    )
    .unwrap_err();
    assert!(denied.to_string().contains("group docker"), "{denied}");
    assert!(service(&docker("web"), said("")).is_err());
}

#[test]
fn figures_are_what_the_host_has() {
    let sensors = r#"{
        "coretemp-isa-0000": {"Adapter": "ISA adapter", "Package id 0": {"temp1_input": 47.5, "temp1_max": 84.0}, "Core 0": {"temp2_input": 45}},
        "amdgpu-pci-6300": {"vddgfx": {"in0_input": 1.0}, "edge": {"temp1_input": 46.0}, "PPT": {"power1_input": 4.1}},
        "odd": {"broken": {"temp1_input": null}, "absurd": {"temp1_input": 65261.0}, "text": "x"}
    }"#;
    let psi = "some avg10=1.50 avg60=0 avg300=0 total=9\nfull avg10=0.00 avg60=0 avg300=0 total=0\n";
    let proc =
        format!("0.42 0.30 0.20 2/345 6789\n86461.55 300000.00\n{psi}{psi}some avg10=2.25 avg60=0 total=1\n");
    let HostAnswer::Figures(figures) =
        answered(&HostRead::Figures, &[said(sensors), said("8\n"), said(&proc)]).unwrap()
    else {
        panic!()
    };
    let temperatures: Vec<(&str, f64)> = figures
        .temperatures
        .iter()
        .map(|(name, at)| (name.as_str(), *at))
        .collect();
    assert_eq!(
        temperatures,
        [
            ("amdgpu-pci-6300 edge", 46.0),
            ("coretemp-isa-0000 Core 0", 45.0),
            ("coretemp-isa-0000 Package id 0", 47.5)
        ]
    );
    assert_eq!(
        (figures.load, figures.cores, figures.uptime_secs),
        (Some(0.42), Some(8), Some(86461))
    );
    let pressure: Vec<(&str, f64)> = figures
        .pressure
        .iter()
        .map(|(name, at)| (name.as_str(), *at))
        .collect();
    assert_eq!(pressure, [("cpu", 1.5), ("io", 1.5), ("memory", 2.25)]);

    // No lm-sensors, no nproc, a kernel without pressure: the rest counts.
    let bare = Output {
        exit: Some(1),
        ..said("0.10 0.1 0.1 1/1 1\n12.00 1.00\n")
    };
    let HostAnswer::Figures(figures) =
        answered(&HostRead::Figures, &[failed(127, "x"), failed(127, "x"), bare]).unwrap()
    else {
        panic!()
    };
    assert_eq!(
        (figures.load, figures.cores, figures.uptime_secs),
        (Some(0.1), None, Some(12))
    );
    assert!(figures.temperatures.is_empty() && figures.pressure.is_empty());

    for proc in ["", "nonsense\n1 2\n", "0.1\n", "NaN 1 1\ninf 2\n"] {
        assert!(
            answered(&HostRead::Figures, &[said("{}"), said("1"), said(proc)]).is_err(),
            "{proc:?}"
        );
    }
}

#[test]
fn logs_come_clean_and_in_order() {
    let read = HostRead::Log {
        unit: Some(systemd("x")),
        lines: 2,
    };
    let text = "old\n\u{1b}[31mred\u{1b}[0m\tend\u{7}\r\n\u{202e}evil\u{1b}]0;title\n";
    assert_eq!(
        answered(&read, &[said(text)]).unwrap(),
        HostAnswer::Lines(vec!["red end".to_owned(), "evil]0;title".to_owned()])
    );
    assert_eq!(clean(&"x".repeat(9000)).chars().count(), 501);
    let read = HostRead::Log {
        unit: Some(docker("x")),
        lines: 9,
    };
    let both = Output {
        stderr: "2026-01-01T00:00:02.000000000Z err\n".to_owned(),
        ..said("2026-01-01T00:00:01.000000000Z one\n2026-01-01T00:00:03.000000000Z three\n")
    };
    let HostAnswer::Lines(lines) = answered(&read, &[both]).unwrap() else {
        panic!()
    };
    let order: Vec<&str> = lines.iter().filter_map(|line| line.split(' ').nth(1)).collect();
    assert_eq!(order, ["one", "err", "three"]);
    let read = HostRead::Log { unit: None, lines: 1 };
    let denied = answered(&read, &[failed(1, "No journal files were opened")]).unwrap_err();
    assert!(denied.to_string().contains("systemd-journal"), "{denied}");
}

#[test]
fn the_hardware_address_is_of_the_default_route() {
    let links = r#"[{"ifname":"lo","address":"00:00:00:00:00:00"},{"ifname":"eno1","address":"AA:BB:CC:DD:EE:0F","master":"vmbr0"},
        {"ifname":"vmbr0","address":"aa:bb:cc:dd:ee:0f"},{"ifname":"wg0","link_type":"none"},{"ifname":"multi","address":"01:bb:cc:dd:ee:0f"}]"#;
    let mac = |routes: &str| answered(&HostRead::Mac, &[said(routes), said(links)]);
    let found = HostAnswer::Mac("aa:bb:cc:dd:ee:0f".to_owned());
    assert_eq!(
        mac(r#"[{"dst":"default","gateway":"10.0.0.1","dev":"vmbr0","flags":[]}]"#).unwrap(),
        found
    );
    assert_eq!(
        mac(r#"[{"dst":"default","dev":"wg0","metric":600},{"dst":"default","dev":"eno1","metric":100}]"#)
            .unwrap(),
        found
    );
    for routes in [
        "",
        "[]",
        "[{}]",
        r#"[{"dev":"wg0"}]"#,
        r#"[{"dev":"lo"}]"#,
        r#"[{"dev":"multi"}]"#,
        r#"[{"dev":"gone"}]"#,
    ] {
        assert!(matches!(mac(routes), Err(LookError::Missing { .. })), "{routes}");
    }
    assert!(matches!(mac("{}"), Err(LookError::Malformed { .. })));
}

#[test]
fn any_output_gives_an_answer_or_an_error() {
    let texts = [
        "",
        "\0",
        "{",
        "[[]]",
        "=\n=",
        "{\"a\":{\"b\":[]}}",
        "some avg10=",
        "ActiveState=active",
    ];
    let reads = [
        HostRead::Figures,
        HostRead::Mac,
        HostRead::Service(systemd("x")),
        HostRead::Service(docker("x")),
        HostRead::Log { unit: None, lines: 3 },
    ];
    for read in &reads {
        for text in texts {
            for count in 0..4 {
                let _ = answered(read, &vec![said(text); count]);
            }
        }
    }
}

#[test]
fn an_output_tells_how_it_ended() {
    let long = Output {
        exit: None,
        stderr: "a\nb\nc\nd\ne\nf\n".to_owned(),
        cut: true,
        ..Output::default()
    };
    assert_eq!(
        long.told(),
        "ended by a signal: b / c / d / e / f (its output was cut)"
    );
    assert_eq!(said("").told(), "exit code 0");
    assert_eq!(failed(124, "").told(), "it did not end in time and was ended");
}

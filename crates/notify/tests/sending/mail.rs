//! Mail through a real server: STARTTLS, TLS, in the clear on this machine; what it refuses, and what it does not know yet.

use crate::{
    aiosmtpd::{self, Mail, MailServer, USER, Way, mails},
    rig::{World, right, smtp, until},
};
use jarvis_notify::{
    Content, Letter, Outcome, Settings, Smtp, SmtpTls, To,
    send::mail::{Phase, check},
    settings::SmtpOptions,
};
use jarvis_ports::Clock as _;

const MAIL: &str = "metadata: {name: mail}\nspec: {email: {to: [ops@home.example]}}";

fn test_letter(world: &World, address: &str) -> Letter {
    Letter {
        id: format!("{:024}", address.len()),
        cluster: "home".into(),
        channel: "mail".into(),
        to: To::Email {
            address: address.into(),
        },
        zone: "UTC".into(),
        created_at: world.clock.now(),
        content: Content::Test,
        words: jarvis_notify::Words::None,
        attempts: 0,
        next_at: world.clock.now(),
        trouble: None,
        parked: None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_letter_arrives_by_every_way_with_both_bodies() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    for way in [Way::Starttls, Way::Tls, Way::Plain] {
        let world = World::with(&[MAIL]);
        aiosmtpd::prepare(world.path());
        let server = MailServer::start(python, world.path(), way, 0);
        let running = world.run(&right(world.path(), way, server.port));
        world.freeze("anna");
        let mail: Mail = until("a mail", || mails(world.path()).into_iter().next()).await;
        until("it is marked", || (world.sent() == 1).then_some(())).await;
        assert_eq!(
            (mail.secure, mail.user.as_deref()),
            (way != Way::Plain, Some(USER)),
            "{way:?}"
        );
        assert_eq!(mail.to, "ops@home.example");
        assert_eq!(mail.header("From"), "Jarvis <jarvis@home.example>");
        assert_eq!(
            mail.header("Subject"),
            "[jarvis home] warning: anna froze all that Jarvis does unasked"
        );
        assert_eq!(mail.header("Auto-Submitted"), "auto-generated");
        let id = mail.header("Message-ID");
        assert!(
            id.starts_with('<') && id.ends_with(".jarvis@home.example>"),
            "{id}"
        );
        assert!(
            mail.header("Content-Type").starts_with("multipart/alternative"),
            "{}",
            mail.data
        );
        for part in [
            "Content-Type: text/plain; charset=utf-8",
            "Content-Type: text/html; charset=utf-8",
            "Reason: a test",
        ] {
            assert!(mail.data.contains(part), "{part}: {}", mail.data);
        }
        assert!(world.letters().is_empty());
        running.stop().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_receiver_costs_the_others_nothing_and_is_parked() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&[
        "metadata: {name: mail}\nspec: {email: {to: [refused@home.example, busy@home.example, ops@home.example]}}",
    ]);
    aiosmtpd::prepare(world.path());
    let server = MailServer::start(python, world.path(), Way::Starttls, 0);
    let running = world.run(&right(world.path(), Way::Starttls, server.port));
    world.freeze("anna");
    let parked = until("two taken, one parked", || {
        let parked = world.letters().into_iter().find_map(|letter| letter.parked);
        parked.filter(|_| world.sent() == 2)
    })
    .await;
    assert!(
        parked.contains("550") && parked.contains("no such mailbox here"),
        "{parked}"
    );
    assert!(!parked.contains('\u{1b}'), "{parked:?}");
    running.stop().await;
    let mut receivers: Vec<String> = mails(world.path()).into_iter().map(|mail| mail.to).collect();
    receivers.sort();
    assert_eq!(receivers, ["busy@home.example", "ops@home.example"]);
    assert_eq!(world.letters().len(), 1, "what is parked stays to be seen");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_server_is_told_by_phase_and_parks_nothing() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&[MAIL]);
    aiosmtpd::prepare(world.path());
    for way in [Way::Starttls, Way::Tls] {
        let server = MailServer::start(python, world.path(), way, 0);
        let good = right(world.path(), way, server.port);
        check(good.smtp.as_ref().unwrap(), None).await.unwrap();
        let unknown = SmtpOptions {
            host: "localhost",
            port: Some(server.port),
            tls: if way == Way::Tls {
                SmtpTls::Tls
            } else {
                SmtpTls::Starttls
            },
            ca_pem: None,
            login: None,
            from: "jarvis@home.example",
        };
        let unknown = Settings {
            smtp: Some(Smtp::new(unknown).unwrap()),
            ..Settings::default()
        };
        let silent = smtp(world.path(), way, server.port, "");
        let outcome = world
            .sender(&silent)
            .send(&test_letter(&world, "ops@home.example"))
            .await;
        let Outcome::Later(why) = outcome else {
            panic!("{outcome:?}")
        };
        assert!(why.contains("530"), "a missing log-in parks nothing: {why}");
        let wrong = smtp(world.path(), way, server.port, "canary-wrong");
        let port = server.port;
        for (settings, phase, part) in [(unknown, Phase::Tls, "certificate"), (wrong, Phase::Login, "535")] {
            let problem = check(settings.smtp.as_ref().unwrap(), None).await.unwrap_err();
            assert_eq!(problem.phase, phase, "{way:?}: {problem}");
            assert!(problem.why.contains(part), "{problem}");
            let outcome = world
                .sender(&settings)
                .send(&test_letter(&world, "ops@home.example"))
                .await;
            let Outcome::Later(why) = outcome else {
                panic!("{outcome:?}")
            };
            assert!(
                !why.contains("canary") && !format!("{settings:?}").contains("canary"),
                "{why}"
            );
        }
        drop(server);
        let gone = check(right(world.path(), way, port).smtp.as_ref().unwrap(), None)
            .await
            .unwrap_err();
        assert_eq!(gone.phase, Phase::Connect, "{gone}");
    }
    assert!(mails(world.path()).is_empty());
    let none = world
        .sender(&Settings::default())
        .send(&test_letter(&world, "ops@home.example"))
        .await;
    let Outcome::Later(why) = none else {
        panic!("{none:?}")
    };
    assert!(why.contains("notifications: {smtp: ...}"), "{why}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_lost_answer_makes_a_double_that_can_be_told() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&["metadata: {name: mail}\nspec: {email: {to: [lost@home.example]}}"]);
    aiosmtpd::prepare(world.path());
    let server = MailServer::start(python, world.path(), Way::Plain, 0);
    let running = world.run(&right(world.path(), Way::Plain, server.port));
    world.freeze("anna");
    until("it is marked", || (world.sent() == 1).then_some(())).await;
    running.stop().await;
    let mails = mails(world.path());
    assert_eq!(
        mails.len(),
        2,
        "the server took it and its answer was lost: the one window that is left"
    );
    assert_eq!(mails[0].header("Message-ID"), mails[1].header("Message-ID"));
    assert_eq!(mails[0].data, mails[1].data, "byte for byte the same");
}

//! A server that is down for a while, a Jarvis that is started again meanwhile, and a server that never answers.

use crate::{
    aiosmtpd::{self, MailServer, Way, mails},
    rig::{World, right, until},
};
use jarvis_notify::Settings;
use std::{collections::BTreeSet, io::Read as _, net::TcpListener};

const MAIL: &str = "metadata: {name: mail}\nspec: {email: {to: [ops@home.example]}}";

/// A port on which nothing listens at the moment.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port()
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_lost_and_nothing_told_twice_over_an_outage_and_restarts() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&[MAIL]);
    aiosmtpd::prepare(world.path());
    let port = free_port();
    let settings = right(world.path(), Way::Starttls, port);

    let first = world.run(&settings);
    world.freeze("anna");
    until("a failed attempt is on disk", || {
        world
            .letters()
            .first()
            .filter(|letter| letter.attempts > 0)
            .map(|_| ())
    })
    .await;
    world.freeze("berta");
    first.stop().await;
    // While Jarvis is down something more is written; the server is down as well.
    world.freeze("clara");
    let second = world.run(&settings);
    until("all of it waits", || (world.letters().len() >= 2).then_some(())).await;
    second.stop().await;

    let server = MailServer::start(python, world.path(), Way::Starttls, port);
    let third = world.run(&settings);
    let all_told = || {
        let told = mails(world.path());
        let of = |name: &str| {
            told.iter()
                .filter(|mail| mail.data.contains(&format!("{name} froze")))
                .count()
        };
        (of("anna") > 0 && of("berta") > 0 && of("clara") > 0 && world.letters().is_empty()).then_some(())
    };
    until("all three are told", all_told).await;
    third.stop().await;
    let fourth = world.run(&settings);
    world.freeze("dora");
    until("the fourth is told", || {
        mails(world.path())
            .iter()
            .any(|mail| mail.data.contains("dora froze"))
            .then_some(())
    })
    .await;
    fourth.stop().await;
    drop(server);

    let mails = mails(world.path());
    let ids: BTreeSet<String> = mails.iter().map(|mail| mail.header("Message-ID")).collect();
    assert_eq!(ids.len(), mails.len(), "no letter twice");
    for name in ["anna", "berta", "clara", "dora"] {
        // Once in the plain text, once in the HTML, perhaps in title and subject: in one mail only.
        let told = mails
            .iter()
            .filter(|mail| mail.data.contains(&format!("{name} froze")))
            .count();
        assert_eq!(told, 1, "{name}");
    }
    assert!(world.letters().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_before_the_first_start_is_not_told() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    let world = World::with(&[MAIL]);
    aiosmtpd::prepare(world.path());
    world.freeze("anna");
    let server = MailServer::start(python, world.path(), Way::Plain, 0);
    let running = world.run(&right(world.path(), Way::Plain, server.port));
    world.freeze("berta");
    until("it is told", || (world.sent() == 1).then_some(())).await;
    running.stop().await;
    let mails = mails(world.path());
    assert!(mails.len() == 1 && mails[0].data.contains("berta froze") && !mails[0].data.contains("anna"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_that_never_answers_keeps_no_other_channel_waiting() {
    let Some(python) = aiosmtpd::interpreter() else {
        return;
    };
    // It takes connections and says nothing.
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = silent.local_addr().unwrap();
    let hanging = std::thread::spawn(move || {
        let (mut stream, _) = silent.accept().unwrap();
        let mut all = Vec::new();
        drop(stream.read_to_end(&mut all));
    });
    let hook = format!("metadata: {{name: hook}}\nspec: {{webhook: {{url: 'http://{address}/'}}}}");
    let world = World::with(&[&hook, MAIL]);
    aiosmtpd::prepare(world.path());
    let server = MailServer::start(python, world.path(), Way::Plain, 0);
    let running = world.run(&Settings {
        ..right(world.path(), Way::Plain, server.port)
    });
    world.freeze("anna");
    until("the mail is there", || {
        (mails(world.path()).len() == 1).then_some(())
    })
    .await;
    // The server has the mail a moment before its letter is put away.
    until("only the other is on its way", || {
        (world.letters().len() == 1).then_some(())
    })
    .await;
    world.freeze("berta");
    until("the next one too", || {
        (mails(world.path()).len() == 2).then_some(())
    })
    .await;
    // Its time ends with the test's: the fast clock cuts letters on their way after a moment.
    running.stop().await;
    assert!(!world.letters().is_empty(), "it is not lost");
    hanging.join().unwrap();
}

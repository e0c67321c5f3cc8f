//! Figures by the hour: before Jarvis looked they are Proxmox's own averages, and a stop in between loses none.

use crate::scenario::vm;
use jarvis_controller::history::Hour;
use jarvis_model::Timestamp;
use jarvis_simulator::Fault;
use jarvis_tests::{Rig, Setup, wait};
use std::time::Duration;

const LIMIT: Duration = Duration::from_mins(1);
const WEEK: Duration = Duration::from_hours(24 * 7);

async fn looked(rig: &Rig) {
    let seen = |view: &jarvis_controller::View| view.observed.complete_passes >= 2;
    wait::until(rig.jarvis(), "two looks", LIMIT, seen).await;
}

async fn week(rig: &Rig, series: &str) -> Vec<Hour> {
    let since = rig.now() - WEEK;
    rig.jarvis()
        .hours_with_averages(series, since)
        .await
        .expect("the store is read")
}

fn own(hours: &[Hour]) -> Vec<&Hour> {
    hours.iter().filter(|hour| hour.looks > 0).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_week_is_known_from_the_first_look_and_a_stop_loses_nothing() {
    let mut rig = Rig::start(Setup {
        manifests: vm("web-01", 101, "Always"),
        factor: 4,
        ..Setup::default()
    })
    .await;
    looked(&rig).await;
    for series in ["node/atlas/cpu", "node/atlas/mem", "guest/101/cpu"] {
        let hours = week(&rig, series).await;
        assert!(hours.len() > 100, "{series}: {} hours", hours.len());
        assert!(!own(&hours).is_empty(), "{series}: what Jarvis saw is among them");
        assert!(
            hours.windows(2).all(|pair| pair[0].began < pair[1].began),
            "{series}: each hour stands there once"
        );
        assert!(
            hours
                .iter()
                .all(|hour| hour.min <= hour.mean && hour.mean <= hour.max && hour.max <= 1.5),
            "{series}: shares"
        );
    }
    assert!(
        week(&rig, "node/atlas/temperature").await.len() <= 2,
        "Proxmox keeps none"
    );
    assert!(week(&rig, "guest/999/cpu").await.is_empty());
    let far = rig
        .jarvis()
        .hours_with_averages("node/atlas/cpu", Timestamp::default());
    assert!(
        far.await.expect("the store is read").len() <= 170,
        "a week at most"
    );

    wait::until(rig.jarvis(), "six looks", LIMIT, |_| {
        rig.jarvis().points("node/atlas/cpu").len() >= 6
    })
    .await;
    rig.stop().await;
    rig.resume(None);
    looked(&rig).await;
    let looks: u32 = own(&week(&rig, "node/atlas/cpu").await)
        .iter()
        .map(|hour| hour.looks)
        .sum();
    assert!(looks >= 7, "{looks} looks over a stop");

    // A node that is gone is answered for from what is kept.
    rig.inject(&Fault::PowerLoss {
        node: "atlas".to_owned(),
    });
    assert!(!week(&rig, "node/atlas/cpu").await.is_empty());
}

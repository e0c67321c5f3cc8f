//! Magic packets.

use std::time::Duration;

use jarvis_simulator::{Fault, Simulator};
use tokio::net::UdpSocket;

use crate::common::Lab;

async fn send(simulator: &Simulator, mac: [u8; 6]) {
    let socket = UdpSocket::bind("127.0.0.1:0").await.unwrap();
    let packet = [vec![0xff; 6], mac.repeat(16)].concat();
    assert_eq!(packet.len(), 102);
    socket.send_to(&packet, simulator.wake_address()).await.unwrap();
}

/// Waits until so many packets were heard.
async fn heard(lab: &Lab, count: usize) {
    let arrived = async {
        let mut ticks = tokio::time::interval(Duration::from_millis(5));
        while lab.handle.ledger().wakes.len() < count {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(20), arrived)
        .await
        .expect("the packet should arrive");
}

const FORGE: [u8; 6] = [2, 0x20, 0, 0, 0, 4];

fn power(lab: &Lab, node: &str) -> String {
    let state = lab.handle.state();
    let nodes = state["nodes"].as_array().unwrap();
    let row = nodes.iter().find(|row| row["node"] == node).unwrap();
    row["power"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn a_magic_packet_wakes_the_node_whose_card_it_names() {
    let lab = Lab::start().await;
    let down = Fault::PowerLoss {
        node: "forge".to_owned(),
    };
    lab.handle.inject(&down).unwrap();
    send(&lab.simulator, [2, 0x20, 0, 0, 0, 9]).await;
    heard(&lab, 1).await;
    assert_eq!(power(&lab, "forge"), "off", "that was for somebody else");
    send(&lab.simulator, FORGE).await;
    heard(&lab, 2).await;
    assert_eq!(power(&lab, "forge"), "booting");
    lab.pass(29.0);
    assert_eq!(power(&lab, "forge"), "booting");
    lab.pass(2.0);
    assert_eq!(power(&lab, "forge"), "on", "after its boot time");
    lab.pass(15.0);
    assert_eq!(lab.row("node/forge").await["status"], "online");
    send(&lab.simulator, FORGE).await;
    heard(&lab, 3).await;
    assert_eq!(power(&lab, "forge"), "on");
    let wakes = lab.handle.ledger().wakes;
    let told: Vec<_> = wakes
        .iter()
        .map(|wake| (wake.node.as_deref(), wake.woke))
        .collect();
    assert_eq!(
        told,
        [(None, false), (Some("forge"), true), (Some("forge"), false)]
    );
}

#[tokio::test]
async fn a_card_that_ignores_packets_sleeps_on() {
    let lab = Lab::start().await;
    for fault in [
        r#"{"fault": "ignores-wake", "node": "forge", "on": true}"#,
        r#"{"fault": "power-loss", "node": "forge"}"#,
    ] {
        lab.handle.inject_json(fault).unwrap();
    }
    send(&lab.simulator, FORGE).await;
    heard(&lab, 1).await;
    assert_eq!(power(&lab, "forge"), "off");
    lab.handle
        .inject_json(r#"{"fault": "power-on", "node": "forge"}"#)
        .unwrap();
    lab.pass(31.0);
    assert_eq!(power(&lab, "forge"), "on");
}

#[tokio::test]
async fn the_api_sends_the_same_packet() {
    let lab = Lab::start().await;
    lab.handle
        .inject_json(r#"{"fault": "power-loss", "node": "forge"}"#)
        .unwrap();
    lab.post("/nodes/forge/wakeonlan", "").await.data();
    assert_eq!(power(&lab, "forge"), "booting");
    assert_eq!(lab.handle.ledger().wakes[0].from, "atlas");
}

//! Logging in at the simulated cluster with user and password, over its real sockets.

use jarvis_ports::{Hypervisor, LookError};
use jarvis_proxmox::{ClusterCa, EntryPoint, Login, Options, Proxmox, Tls};
use jarvis_simulator::Simulator;
use std::time::Duration;

async fn simulator() -> Simulator {
    let options = jarvis_simulator::Options {
        auth_delay: Duration::ZERO,
        ..jarvis_simulator::Options::default()
    };
    Simulator::start(options).await.expect("the simulator starts")
}

fn options(simulator: &Simulator, password: &str) -> Options {
    let points = simulator
        .endpoints()
        .iter()
        .map(|(node, url)| EntryPoint::new(Some(node), url).unwrap())
        .collect();
    let ca = ClusterCa::from_pem(simulator.ca_pem().as_bytes(), "simulator").unwrap();
    let login = Login::new("root@pam", password).unwrap();
    Options::new("simulated", points, login, Tls::ClusterCa(ca)).unwrap()
}

#[tokio::test]
async fn the_simulated_cluster_is_looked_at_with_a_ticket_and_the_ticket_renewed() {
    let simulator = simulator().await;
    let mut options = options(&simulator, jarvis_simulator::PASSWORD);
    options.timeouts.ticket_renewal = Duration::ZERO;
    let client = Proxmox::new(options).unwrap();
    for _ in 0..2 {
        let look = client.look_cluster().await.unwrap();
        assert!(look.guests.len() > 3, "{look:?}");
        assert_eq!(
            client
                .look_quorum(2)
                .await
                .iter()
                .filter(|look| look.is_ok())
                .count(),
            2
        );
    }
    let node = client.look_cluster().await.unwrap().nodes[0].node.clone();
    assert!(client.look_node(&node).await.is_ok());
    // A POST goes only with the CSRF token: without it the answer would be 401.
    let told = client.replay(false, "/nodes/nowhere/wakeonlan").await.unwrap();
    assert_ne!(told.status, 401, "{told:?}");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_at_the_simulated_cluster() {
    let simulator = simulator().await;
    let client = Proxmox::new(options(&simulator, "wrong")).unwrap();
    for _ in 0..3 {
        let error = client.look_cluster().await.unwrap_err();
        assert!(
            matches!(&error, LookError::NotAuthenticated { why, .. } if why.contains("authentication failure")),
            "{error:?}"
        );
    }
    let requests: u64 = client
        .stats()
        .iter()
        .flat_map(|stats| stats.requests.values())
        .sum();
    assert_eq!(requests, 1);
}

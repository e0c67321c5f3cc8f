//! Many clients, each asking for a page of guests once a second.

use super::site::Door;
use anyhow::Context as _;
use std::time::{Duration, Instant};

/// A page of 100 guests with eight fields.
const PAGE: &str =
    "{ guests(first: 100) { nodes { vmid name node kind statusWord uptimeSeconds ageSeconds resource } } }";

/// How long each answer took: `clients` ask once a second for `rounds` seconds, spread over the second.
pub async fn measure(door: &Door, clients: u32, rounds: u32) -> anyhow::Result<Vec<Duration>> {
    let mut all = tokio::task::JoinSet::new();
    for client in 0..clients {
        let door = door.another();
        all.spawn(async move {
            let mut took = Vec::new();
            // The first question makes the connection and is not counted.
            door.ask(PAGE).await?;
            tokio::time::sleep(Duration::from_secs(1) * client / clients).await;
            let mut tick = tokio::time::interval(Duration::from_secs(1));
            for _ in 0..rounds {
                tick.tick().await;
                let began = Instant::now();
                let data = door.ask(PAGE).await?;
                took.push(began.elapsed());
                let rows = data["guests"]["nodes"].as_array().context("a page")?.len();
                anyhow::ensure!(rows == 100, "a page had {rows} guests");
            }
            Ok(took)
        });
    }
    let mut samples = Vec::new();
    while let Some(one) = all.join_next().await {
        samples.extend(one??);
    }
    Ok(samples)
}

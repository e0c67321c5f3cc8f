//! Backups in storages, and their age.

use jarvis_simulator::Options;
use serde_json::Value;

use crate::common::{Lab, options};

async fn backups(lab: &Lab, node: &str, storage: &str) -> Vec<Value> {
    let rows = lab
        .get(&format!("/nodes/{node}/storage/{storage}/content?content=backup"))
        .await;
    rows.as_array().unwrap().clone()
}

fn newest(rows: &[Value], vmid: u32) -> Option<u64> {
    rows.iter()
        .filter(|row| row["vmid"] == vmid)
        .filter_map(|row| row["ctime"].as_u64())
        .max()
}

#[tokio::test]
async fn what_runs_was_backed_up_last_night_on_any_day() {
    for epoch_secs in [1_795_447_000, 1_900_000_000] {
        let lab = Lab::with(Options {
            epoch_secs: Some(epoch_secs),
            ..options()
        })
        .await;
        let rows = backups(&lab, "atlas", "pbs-main").await;
        let hours = |at: u64| (epoch_secs - at) as f64 / 3600.0;
        let age = hours(newest(&rows, 101).unwrap());
        assert!((5.0..8.0).contains(&age), "{age}");
        assert_eq!(rows.iter().filter(|row| row["vmid"] == 101).count(), 2);
        assert_eq!(newest(&rows, 105), None, "what is off is not backed up");
        assert_eq!(rows, backups(&lab, "home", "pbs-main").await, "a shared storage");
        let row = rows.iter().find(|row| row["vmid"] == 201).unwrap();
        assert_eq!(
            (&row["format"], &row["subtype"]),
            (&"pbs-ct".into(), &"lxc".into())
        );
        assert!(
            row["volid"]
                .as_str()
                .unwrap()
                .starts_with("pbs-main:backup/ct/201/20")
        );
        let old = backups(&lab, "home", "home-nvme").await;
        assert!(hours(newest(&old, 209).unwrap()) > 200.0);
        assert!(
            old[0]["volid"]
                .as_str()
                .unwrap()
                .starts_with("home-nvme:backup/vzdump-lxc-209-20")
        );
    }
}

#[tokio::test]
async fn a_new_backup_is_the_newest() {
    let lab = Lab::start().await;
    lab.pass(3600.0);
    let upid = lab
        .post("/nodes/atlas/vzdump", "vmid=101&storage=pbs-main")
        .await
        .data();
    assert_eq!(lab.finish(upid.as_str().unwrap()).await, "OK");
    let rows = backups(&lab, "atlas", "pbs-main").await;
    let age = lab.handle.unix_now() - newest(&rows, 101).unwrap();
    assert!(age < 60, "{age}");
    lab.handle.reset();
    let rows = backups(&lab, "atlas", "pbs-main").await;
    let age = lab.handle.unix_now() - newest(&rows, 101).unwrap();
    assert!((5 * 3600..8 * 3600).contains(&age), "ages begin again too: {age}");
}

//! Backups: which storages are asked where, and what is named as unread.

use super::{
    client,
    server::{Reply, Server},
};
use jarvis_ports::Hypervisor as _;

const NODES: &str = r#"[{"type":"node","node":"atlas","status":"online"},{"type":"node","node":"forge","status":"online"},
    {"type":"node","node":"home","status":"offline"},{"type":"qemu","vmid":101,"node":"atlas","status":"running"}]"#;

fn content(ctimes: &[(u32, &str)]) -> String {
    let rows: Vec<String> = ctimes
        .iter()
        .map(|(vmid, ctime)| format!(r#"{{"content":"backup","volid":"x","vmid":{vmid},"ctime":{ctime}}}"#))
        .collect();
    format!("[{}]", rows.join(","))
}

#[tokio::test]
async fn backups_are_the_newest_of_every_storage() {
    let server = Server::start(|seen| {
        let path = seen.path.strip_prefix("/api2/json").unwrap_or_default();
        match path {
            "/cluster/resources" => Reply::data(NODES),
            "/nodes/atlas/storage?content=backup&enabled=1" => Reply::data(
                r#"[{"storage":"local","shared":0,"active":1},{"storage":"nfs","shared":1,"active":0},{"storage":"pbs","shared":"1","active":1},{"shared":1}]"#,
            ),
            "/nodes/forge/storage?content=backup&enabled=1" => Reply::data(
                r#"[{"storage":"local","active":1},{"storage":"nfs","shared":1,"active":1},{"storage":"pbs","shared":1,"active":1},{"storage":"usb","active":0}]"#,
            ),
            "/nodes/atlas/storage/local/content?content=backup" => {
                Reply::data(&content(&[(101, "1000"), (102, "\"2000\""), (7, "5")]))
            }
            "/nodes/forge/storage/local/content?content=backup" => Reply::bare(403, "Permission check failed (/storage/local, Datastore.Audit)"),
            "/nodes/forge/storage/nfs/content?content=backup" => Reply::data(&content(&[(101, "3000"), (101, "500")])),
            "/nodes/atlas/storage/pbs/content?content=backup" => Reply::bare(500, "pbs: error fetching datastores"),
            "/nodes/forge/storage/pbs/content?content=backup" => Reply::data(r#"[{"vmid":103,"ctime":9,"volid":"x"},{"ctime":1},3]"#),
            other => panic!("{other}"),
        }
    })
    .await;
    let client = client(&[(Some("atlas"), &server)]);
    let look = client.look_backups().await.unwrap();
    let newest: Vec<(u32, u64)> = [(101, 3000), (102, 2000), (103, 9)].into();
    let found: Vec<(u32, u64)> = look
        .newest
        .iter()
        .map(|(vmid, at)| (vmid.get(), at.as_secs()))
        .collect();
    assert_eq!(found, newest);
    // A shared storage was asked at one node, and at the next because the first could not say.
    let asked = |path: &str| {
        server
            .seen()
            .iter()
            .filter(|seen| seen.path.contains(path))
            .count()
    };
    assert_eq!(
        (asked("/storage/nfs/content"), asked("/storage/pbs/content")),
        (1, 2)
    );
    assert_eq!(look.unread.len(), 3, "{:?}", look.unread);
    assert_eq!(look.unread[0], "storages of node home: it is offline");
    assert!(
        look.unread[1].starts_with("storage local: ") && look.unread[1].contains("Datastore.Audit"),
        "{:?}",
        look.unread
    );
    assert_eq!(look.unread[2], "storage usb: it is not active");
}

#[tokio::test]
async fn no_backup_at_all_is_believed_only_with_the_right_to_see_some() {
    for (on_storage, on_guests, sees) in [
        (r#""Datastore.Audit":1"#, r#""VM.Audit":1"#, false),
        (r#""Datastore.AllocateSpace":1"#, r#""VM.Audit":1"#, false),
        (r#""Datastore.AllocateSpace":1"#, r#""VM.Backup":1"#, true),
        (r#""Datastore.Allocate":1"#, "", true),
    ] {
        let server = Server::start(move |seen| match seen.path.strip_prefix("/api2/json").unwrap_or_default() {
            "/cluster/resources" => Reply::data(r#"[{"type":"node","node":"atlas","status":"online"},{"type":"qemu","vmid":101,"node":"atlas","status":"running"}]"#),
            "/nodes/atlas/storage?content=backup&enabled=1" => Reply::data("[]"),
            "/access/permissions?path=%2Fstorage" => Reply::data(&format!(r#"{{"/storage":{{{on_storage}}}}}"#)),
            "/access/permissions?path=%2Fvms" => Reply::data(&format!(r#"{{"/vms":{{{on_guests}}}}}"#)),
            other => panic!("{other}"),
        })
        .await;
        let client = client(&[(Some("atlas"), &server)]);
        let look = client.look_backups().await.unwrap();
        assert_eq!(look.unread.is_empty(), sees, "{on_storage} {on_guests}: {look:?}");
    }
    let away = Server::start(|_| Reply::bare(595, "No route to host")).await;
    assert!(client(&[(None, &away)]).look_backups().await.is_err());
}

//! What a screen reads of the demo's cluster through the whole program: snapshots, tasks and their logs, updates, figures, files.

use crate::support::{Demo, until};
use serde_json::{Value, json};
use std::{
    io::{Read as _, Write as _},
    net::TcpStream,
};

struct Asker {
    address: String,
    token: String,
}

impl Asker {
    fn of(demo: &Demo) -> Self {
        let said = demo.jarvis(&["token", "create", "screen", "--role", "operator"]);
        assert_eq!(said.code, 0, "{said:?}");
        Self {
            address: demo.url().strip_prefix("http://").unwrap().to_owned(),
            token: said.out.trim().to_owned(),
        }
    }

    fn send(&self, request: &str, body: &str) -> String {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        write!(
            stream,
            "{request} HTTP/1.0\r\nhost: {}\r\nauthorization: Bearer {}\r\ncontent-type: application/json\r\n\
             content-length: {}\r\nconnection: close\r\n\r\n{body}",
            self.address,
            self.token,
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer.split_once("\r\n\r\n").unwrap().1.to_owned()
    }

    fn ask(&self, query: &str, variables: Value) -> Value {
        let body = json!({ "query": query, "variables": variables }).to_string();
        let answer: Value = serde_json::from_str(&self.send("POST /graphql", &body)).unwrap();
        assert!(answer["errors"].is_null(), "{query}: {answer}");
        answer["data"].clone()
    }
}

#[test]
fn a_screen_reads_the_demos_cluster() {
    let demo = Demo::start();
    let asker = Asker::of(&demo);
    demo.jarvis(&["request", "snapshot", "107", "before-upgrade", "--yes"])
        .expect(0);
    let seen = asker.ask(
        "{ snapshots(vmid: 107) { vmid snapshots { name memory at parent } } }",
        Value::Null,
    );
    let names: Vec<&str> = seen["snapshots"]["snapshots"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|snapshot| snapshot["name"].as_str())
        .collect();
    assert!(
        names.contains(&"before-upgrade") && !names.contains(&"current"),
        "{seen}"
    );

    let task = until("the task in the list", || {
        let listed = asker.ask("{ tasks(vmid: 107) { upid taskType node } }", Value::Null);
        let tasks = listed["tasks"].as_array()?.clone();
        tasks.into_iter().find(|task| task["taskType"] == "qmsnapshot")
    });
    let log = asker.ask(
        "query($upid: String!) { taskLog(upid: $upid) }",
        json!({ "upid": task["upid"] }),
    );
    assert!(log["taskLog"].to_string().contains("TASK OK"), "{log}");

    let nodes = until("updates of every node", || {
        let nodes = asker.ask(
            "{ nodes { name pendingUpdates pendingUpdatesAt cpuCount rootDiskTotal } }",
            Value::Null,
        );
        let nodes = nodes["nodes"].as_array()?.clone();
        nodes
            .iter()
            .all(|node| node["pendingUpdates"].is_u64())
            .then_some(nodes)
    });
    assert!(
        nodes
            .iter()
            .all(|node| node["cpuCount"].is_number() && node["rootDiskTotal"].is_number())
    );

    let figures = until("figures of two looks", || {
        let query =
            "{ histories(series: [\"node/atlas/cpu\", \"guest/101/mem\"]) { series points { value } } }";
        let found = asker.ask(query, Value::Null)["histories"].clone();
        let whole = found
            .as_array()?
            .iter()
            .all(|history| history["points"].as_array().is_some_and(|p| p.len() > 1));
        whole.then_some(found)
    });
    assert_eq!(figures[1]["series"], "guest/101/mem");

    let files = asker.ask("{ manifests { path resources { key } } }", Value::Null);
    assert!(files.to_string().contains("VirtualMachine/web-01"), "{files}");
    let chain = asker.ask("{ auditChain { intact checked problem } }", Value::Null);
    assert_eq!(chain["auditChain"]["intact"], true, "{chain}");
    let rows = asker.send("GET /api/audit.jsonl", "");
    let cli = demo.jarvis(&["audit", "export"]).expect(0);
    let first = |text: &str| text.lines().next().unwrap().to_owned();
    assert_eq!(first(&rows), first(&cli), "the same rows as the command gives");
    assert!(asker.send("GET /api/audit.csv", "").starts_with("seq,"));
}

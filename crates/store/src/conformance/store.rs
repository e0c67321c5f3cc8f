//! What every store must do.

use jarvis_ports::{Store, StoreError, Write, store::Pairs};
use std::{panic::panic_any, sync::Arc};

fn fine<T>(result: Result<T, StoreError>) -> T {
    result.unwrap_or_else(|error| panic_any(error.to_string()))
}

fn put(space: &str, key: &[u8], value: &[u8]) -> Write {
    Write::Put {
        space: space.to_owned(),
        key: key.to_vec(),
        value: value.to_vec(),
    }
}

fn delete(space: &str, key: &[u8]) -> Write {
    Write::Delete {
        space: space.to_owned(),
        key: key.to_vec(),
    }
}

fn expect(space: &str, key: &[u8], value: Option<&[u8]>) -> Write {
    Write::Expect {
        space: space.to_owned(),
        key: key.to_vec(),
        value: value.map(<[u8]>::to_vec),
    }
}

/// Checks a store; `reopen` must give the same empty store at first, and the flushed content each time after.
pub fn store(mut reopen: impl FnMut() -> Arc<dyn Store>) {
    single_keys(reopen().as_ref());
    expectations(reopen().as_ref());
    ranges(reopen().as_ref());
    let before = reopen();
    fine(before.apply(vec![
        put("kept", b"k", b"v"),
        put("kept", b"large", &vec![7; 300_000]),
    ]));
    fine(before.flush());
    drop(before);
    let after = reopen();
    assert_eq!(
        fine(after.get("kept", b"k")),
        Some(b"v".to_vec()),
        "what was flushed survives a restart"
    );
    assert_eq!(
        fine(after.get("kept", b"large")),
        Some(vec![7; 300_000]),
        "large values too"
    );
    assert_eq!(fine(after.get("keys", b"a")), Some(b"3".to_vec()));
}

fn single_keys(store: &dyn Store) {
    assert_eq!(fine(store.get("keys", b"a")), None, "a new store is empty");
    fine(store.apply(vec![put("keys", b"a", b"1"), put("other", b"a", b"9")]));
    assert_eq!(fine(store.get("keys", b"a")), Some(b"1".to_vec()));
    assert_eq!(
        fine(store.get("other", b"a")),
        Some(b"9".to_vec()),
        "spaces are apart"
    );
    fine(store.apply(vec![delete("keys", b"a"), delete("keys", b"never there")]));
    assert_eq!(fine(store.get("keys", b"a")), None);
    fine(store.apply(vec![
        put("keys", b"a", b"2"),
        delete("keys", b"a"),
        put("keys", b"a", b"3"),
    ]));
    assert_eq!(
        fine(store.get("keys", b"a")),
        Some(b"3".to_vec()),
        "a batch is applied in order"
    );
    fine(store.apply(vec![put("keys", b"b", b"1"), delete("keys", b"b")]));
    assert_eq!(fine(store.get("keys", b"b")), None);
    fine(store.apply(vec![put("keys", b"", b""), put("", b"k", b"v")]));
    assert_eq!(
        fine(store.get("keys", b"")),
        Some(Vec::new()),
        "empty keys, values and names are fine"
    );
    assert_eq!(fine(store.get("", b"k")), Some(b"v".to_vec()));
    fine(store.apply(vec![delete("keys", b"")]));
    fine(store.apply(Vec::new()));
}

fn expectations(store: &dyn Store) {
    fine(store.apply(vec![expect("cas", b"k", None), put("cas", b"k", b"1")]));
    let conflict = Err(StoreError::Conflict {
        space: "cas".to_owned(),
    });
    let late = vec![
        put("cas", b"l", b"x"),
        put("else", b"l", b"x"),
        expect("cas", b"k", None),
    ];
    assert_eq!(store.apply(late), conflict);
    assert_eq!(
        fine(store.get("cas", b"l")),
        None,
        "nothing of a refused batch is written"
    );
    assert_eq!(fine(store.get("else", b"l")), None);
    assert_eq!(store.apply(vec![expect("cas", b"k", Some(b"2"))]), conflict);
    fine(store.apply(vec![put("cas", b"k", b"2"), expect("cas", b"k", Some(b"1"))]));
    assert_eq!(
        fine(store.get("cas", b"k")),
        Some(b"2".to_vec()),
        "expectations are about what was before"
    );
}

fn ranges(store: &dyn Store) {
    let keys: [&[u8]; 5] = [b"a", b"a\0", b"b", b"c", b"\xff\xff"];
    fine(store.apply(keys.iter().map(|key| put("range", key, b"v")).collect()));
    let find = |from: &[u8], to: &[u8], descending, limit| -> Vec<Vec<u8>> {
        let pairs: Pairs = fine(store.range("range", from, to, descending, limit));
        pairs.into_iter().map(|(key, _)| key).collect()
    };
    assert_eq!(
        find(b"", b"", false, usize::MAX),
        keys,
        "bytewise order, all of it"
    );
    let mut backwards = keys;
    backwards.reverse();
    assert_eq!(find(b"", b"", true, usize::MAX), backwards);
    assert_eq!(
        find(b"a\0", b"c", false, 10),
        [&b"a\0"[..], b"b"],
        "from is in, to is not"
    );
    assert_eq!(find(b"a", b"c", true, 2), [&b"b"[..], b"a\0"]);
    assert_eq!(find(b"c", b"", false, 1), [b"c"]);
    assert_eq!(find(b"", b"", false, 0), Vec::<Vec<u8>>::new());
    assert_eq!(
        find(b"c", b"a", false, 10),
        Vec::<Vec<u8>>::new(),
        "an empty range is no error"
    );
    assert_eq!(find(b"b", b"b", true, 10), Vec::<Vec<u8>>::new());
    assert_eq!(
        fine(store.range("no such space", b"", b"", false, 10)),
        Pairs::new()
    );
}

//! Task ids: what is accepted prints as it was read, and all of its parts are parts of it.

use jarvis_model::Upid;

/// Reads a task id.
///
/// # Panics
/// When a promise is broken.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else {
        return;
    };
    let upid: Upid = match text.parse() {
        Ok(upid) => upid,
        Err(error) => {
            assert!(!error.to_string().is_empty());
            assert!(error.text.chars().count() <= 120, "an error repeats no long text");
            return;
        }
    };
    assert_eq!(upid.to_string(), text, "it prints as it was read");
    let json = serde_json::to_string(&upid).expect("a task id is a text");
    assert_eq!(serde_json::from_str::<Upid>(&json).ok().as_ref(), Some(&upid));
    for part in [upid.node().as_str(), upid.task_type(), upid.id(), upid.user()] {
        assert!(text.contains(part) && !part.contains('/'), "{part:?} of {text:?}");
    }
    assert!(u32::try_from(upid.started_at().as_secs()).is_ok());
    if let Some(vmid) = upid.vmid() {
        assert!(vmid.get() >= 100, "{vmid} is no guest");
    }
}

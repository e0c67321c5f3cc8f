//! Figures that only the adapters know, in the OpenMetrics text form: requests to Proxmox, room on the disk, messages to
//! people.

use crate::text::add;
use jarvis_notify::Queue;
use jarvis_proxmox::{Class, EntryStats};

/// Requests by entry point and class of answer, and whether an entry point is asked last at the moment.
pub fn text(entries: &[EntryStats], low_space: bool) -> String {
    let mut text = "# HELP jarvis_proxmox_requests Requests to a Proxmox entry point by class of answer.\n\
                    # TYPE jarvis_proxmox_requests counter\n"
        .to_owned();
    for stats in entries {
        for class in Class::ALL {
            let count = stats.requests.get(&class).copied().unwrap_or(0);
            let (entry, class) = (escaped(&stats.entry), format!("{class:?}").to_lowercase());
            add!(
                text,
                "jarvis_proxmox_requests_total{{entry=\"{entry}\",class=\"{class}\"}} {count}\n"
            );
        }
    }
    text += "# HELP jarvis_proxmox_entry_aside Whether an entry point did not answer lately and is asked last.\n\
             # TYPE jarvis_proxmox_entry_aside gauge\n";
    for stats in entries {
        let aside = u8::from(stats.aside.is_some());
        add!(
            text,
            "jarvis_proxmox_entry_aside{{entry=\"{}\"}} {aside}\n",
            escaped(&stats.entry)
        );
    }
    text += "# HELP jarvis_journal_low_space Whether the disk was too full for the journal's reserve.\n\
             # TYPE jarvis_journal_low_space gauge\n";
    add!(text, "jarvis_journal_low_space {}\n", u8::from(low_space));
    text
}

/// Messages to people that wait, and that no server takes; nothing where nothing is sent.
pub fn of_queue(queue: Option<&Queue>) -> String {
    let Some(queue) = queue else {
        return String::new();
    };
    let mut text =
        "# HELP jarvis_notifications Messages to people that are not sent yet, by what becomes of them.\n\
                    # TYPE jarvis_notifications gauge\n"
            .to_owned();
    for (state, count) in [("waiting", queue.waiting()), ("parked", queue.parked())] {
        add!(text, "jarvis_notifications{{state=\"{state}\"}} {count}\n");
    }
    text
}

fn escaped(label: &str) -> String {
    label
        .replace('\\', "\\\\")
        .replace('"', "\\\"")
        .replace('\n', "\\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn every_class_has_a_line_and_names_stay_inside_their_quotes() {
        let stats = EntryStats {
            entry: "a\"b".to_owned(),
            requests: BTreeMap::from([(Class::Success, 7)]),
            aside: Some("silent".to_owned()),
        };
        let text = text(&[stats], true);
        assert!(
            text.contains("jarvis_proxmox_requests_total{entry=\"a\\\"b\",class=\"success\"} 7\n"),
            "{text}"
        );
        assert!(
            text.contains("class=\"transport\"} 0\n") && text.contains("jarvis_journal_low_space 1\n"),
            "{text}"
        );
        assert!(
            text.contains("jarvis_proxmox_entry_aside{entry=\"a\\\"b\"} 1\n"),
            "{text}"
        );
    }
}

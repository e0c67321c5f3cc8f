//! Rows as JSON lines and as CSV (RFC 4180, CRLF). Cells that a spreadsheet would take for a formula are disarmed.

use super::AuditRow;

const COLUMNS: [&str; 18] = [
    "seq",
    "time",
    "event",
    "epoch",
    "origin",
    "user",
    "tier",
    "verdict",
    "condition",
    "digest",
    "ticket",
    "intent",
    "task",
    "result",
    "undo",
    "summary",
    "atMillis",
    "hash",
];

/// One row as a line of JSON, with its line end.
pub fn to_json_line(row: &AuditRow) -> String {
    // A struct of texts and numbers always serialises.
    let mut line = serde_json::to_string(row).unwrap_or_default();
    line.push('\n');
    line
}

/// The first line of a CSV export, with its line end.
pub fn csv_header() -> String {
    format!("{}\r\n", COLUMNS.join(","))
}

/// One row as a line of CSV, with its line end.
pub fn to_csv(row: &AuditRow) -> String {
    let text = |cell: &Option<String>| cell.clone().unwrap_or_default();
    let cells: [String; COLUMNS.len()] = [
        row.seq.to_string(),
        row.time.clone(),
        row.event.clone(),
        row.epoch.to_string(),
        text(&row.origin),
        text(&row.user),
        text(&row.tier),
        text(&row.verdict),
        text(&row.condition),
        text(&row.digest),
        text(&row.ticket),
        text(&row.intent),
        text(&row.task),
        text(&row.result),
        text(&row.undo),
        row.summary.clone(),
        row.at.as_millis().to_string(),
        row.hash.clone(),
    ];
    format!("{}\r\n", cells.map(|cell| csv_cell(&cell)).join(","))
}

/// A cell: control characters become spaces, what begins like a formula gets an apostrophe, the rest is quoted at need.
fn csv_cell(text: &str) -> String {
    let mut cell: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if cell.trim_start().starts_with(['=', '+', '-', '@']) || text.starts_with(['\t', '\r', '\n']) {
        cell.insert(0, '\'');
    }
    if cell.contains(['"', ',', '\'', ' ', ';']) {
        format!("\"{}\"", cell.replace('"', "\"\""))
    } else {
        cell
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_that_look_like_formulas_are_disarmed() {
        for start in ["=", "+", "-", "@"] {
            let cell = csv_cell(&format!("{start}cmd|' /C calc'!A0"));
            assert!(cell.starts_with(&format!("\"'{start}")), "{cell}");
        }
        assert_eq!(csv_cell("  =1+1"), "\"'  =1+1\"");
        assert_eq!(csv_cell("\t=1"), "\"' =1\"");
    }

    #[test]
    fn cells_with_separators_quotes_and_line_ends_stay_one_cell() {
        assert_eq!(csv_cell("plain"), "plain");
        assert_eq!(csv_cell(""), "");
        assert_eq!(csv_cell("a,b"), "\"a,b\"");
        assert_eq!(csv_cell("say \"no\""), "\"say \"\"no\"\"\"");
        assert_eq!(csv_cell("one\r\ntwo\u{1b}[31m"), "\"one  two [31m\"");
    }
}

//! What was read, misread and left unknown, by file and by endpoint. Written to the standard output and to
//! `target/recordings.txt`.

use crate::{asked::Facts, collect::Exchange, reading::Reading};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    io::Write as _,
    path::Path,
};

/// The whole result.
#[derive(Default)]
pub struct Report {
    /// One line each.
    pub failures: Vec<String>,
    files: BTreeMap<String, Counts>,
    left_out: BTreeMap<String, &'static str>,
    endpoints: BTreeMap<String, Fields>,
}

#[derive(Default)]
struct Counts {
    exchanges: usize,
    read: usize,
    misread: usize,
}

#[derive(Default)]
struct Fields {
    exchanges: usize,
    read: BTreeSet<String>,
    misread: BTreeSet<String>,
    present: BTreeSet<String>,
}

/// How a file is called in the report.
pub fn shown(folder: &Path, file: &Path) -> String {
    let below = file.strip_prefix(folder).unwrap_or(file);
    let name = folder.file_name().unwrap_or_default().to_string_lossy();
    let beside = if folder.components().any(|part| part.as_os_str() == "shared") {
        "shared/"
    } else {
        ""
    };
    format!("{beside}{name}/{}", below.display())
}

impl Report {
    /// Compares what the client said with the plain reading.
    pub fn compare(&mut self, file: &str, exchange: &Exchange, wanted: &Reading, seen: &Facts) {
        let counts = self.files.entry(file.to_owned()).or_default();
        let fields = self.endpoints.entry(exchange.endpoint()).or_default();
        counts.exchanges += 1;
        fields.exchanges += 1;
        fields.present.extend(wanted.present.iter().cloned());
        fields.read.extend(wanted.used.iter().cloned());
        let names: BTreeSet<&String> = wanted.facts.keys().chain(seen.keys()).collect();
        for name in names {
            let (should, is) = (wanted.facts.get(name), seen.get(name));
            if should == is {
                counts.read += 1;
                continue;
            }
            counts.misread += 1;
            let field = name.rsplit('/').next().unwrap_or(name);
            fields.misread.insert(field.to_owned());
            let at = format!("{file} {} {} {}", exchange.at, exchange.method, exchange.path);
            self.failures
                .push(format!("{at}: {name} is {should:?}, read as {is:?}"));
        }
    }

    /// A file that holds no answers.
    pub fn leave_out(&mut self, file: &str, why: &'static str) {
        self.left_out.insert(file.to_owned(), why);
    }

    /// A file that cannot be used.
    pub fn fail(&mut self, file: &str, why: &str) {
        self.failures.push(format!("{file} {why}"));
    }

    /// Exchanges in all.
    pub fn exchanges(&self) -> usize {
        self.files.values().map(|counts| counts.exchanges).sum()
    }

    /// Writes the tables.
    pub fn publish(&self) {
        let text = self.text();
        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).join("../recordings.txt");
        std::fs::write(&target, &text).unwrap_or_else(|error| panic!("{}: {error}", target.display()));
        let _ = writeln!(std::io::stdout(), "{text}");
    }

    fn text(&self) -> String {
        let mut text = String::from("values by file: exchanges, read, misread\n");
        for (file, counts) in &self.files {
            let _ = writeln!(
                text,
                "{:6} {:7} {:4}  {file}",
                counts.exchanges, counts.read, counts.misread
            );
        }
        for (file, why) in &self.left_out {
            let _ = writeln!(text, "{:>6} {:>7} {:>4}  {file}: {why}", "-", "-", "-");
        }
        let (read, misread) = self.files.values().fold((0, 0), |(read, misread), counts| {
            (read + counts.read, misread + counts.misread)
        });
        let _ = writeln!(
            text,
            "{:6} {read:7} {misread:4}  in all, {} files and {} without answers",
            self.exchanges(),
            self.files.len(),
            self.left_out.len()
        );
        text.push_str(
            "\nfields by endpoint; unknown ones are there and not decoded, since nothing needs them\n",
        );
        for (endpoint, fields) in &self.endpoints {
            let unknown = fields.present.difference(&fields.read);
            let _ = writeln!(text, "{endpoint} ({} exchanges)", fields.exchanges);
            let _ = writeln!(text, "    read     {}", list(fields.read.iter()));
            let _ = writeln!(text, "    misread  {}", list(fields.misread.iter()));
            let _ = writeln!(text, "    unknown  {}", list(unknown));
        }
        text
    }
}

fn list<'a>(names: impl Iterator<Item = &'a String>) -> String {
    let names: Vec<&str> = names.map(String::as_str).collect();
    if names.is_empty() {
        "-".to_owned()
    } else {
        names.join(" ")
    }
}

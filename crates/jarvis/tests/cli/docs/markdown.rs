//! What the checks need of a page: its fenced blocks with the note before them, its headings and its links.

/// A comment before a block that says how it is to be taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Note {
    /// `<!-- not run: REASON -->`
    NotRun(String),
    /// `<!-- file: NAME -->`: the block is the content of a file in the reader's folder.
    File(String),
    /// `<!-- part of: jarvis.yaml -->`: a section of the config file.
    Part,
}

/// A fenced block.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Block {
    /// The line of its fence, from 1.
    pub line: usize,
    /// The word after the fence.
    pub language: String,
    /// Its lines.
    pub lines: Vec<String>,
    /// The comment before it.
    pub note: Option<Note>,
}

impl Block {
    /// Its lines as one text.
    pub fn text(&self) -> String {
        self.lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
    }
}

/// All fenced blocks of a page, in order.
pub fn blocks(page: &str) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut open: Option<Block> = None;
    let mut note = None;
    for (index, line) in page.lines().enumerate() {
        match (&mut open, line.trim_end().strip_prefix("```")) {
            (Some(_), Some("")) => blocks.extend(open.take()),
            (Some(block), _) => block.lines.push(line.to_owned()),
            (None, Some(language)) => {
                open = Some(Block {
                    line: index + 1,
                    language: language.to_owned(),
                    lines: Vec::new(),
                    note: note.take(),
                });
            }
            (None, None) if line.trim().is_empty() => {}
            (None, None) => note = read_note(line),
        }
    }
    assert!(open.is_none(), "a fence is not closed: {open:?}");
    blocks
}

fn read_note(line: &str) -> Option<Note> {
    let comment = line.trim().strip_prefix("<!--")?.strip_suffix("-->")?.trim();
    if comment == "part of: jarvis.yaml" {
        return Some(Note::Part);
    }
    let (word, rest) = comment.split_once(':')?;
    match word {
        "not run" => Some(Note::NotRun(rest.trim().to_owned())),
        "file" => Some(Note::File(rest.trim().to_owned())),
        _ => None,
    }
}

/// Lines outside of fences, with their number.
pub fn prose(page: &str) -> Vec<(usize, &str)> {
    let mut fenced = false;
    let mut lines = Vec::new();
    for (index, line) in page.lines().enumerate() {
        if line.starts_with("```") {
            fenced = !fenced;
        } else if !fenced && !line.starts_with("    ") {
            lines.push((index + 1, line));
        }
    }
    lines
}

/// The anchors of a page's headings, as they are made from the texts of the headings.
pub fn anchors(page: &str) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for (_, line) in prose(page) {
        let Some(heading) = line.strip_prefix('#') else {
            continue;
        };
        let anchor = anchor(heading.trim_start_matches('#').trim());
        let again = anchors
            .iter()
            .filter(|known| {
                **known == anchor
                    || known
                        .strip_prefix(&format!("{anchor}-"))
                        .is_some_and(|rest| rest.parse::<u32>().is_ok())
            })
            .count();
        anchors.push(if again == 0 {
            anchor
        } else {
            format!("{anchor}-{again}")
        });
    }
    anchors
}

fn anchor(heading: &str) -> String {
    let kept = heading
        .to_lowercase()
        .chars()
        .filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter))
        .collect::<String>();
    kept.replace(' ', "-")
}

/// The targets of a page's links, with their line.
pub fn links(page: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    for (number, line) in prose(page) {
        for rest in line.split("](").skip(1) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            found.push((number, target.to_owned()));
        }
    }
    found
}

#[test]
fn blocks_come_with_their_notes() {
    let page = "a\n\n<!-- not run: needs a cluster -->\n\n```console\n$ x\n```\n\nb\n\n```yaml\ny: 1\n```\n";
    let found = blocks(page);
    assert_eq!(found.len(), 2);
    assert_eq!(found[0].note, Some(Note::NotRun("needs a cluster".to_owned())));
    assert_eq!((found[1].line, found[1].note.clone()), (11, None));
    assert_eq!(found[1].text(), "y: 1\n");
}

#[test]
fn headings_become_anchors_and_links_are_found() {
    let page =
        "# What it's `for`\n## Exit codes\n## Exit codes\n```\n# none [a](b)\n```\n[x](y.md#z) and [v](w)\n";
    assert_eq!(anchors(page), ["what-its-for", "exit-codes", "exit-codes-1"]);
    assert_eq!(links(page), [(7, "y.md#z".to_owned()), (7, "w".to_owned())]);
}

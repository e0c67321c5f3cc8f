//! A letter as plain text for a terminal: at most 72 columns, ASCII rules, nothing that needs a mouse.

use super::{Block, Mood, blocks, footer};
use crate::{letter::Letter, text::wrap};

/// Columns.
pub const WIDTH: usize = 72;

/// The text, each line ended.
pub fn text(letter: &Letter, url: Option<&str>) -> String {
    let mut lines: Vec<String> = Vec::new();
    for (at, block) in blocks(letter).iter().enumerate() {
        let begins = matches!(block, Block::Title { .. });
        if at > 0 && begins {
            lines.push(String::new());
        }
        if at > 0 && !matches!(block, Block::Meta(_)) {
            lines.push(String::new());
        }
        write(block, &mut lines);
    }
    lines.push(String::new());
    // What follows this line is a signature to mail programs.
    lines.push("-- ".to_owned());
    lines.extend(wrap(&footer(letter, url), WIDTH, 0));
    lines.join("\n") + "\n"
}

fn write(block: &Block, lines: &mut Vec<String>) {
    match block {
        Block::Title { text, mood } => {
            let words = match mood {
                Mood::Critical => format!("CRITICAL: {text}"),
                _ => text.clone(),
            };
            let title = wrap(&words, WIDTH, 0);
            let width = title.iter().map(|line| line.chars().count()).max().unwrap_or(0);
            let rule = if *mood == Mood::Critical { "=" } else { "-" };
            lines.extend(title);
            lines.push(rule.repeat(width));
        }
        Block::Meta(text) | Block::Text(text) => lines.extend(wrap(text, WIDTH, 0)),
        Block::Words { lines: words, by } => {
            lines.extend(words.iter().flat_map(|line| wrap(line, WIDTH, 0)));
            lines.push(String::new());
            lines.extend(wrap(&format!("({by})"), WIDTH, 0));
        }
        Block::List {
            head,
            lines: all,
            commands,
        } => {
            lines.push(format!("{head}:"));
            for line in all {
                let begun = if *commands {
                    line.clone()
                } else {
                    format!("- {line}")
                };
                let wrapped = wrap(&begun, WIDTH - 2, if *commands { 4 } else { 2 });
                lines.extend(wrapped.into_iter().map(|line| format!("  {line}")));
            }
        }
    }
}

//! A letter as HTML that says the same as its plain text: no images, no scripts, nothing fetched from anywhere.

use super::{Block, Mood, blocks, footer, subject};
use crate::letter::Letter;
use std::fmt::Write as _;

const BODY: &str = "margin:0;padding:16px;font-family:sans-serif;font-size:15px;line-height:1.45";
const PAGE: &str = "max-width:42em";
const META: &str = "margin:0 0 8px 0;font-size:13px;opacity:0.75";
const COMMAND: &str = "font-family:monospace;font-size:13px";
const FOOTER: &str = "margin-top:24px;font-size:13px;opacity:0.75";

/// The page.
pub fn page(letter: &Letter, url: Option<&str>) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>{}</title></head>\n\
         <body style=\"{BODY}\"><div style=\"{PAGE}\">\n",
        escaped(&subject(letter))
    );
    for block in blocks(letter) {
        write(&block, &mut html);
    }
    add(
        &mut html,
        format_args!("<p style=\"{FOOTER}\">{}</p>\n", escaped(&footer(letter, url))),
    );
    html + "</div></body></html>\n"
}

fn write(block: &Block, html: &mut String) {
    match block {
        Block::Title { text, mood } => {
            let color = color(*mood);
            let style =
                format!("margin:20px 0 4px 0;padding-left:10px;border-left:4px solid {color};font-size:18px");
            add(
                html,
                format_args!("<h2 style=\"{style}\">{}</h2>\n", escaped(text)),
            );
        }
        Block::Meta(text) => add(html, format_args!("<p style=\"{META}\">{}</p>\n", escaped(text))),
        Block::Text(text) => add(
            html,
            format_args!("<p style=\"margin:8px 0\">{}</p>\n", escaped(text)),
        ),
        Block::Words { lines, by } => {
            for line in lines {
                add(
                    html,
                    format_args!("<p style=\"margin:8px 0\">{}</p>\n", escaped(line)),
                );
            }
            add(html, format_args!("<p style=\"{META}\">{}</p>\n", escaped(by)));
        }
        Block::List {
            head,
            lines,
            commands,
        } => {
            add(
                html,
                format_args!(
                    "<p style=\"margin:12px 0 2px 0\"><b>{}</b></p>\n<ul style=\"margin:0;padding-left:20px\">\n",
                    escaped(head)
                ),
            );
            let style = if *commands {
                format!(" style=\"{COMMAND}\"")
            } else {
                String::new()
            };
            for line in lines {
                add(html, format_args!("<li{style}>{}</li>\n", escaped(line)));
            }
            html.push_str("</ul>\n");
        }
    }
}

/// Writing into a `String` cannot fail.
fn add(html: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = html.write_fmt(text);
}

fn color(mood: Mood) -> &'static str {
    match mood {
        Mood::Good => "#2e7d32",
        Mood::Info => "#546e7a",
        Mood::Warning => "#b26a00",
        Mood::Critical => "#b3261e",
    }
}

/// Text in which nothing is markup.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

//! A page as Markdown that also reads well as plain text: it says the page's lines, with as few marks as it can.

use std::fmt::Write;

use super::{Block, Inline, Page};

impl Page {
    /// The page as Markdown.
    pub fn to_markdown(&self) -> String {
        let mut out = format!("# {}\n", escape(&self.title));
        for block in &self.blocks {
            out.push('\n');
            write_block(block, &mut out);
        }
        out
    }
}

fn write_block(block: &Block, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match block {
        Block::Heading(heading) => writeln!(out, "## {heading}"),
        Block::Paragraph(text) => writeln!(out, "{}", escape_start(&escape(text))),
        Block::Fact(name, value) => writeln!(out, "{name}: {}", line(value)),
        Block::List(name, items) => {
            if let Some(name) = name {
                let _ = writeln!(out, "{name}:\n");
            }
            items.iter().try_for_each(|item| {
                writeln!(out, "- {}", line(&item.line))?;
                item.facts
                    .iter()
                    .try_for_each(|(name, value)| writeln!(out, "    - {name}: {}", inline(value)))
            })
        }
        Block::Code(language, code) => {
            let fence = "`".repeat(longest_run(code, '`').max(2) + 1);
            writeln!(out, "{fence}{language}\n{code}\n{fence}")
        }
        Block::Markdown(markdown) => writeln!(out, "{markdown}"),
    };
}

fn line(parts: &[Inline]) -> String {
    parts.iter().map(inline).collect()
}

fn inline(part: &Inline) -> String {
    match part {
        Inline::Text(text) => escape(text),
        // Where it leads would stand in the middle of the line.
        Inline::Link(text, _) => (*text).to_owned(),
        Inline::Url(url) => url.clone(),
        Inline::Superscript(text) => format!("<sup>{text}</sup>"),
    }
}

/// The text with a backslash before what Markdown would read as a mark, and only there.
fn escape(text: &str) -> String {
    let pairs = |mark: char| text.matches(mark).count() > 1;
    let (stars, ticks, tildes) = (pairs('*'), pairs('`'), text.contains("~~"));
    let mut escaped = String::with_capacity(text.len());
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let next = chars.peek().copied().unwrap_or(' ');
        let is_mark = match c {
            '*' => stars,
            '`' => ticks,
            '~' => tildes,
            '_' => !(before.is_alphanumeric() && next.is_alphanumeric()),
            '\\' => next.is_ascii_punctuation(),
            '<' => next.is_alphabetic() || matches!(next, '/' | '!' | '?'),
            '&' => next.is_alphabetic() && text.contains(';') || next == '#',
            '(' => before == ']',
            _ => false,
        };
        if is_mark {
            escaped.push('\\');
        }
        escaped.push(c);
        before = c;
    }
    escaped
}

/// Text that starts a line and must not start a heading, quote or list.
fn escape_start(text: &str) -> String {
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    if text.starts_with(['#', '>', '-', '+', '=']) {
        format!("\\{text}")
    } else if digits > 0 && text[digits..].starts_with(['.', ')']) {
        format!("{}\\{}", &text[..digits], &text[digits..])
    } else {
        text.to_owned()
    }
}

fn longest_run(text: &str, mark: char) -> usize {
    text.split(|c| c != mark).map(str::len).max().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_marks_are_escaped() {
        for (text, expected) in [
            ("logs-endpoint.events.*", "logs-endpoint.events.*"),
            ("apm-*-transaction*", r"apm-\*-transaction\*"),
            ("MITRE ATT&CK", "MITRE ATT&CK"),
            ("a &lt; b;", r"a \&lt; b;"),
            ("new_terms and __init__", r"new_terms and \_\_init\_\_"),
            ("one <b>bold</b> < two", r"one \<b>bold\</b> < two"),
            ("[text](url)", r"[text]\(url)"),
            (r"HKLM\Software\*.exe", r"HKLM\Software\\*.exe"),
        ] {
            assert_eq!(escape(text), expected);
        }
    }

    #[test]
    fn a_line_does_not_become_a_list() {
        for (text, expected) in [("1. one", r"1\. one"), ("# one", r"\# one"), ("2 of 3", "2 of 3"), ("", "")]
        {
            assert_eq!(escape_start(text), expected);
        }
    }
}

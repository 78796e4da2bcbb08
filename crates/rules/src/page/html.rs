//! A page as HTML. Nothing of a rule is trusted: text is escaped, and the Markdown of its guides is rendered
//! without the HTML that it may contain and without links to anything but web pages.

use std::fmt::Write;

use pulldown_cmark::{CowStr, Event, Options, Parser, Tag};

use super::{Block, Inline, Page};

const STYLE: &str = "body { font: 16px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }\n\
    pre { background: #f3f4f6; padding: 1rem; overflow-x: auto; white-space: pre-wrap; }\n\
    table { border-collapse: collapse; } td, th { border: 1px solid #ccc; padding: .25rem .5rem; }";

impl Page {
    /// The page as a whole HTML document.
    pub fn to_html(&self) -> String {
        let title = escape(&self.title);
        let mut out = format!(
            "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
             <style>\n{STYLE}\n</style>\n</head>\n<body>\n<h1>{title}</h1>\n"
        );
        for block in &self.blocks {
            write_block(block, &mut out);
        }
        out + "</body>\n</html>\n"
    }
}

fn write_block(block: &Block, out: &mut String) {
    // Writing to a string cannot fail.
    let _ = match block {
        Block::Heading(heading) => writeln!(out, "<h2>{heading}</h2>"),
        Block::Paragraph(text) => writeln!(out, "<p>{}</p>", escape(text)),
        Block::Fact(name, value) => writeln!(out, "<p><strong>{name}</strong>: {}</p>", line(value)),
        Block::List(name, items) => {
            if let Some(name) = name {
                let _ = writeln!(out, "<p><strong>{name}</strong>:</p>");
            }
            out.push_str("<ul>\n");
            for item in items {
                let _ = write!(out, "<li>{}", line(&item.line));
                if !item.facts.is_empty() {
                    out.push_str("\n<ul>\n");
                    for (name, value) in &item.facts {
                        let _ = writeln!(out, "<li>{name}: {}</li>", inline(value));
                    }
                    out.push_str("</ul>\n");
                }
                out.push_str("</li>\n");
            }
            writeln!(out, "</ul>")
        }
        Block::Code(language, code) => {
            writeln!(out, "<pre><code class=\"language-{language}\">{}</code></pre>", escape(code))
        }
        Block::Markdown(markdown) => writeln!(out, "{}", render(markdown)),
    };
}

fn line(parts: &[Inline]) -> String {
    parts.iter().map(inline).collect()
}

fn inline(part: &Inline) -> String {
    match part {
        Inline::Text(text) => escape(text),
        Inline::Link(text, url) => link(text, url),
        Inline::Url(url) if is_web(url) => link(url, url),
        Inline::Url(url) => escape(url),
        Inline::Superscript(text) => format!("<sup>{text}</sup>"),
    }
}

fn link(text: &str, url: &str) -> String {
    format!("<a href=\"{}\">{}</a>", escape(url), escape(text))
}

fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

/// An author's Markdown as HTML.
fn render(markdown: &str) -> String {
    let harmless = Parser::new_ext(markdown, Options::ENABLE_TABLES).map(|event| match event {
        Event::Html(html) | Event::InlineHtml(html) => Event::Text(html),
        Event::Start(Tag::Link { link_type, dest_url, title, id }) => {
            let dest_url = if is_web(&dest_url) { dest_url } else { CowStr::Borrowed("") };
            Event::Start(Tag::Link { link_type, dest_url, title, id })
        }
        // An image would tell its server who reads the page.
        Event::Start(Tag::Image { link_type, title, id, .. }) => {
            Event::Start(Tag::Image { link_type, dest_url: CowStr::Borrowed(""), title, id })
        }
        other => other,
    });
    let mut html = String::with_capacity(markdown.len() * 2);
    pulldown_cmark::html::push_html(&mut html, harmless);
    html.truncate(html.trim_end().len());
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authors_html_is_shown_not_run() {
        for (markdown, expected) in [
            ("a *b*", "<p>a <em>b</em></p>"),
            ("<script>x</script>", "&lt;script&gt;x&lt;/script&gt;"),
            ("a <b onclick=x>b", "<p>a &lt;b onclick=x&gt;b</p>"),
            ("[a](javascript:x)", "<p><a href=\"\">a</a></p>"),
            ("[a](https://x.y)", "<p><a href=\"https://x.y\">a</a></p>"),
        ] {
            assert_eq!(render(markdown), expected);
        }
        assert_eq!(inline(&Inline::Url("javascript:x".to_owned())), "javascript:x");
        assert_eq!(escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}

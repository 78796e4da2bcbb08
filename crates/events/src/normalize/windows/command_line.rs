//! Splitting of command lines.

use crate::normalize::value::Arena;

/// The arguments of a command line, by the rules of the Microsoft C runtime: backslashes are literal unless
/// they stand before a quote; a quote doubled within quotes is a quote and ends them (the rule of before 2008).
pub(super) fn split<'t>(arena: &'t Arena, command_line: &'t str) -> impl Iterator<Item = &'t str> {
    let mut rest = trim_blanks(command_line);
    std::iter::from_fn(move || {
        let first = memchr::memchr3(b' ', b'\t', b'"', rest.as_bytes());
        let (argument, tail) = match first.and_then(|at| rest.split_at_checked(at)) {
            None if rest.is_empty() => return None,
            None => (rest, ""),
            Some((_, tail)) if tail.starts_with('"') => {
                let (argument, tail) = quoted(rest);
                (arena.copy(&argument), tail)
            }
            Some(plain) => plain,
        };
        rest = trim_blanks(tail);
        Some(argument)
    })
}

fn trim_blanks(text: &str) -> &str {
    text.trim_start_matches([' ', '\t'])
}

/// The first argument, and what follows it.
fn quoted(text: &str) -> (String, &str) {
    let mut argument = String::new();
    let mut within_quotes = false;
    let mut rest = text;
    while let Some(at) = memchr::memchr3(b'"', b' ', b'\t', rest.as_bytes()) {
        let Some((plain, tail)) = rest.split_at_checked(at) else { break };
        let Some(after) = tail.strip_prefix('"') else {
            let (blank, after) = tail.split_at_checked(1).unwrap_or((tail, ""));
            argument.push_str(plain);
            if !within_quotes {
                return (argument, after);
            }
            argument.push_str(blank);
            rest = after;
            continue;
        };
        rest = after;
        let backslashes = plain.len() - plain.trim_end_matches('\\').len();
        argument.push_str(plain.get(..plain.len() - backslashes.div_ceil(2)).unwrap_or_default());
        if backslashes % 2 == 1 {
            argument.push('"');
            continue;
        }
        if within_quotes && let Some(after) = rest.strip_prefix('"') {
            argument.push('"');
            rest = after;
        }
        within_quotes = !within_quotes;
    }
    argument.push_str(rest);
    (argument, "")
}

#[cfg(test)]
mod tests {
    fn check(command_line: &str, expected: &[&str]) {
        let arena = super::Arena::default();
        assert_eq!(super::split(&arena, command_line).collect::<Vec<_>>(), expected, "{command_line}");
    }

    #[test]
    fn splits_as_windows_does() {
        check("", &[]);
        check("  \t ", &[]);
        check("cmd.exe /c  dir", &["cmd.exe", "/c", "dir"]);
        check(r#""C:\Program Files\a.exe" -x"#, &[r"C:\Program Files\a.exe", "-x"]);
        check(r#"a "b\"c" d"#, &["a", "b\"c", "d"]);
        check(r#"a "b\\" c"#, &["a", r"b\", "c"]);
        check(r"a\b\ c\\", &[r"a\b\", r"c\\"]);
        check(r#"a "b""c" d"#, &["a", "b\"c d"]);
        check(r#"a "" b"#, &["a", "", "b"]);
        check("é \"ü", &["é", "ü"]);
        check(r#"a"b c"\\"d e" f\"#, &["ab c\\d e", "f\\"]);
        check(r#"\\\"a b\"#, &["\\\"a", "b\\"]);
    }
}

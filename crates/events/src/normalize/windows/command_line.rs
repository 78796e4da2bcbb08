//! Splitting of command lines.

use crate::normalize::value::Arena;

/// The arguments of a command line, by the rules of the Microsoft C runtime: backslashes are literal unless
/// they stand before a quote; a quote doubled within quotes is a quote and ends them (the rule of before 2008).
pub(super) fn split<'t>(arena: &'t Arena, command_line: &'t str) -> impl Iterator<Item = &'t str> {
    let mut rest = trim_blanks(command_line);
    std::iter::from_fn(move || {
        if rest.is_empty() {
            return None;
        }
        let end = rest.find([' ', '\t']).unwrap_or(rest.len());
        let (argument, tail) =
            match rest.split_at_checked(end).filter(|(argument, _)| !argument.contains('"')) {
                Some(plain) => plain,
                None => {
                    let (argument, tail) = quoted(rest);
                    (arena.copy(&argument), tail)
                }
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
    let mut quoted = false;
    let mut backslashes = 0;
    let mut characters = text.char_indices().peekable();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => {
                backslashes += 1;
                continue;
            }
            '"' => {
                argument.extend(std::iter::repeat_n('\\', backslashes / 2));
                if backslashes % 2 == 1 {
                    argument.push('"');
                } else {
                    if quoted && characters.next_if(|&(_, next)| next == '"').is_some() {
                        argument.push('"');
                    }
                    quoted = !quoted;
                }
                backslashes = 0;
                continue;
            }
            ' ' | '\t' if !quoted => {
                argument.extend(std::iter::repeat_n('\\', backslashes));
                return (argument, text.get(at + 1..).unwrap_or_default());
            }
            _ => {}
        }
        argument.extend(std::iter::repeat_n('\\', backslashes));
        backslashes = 0;
        argument.push(character);
    }
    argument.extend(std::iter::repeat_n('\\', backslashes));
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
    }
}

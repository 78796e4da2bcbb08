//! What the lexers of EQL and ES|QL share: how long a thing at the start of a text is.

/// Bytes of a block comment, which may hold others; `None` if it is not closed.
pub(crate) fn block_comment(text: &str) -> Option<usize> {
    let (mut at, mut depth) = (0, 0_usize);
    loop {
        let rest = text.get(at..)?;
        at += rest.find(['*', '/'])?;
        let rest = text.get(at..)?;
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return Some(at);
            }
        } else {
            at += 1;
        }
    }
}

/// `` `a name` `` and its bytes; a doubled backtick stands for one. `None` if it is not closed.
pub(crate) fn backquoted(text: &str) -> Option<(String, usize)> {
    let mut name = String::new();
    let mut at = 1;
    loop {
        let rest = text.get(at..)?;
        let end = rest.find('`')?;
        name.push_str(rest.get(..end)?);
        at += end + 1;
        if !text.get(at..)?.starts_with('`') {
            return Some((name, at));
        }
        name.push('`');
        at += 1;
    }
}

/// `"""raw"""` and its bytes: ends at the first three quotes; up to two more of them belong to the text. Stays on one
/// line. `None` if it is not one.
pub(crate) fn raw_string(text: &str) -> Option<(String, usize)> {
    let body = text.strip_prefix("\"\"\"")?;
    let line = body.get(..body.find(['\r', '\n']).unwrap_or(body.len()))?;
    let close = line.find("\"\"\"")?;
    let more = line.get(close + 3..)?.bytes().take(2).take_while(|b| *b == b'"').count();
    Some((line.get(..close + more)?.to_owned(), 3 + close + more + 3))
}

/// Bytes of digits with an optional fraction and exponent, and whether it has neither; `.5` and `1.` are numbers too.
pub(crate) fn number(text: &str) -> (usize, bool) {
    let digits = |text: &str| text.bytes().take_while(u8::is_ascii_digit).count();
    let mut at = digits(text);
    let whole = at;
    if text.get(at..).is_some_and(|rest| rest.starts_with('.')) {
        at += 1;
        at += text.get(at..).map_or(0, digits);
    }
    at += text.get(at..).and_then(exponent).unwrap_or(0);
    (at, at == whole)
}

/// Bytes of an exponent.
fn exponent(text: &str) -> Option<usize> {
    let after_e = text.strip_prefix(['e', 'E'])?;
    let digits = after_e.strip_prefix(['+', '-']).unwrap_or(after_e);
    let count = digits.bytes().take_while(u8::is_ascii_digit).count();
    (count > 0).then_some(text.len() - digits.len() + count)
}

/// Punctuation and operators of a language, and how they are written: longer ones first where one is the beginning of
/// another.
macro_rules! symbols {
    ($($name:ident $text:literal,)*) => {
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Symbol { $($name,)* }

        impl Symbol {
            const ALL: &'static [(Symbol, &'static str)] = &[$((Symbol::$name, $text),)*];
        }
    };
}

pub(crate) use symbols;

//! What functions of Elasticsearch have from Java.

/// A double as `Double.toString` writes it, with the fewest digits that tell it from others: from a
/// thousandth to ten millions in plain, else with an exponent: `1.0`, `1.0E7`, `1.5E-4`.
pub(crate) fn double_to_string(value: f64) -> String {
    if value.is_nan() {
        return "NaN".to_owned();
    }
    if value.is_infinite() {
        return if value > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = value.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{value:?}");
    }
    let scientific = format!("{value:e}");
    match scientific.split_once('e') {
        Some((digits, exponent)) if digits.contains('.') => format!("{digits}E{exponent}"),
        // Two digits at least, and the nearest two.
        _ => format!("{value:.1e}").replace('e', "E"),
    }
}

/// A double that `Double.parseDouble` reads: with blanks about it, a suffix `d` or `f`, and `NaN` and
/// `Infinity` by these names alone. Hexadecimal is not read.
pub(crate) fn parse_double(text: &str) -> Option<f64> {
    let text = text.trim_matches(|c| c <= ' ');
    let unsigned = text.trim_start_matches(['+', '-']);
    if unsigned == "NaN" || unsigned == "Infinity" {
        return text.parse().ok();
    }
    if !unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') {
        return None;
    }
    text.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(text).parse().ok()
}

/// `Math.round`: to the nearest, half up.
pub(crate) fn round(value: f64) -> f64 {
    let floor = value.floor();
    if value - floor >= 0.5 { floor + 1.0 } else { floor }
}

/// `Character.isWhitespace`: blanks of Unicode but for those that do not break, and the controls from tab to
/// carriage return and from file to unit separator.
pub(crate) fn is_whitespace(c: char) -> bool {
    match c {
        '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{85}' => false,
        '\u{1c}'..='\u{1f}' => true,
        c => c.is_whitespace(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// After the documentation of `Double.toString`.
    #[test]
    fn doubles() {
        for (value, text) in [
            (0.0, "0.0"),
            (-0.0, "-0.0"),
            (1.0, "1.0"),
            (0.1, "0.1"),
            (0.001, "0.001"),
            (0.000_99, "9.9E-4"),
            (9_999_999.0, "9999999.0"),
            (1e7, "1.0E7"),
            (-1.234_5e10, "-1.2345E10"),
            (5e-324, "4.9E-324"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::NAN, "NaN"),
            (f64::NEG_INFINITY, "-Infinity"),
        ] {
            assert_eq!(double_to_string(value), text);
        }
        for (text, value) in
            [(" 1.5 ", 1.5), ("1e3", 1000.0), (".5", 0.5), ("2d", 2.0), ("-Infinity", f64::NEG_INFINITY)]
        {
            assert_eq!(parse_double(text), Some(value), "{text}");
        }
        for text in ["", "inf", "nan", "infinity", "1,5", "e3", "--1"] {
            assert_eq!(parse_double(text), None, "{text}");
        }
        assert_eq!([0.5, -0.5, 1.5, -1.5, 2.4].map(round), [1.0, 0.0, 2.0, -1.0, 2.0]);
    }

    /// After the documentation of `Character.isWhitespace`.
    #[test]
    fn whitespace() {
        assert!(" \t\n\u{b}\u{c}\r\u{1c}\u{2003}\u{3000}\u{2028}".chars().all(is_whitespace));
        assert!(!"a\u{a0}\u{2007}\u{202f}\u{85}\u{200b}".chars().any(is_whitespace));
    }
}

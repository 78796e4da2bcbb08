//! What can be measured of the text of a script block: obfuscated ones stand out.

use std::collections::HashMap;

use crate::normalize::ecs::Ecs;

/// Begins the signature that ends a signed script, and that is no part of what the script does.
const SIGNATURE: &str = "# SIG # Begin signature block";

/// Length of a line of such a signature, without the comment sign.
const SIGNATURE_LINE: usize = 64;

/// What is measured.
const MEASURES: [&str; 5] = [
    "powershell.file.script_block_length",
    "powershell.file.script_block_unique_symbols",
    "powershell.file.script_block_entropy_bits",
    "powershell.file.script_block_entropy_normalized",
    "powershell.file.script_block_surprisal_stdev",
];

/// Trims the text of the script block, and sets its length, the number of its symbols and their entropy.
pub(super) fn describe(doc: &mut Ecs<'_>) {
    let Some(text) = doc.text("powershell.file.script_block_text").map(str::trim) else { return };
    let script = text.split(SIGNATURE).next().unwrap_or(text);
    let is_wanted = MEASURES.iter().any(|field| doc.wants(field));
    if is_wanted && !script.is_empty() && !is_signature(script) {
        // UTF-16 units: so long is the text to the ones who wrote the rules.
        let units: Vec<u16> = script.encode_utf16().collect();
        let symbols = Symbols::of(&units);
        let most = (units.len() as f64).log2();
        let normalized = if units.len() > 1 { (symbols.entropy / most).clamp(0.0, 1.0) } else { 0.0 };
        let [length, unique_symbols, entropy_bits, entropy_normalized, surprisal_stdev] = MEASURES;
        doc.set(length, units.len());
        doc.set(unique_symbols, symbols.count);
        doc.set(entropy_bits, symbols.entropy);
        doc.set(entropy_normalized, normalized);
        doc.set(surprisal_stdev, symbols.deviation);
    }
    doc.set("powershell.file.script_block_text", text);
}

/// Whether a part of a script is nothing but a piece of its signature; its second line shows it.
fn is_signature(script: &str) -> bool {
    let Some(line) = script.split('\n').nth(1) else { return false };
    let Some(line) = line.trim_end_matches('\r').strip_prefix('#') else { return false };
    let line = line.strip_prefix(' ').unwrap_or(line);
    line.len() == SIGNATURE_LINE
        && line.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='))
}

/// The distribution of symbols in a text.
struct Symbols {
    /// How many different ones.
    count: usize,
    /// Mean of their surprisal, in bits.
    entropy: f64,
    /// Standard deviation of their surprisal, in bits.
    deviation: f64,
}

impl Symbols {
    fn of(units: &[u16]) -> Self {
        let mut counts: HashMap<u16, u32> = HashMap::new();
        for unit in units {
            *counts.entry(*unit).or_default() += 1;
        }
        let mut counts: Vec<f64> = counts.into_values().map(f64::from).collect();
        // Sums of floats depend on their order.
        counts.sort_by(f64::total_cmp);
        let length = units.len() as f64;
        let surprisal = |count: &f64| -(count / length).log2();
        let entropy: f64 = counts.iter().map(|count| count / length * surprisal(count)).sum();
        let variance: f64 =
            counts.iter().map(|count| count / length * (surprisal(count) - entropy).powi(2)).sum();
        Self { count: counts.len(), entropy: entropy.max(0.0), deviation: variance.max(0.0).sqrt() }
    }
}

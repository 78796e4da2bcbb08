//! Any bytes as a file of rules: read or refused, and what is read is written as it was read.
#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use rulehound_rules::RuleSet;

fuzz_target!(|bytes: &[u8]| {
    let (name, bytes) = match bytes.strip_prefix(b"T") {
        Some(toml) => ("fuzz.toml", toml),
        None => ("fuzz.ndjson", bytes),
    };
    let set = RuleSet::read(Path::new(name), bytes.to_vec());
    for problem in &set.problems {
        let source = problem.source.as_deref().unwrap_or_default();
        assert!(source.get(problem.diagnostic.span.clone()).is_some(), "{problem:?}");
    }
    // What TOML alone can say (numbers without end, behaviour rules) is not in the API's shape.
    for loaded in set.rules.into_iter().filter(|_| name == "fuzz.ndjson") {
        let written = loaded.rule.to_json().to_string();
        let back = RuleSet::read(Path::new("written.ndjson"), written.clone().into_bytes());
        let back = back.rules.into_iter().next().map(|loaded| loaded.rule);
        assert_eq!(back.as_ref(), Some(&loaded.rule), "{written}");
    }
});

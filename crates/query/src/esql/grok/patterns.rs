//! The known patterns.
//!
//! Elasticsearch has those of Logstash (`logstash-patterns-core`), in the edition whose columns are fields of ECS
//! (`GrokBuiltinPatterns.ecsV1Patterns`). The crate `grok` has the former edition. What captures nothing is the same in
//! both and taken from there; the few others that are used at large are here, with the columns of ECS.

use std::collections::HashMap;
use std::sync::LazyLock;

/// Patterns that differ.
const OWN: &[(&str, &str)] = &[
    ("URIHOST", "%{IPORHOST}(?::%{POSINT})?"),
    ("URIQUERY", r"[-A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\[\]<>]*"),
    ("URIPARAM", r"\?%{URIQUERY}"),
    ("URIPATHPARAM", r"%{URIPATH}(?:\?%{URIQUERY})?"),
    ("URI", r"%{URIPROTO}://(?:%{USER}(?::[^@]*)?@)?(?:%{URIHOST})?(?:%{URIPATHPARAM})?"),
    ("SYSLOGPROG", r"%{PROG:process.name}(?:\[%{POSINT:process.pid:int}\])?"),
    ("SYSLOGFACILITY", "<%{NONNEGINT:log.syslog.facility.code:int}.%{NONNEGINT:log.syslog.priority:int}>"),
    (
        "SYSLOGBASE",
        "%{SYSLOGTIMESTAMP:timestamp} (?:%{SYSLOGFACILITY} )?%{SYSLOGHOST:host.hostname} %{SYSLOGPROG}:",
    ),
    (
        "HTTPD_COMMONLOG",
        r#"%{IPORHOST:source.address} (?:-|%{HTTPDUSER:apache.access.user.identity}) (?:-|%{HTTPDUSER:user.name}) \[%{HTTPDATE:timestamp}\] "(?:%{WORD:http.request.method} %{NOTSPACE:url.original}(?: HTTP/%{NUMBER:http.version})?|%{DATA})" (?:-|%{INT:http.response.status_code:int}) (?:-|%{INT:http.response.body.bytes:int})"#,
    ),
    (
        "HTTPD_COMBINEDLOG",
        r#"%{HTTPD_COMMONLOG} "(?:-|%{DATA:http.request.referrer})" "(?:-|%{DATA:user_agent.original})""#,
    ),
    ("COMMONAPACHELOG", "%{HTTPD_COMMONLOG}"),
    ("COMBINEDAPACHELOG", "%{HTTPD_COMBINEDLOG}"),
];

/// Expressions by name; none for those that capture what ECS calls otherwise.
static KNOWN: LazyLock<HashMap<&'static str, Option<&'static str>>> = LazyLock::new(|| {
    let all: HashMap<&str, &str> = grok::patterns().iter().copied().chain(OWN.iter().copied()).collect();
    let own = |name: &str| OWN.iter().any(|(own, _)| *own == name);
    all.iter()
        .map(|(name, pattern)| (*name, Some(*pattern).filter(|_| own(name) || !captures(name, &all, 0))))
        .collect()
});

/// Whether a pattern keeps parts of what it matches.
fn captures(name: &str, all: &HashMap<&str, &str>, depth: usize) -> bool {
    let Some(pattern) = all.get(name) else { return true };
    let mut references = pattern.split("%{").skip(1).filter_map(|text| text.split('}').next());
    depth > super::MAX_DEPTH
        || pattern.contains("(?<") && named_group(pattern)
        || references.any(|inner| inner.contains(':') || captures(inner, all, depth + 1))
}

fn named_group(pattern: &str) -> bool {
    pattern.split("(?<").skip(1).any(|behind| !behind.starts_with(['=', '!']))
}

/// The expression of a name.
pub(super) fn find(name: &str) -> Option<&'static str> {
    *KNOWN.get(name)?
}

/// Whether Elasticsearch knows the name.
pub(super) fn is_known_elsewhere(name: &str) -> bool {
    KNOWN.contains_key(name)
}

/// The names that can be used.
pub(super) fn names() -> impl Iterator<Item = &'static str> {
    KNOWN.iter().filter(|(_, pattern)| pattern.is_some()).map(|(name, _)| *name)
}

use super::IndexPatterns;

fn check(patterns: &[&str], name: &str, expected: bool) {
    assert_eq!(IndexPatterns::new(patterns).matches(name), expected, "{patterns:?} on {name}");
}

#[test]
fn stars_match_any_run() {
    check(&["logs-endpoint.events.*"], "logs-endpoint.events.registry-default", true);
    check(&["logs-endpoint.events.*"], "logs-endpoint.alerts-default", false);
    check(&["winlogbeat-*"], "winlogbeat-", true);
    check(&["apm-*-transaction*"], "apm-9.1-transaction-000001", true);
    check(&["apm-*-transaction*"], "apm-transaction", false);
    check(&["a*b*b"], "ab", false);
    check(&["a*b*b"], "axbb", true);
    check(&["*"], "anything", true);
    check(&["_all"], "anything", true);
    check(&["logs"], "logs-x", false);
    check(&["logs?"], "logsx", false);
}

#[test]
fn lists_and_exclusions_go_in_order() {
    check(&[], "anything", true);
    check(&["a-*,b-*"], "b-1", true);
    check(&["logs-*", "-*cloud-logs-*"], "logs-x", true);
    check(&["logs-*", "-*cloud-logs-*"], "logs-cloud-logs-x", false);
    check(&["-logs-x", "logs-*"], "logs-x", true);
    check(&["logs-*", "-logs-x", "logs-x"], "logs-x", true);
    check(&["-logs-x"], "logs-y", false);
}

#[test]
fn clusters_are_matched_apart() {
    check(&["*:logs-*"], "east:logs-x", true);
    check(&["*:logs-*"], "logs-x", false);
    check(&["logs-*"], "east:logs-x", false);
    check(&["ea*:logs-x"], "east:logs-x", true);
    check(&["*:logs-*", "-east:*"], "east:logs-x", false);
    check(&["*:logs-*", "east:-logs-x"], "east:logs-x", false);
    check(&["*:logs-*", "east:-logs-x"], "west:logs-x", true);
}

#[test]
fn backing_indices_belong_to_their_data_stream() {
    check(&["logs-x-default"], ".ds-logs-x-default-2026.10.01-000001", true);
    check(&["logs-x-*"], ".ds-logs-x-default-2026.10.01-000001", true);
    check(&["logs-x-*"], "partial-.ds-logs-x-default-2026.10.01-000012", true);
    check(&["logs-y-*"], ".ds-logs-x-default-2026.10.01-000001", false);
    check(&[".ds-logs-x-*"], ".ds-logs-x-default-2026.10.01-000001", true);
    check(&["logs-*", "-logs-x-*"], ".ds-logs-x-default-2026.10.01-000001", false);
    check(&["logs-x-*"], ".ds-logs-x-default-000001", false);
}

#[test]
fn hidden_indices_want_a_dot() {
    check(&["*"], ".alerts-security.alerts-default", false);
    check(&[".alerts-security.*"], ".alerts-security.alerts-default", true);
}

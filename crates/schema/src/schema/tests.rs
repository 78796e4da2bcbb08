#![allow(clippy::unwrap_used, clippy::panic)]

use crate::{Field, FieldType, MappingError, Scalar, Schema, Value, coerce};

fn check(schema: &Schema, name: &str, expected: Option<(&str, FieldType)>) {
    let field = schema.field(name);
    let found = field.as_ref().map(|f| (f.name.as_ref(), f.field_type));
    assert_eq!(found, expected, "{name}");
}

#[test]
fn catalogue_knows_ecs_and_vendors() {
    let catalogue = Schema::catalogue();
    assert!(!catalogue.is_strict());
    for (name, field_type) in [
        ("@timestamp", FieldType::Date),
        ("_id", FieldType::Keyword),
        ("process.name", FieldType::Keyword),
        ("process.command_line", FieldType::Wildcard),
        ("process.pid", FieldType::Long),
        ("process.Ext.token.integrity_level_name", FieldType::Keyword),
        ("registry.data.strings", FieldType::Wildcard),
        ("source.ip", FieldType::Ip),
        ("message", FieldType::MatchOnlyText),
        ("dll.Ext.relative_file_creation_time", FieldType::Double),
        ("winlog.event_data.AnyNameAtAll", FieldType::Keyword),
        ("labels.team", FieldType::Keyword),
        ("aws.cloudtrail.flattened.request_parameters.key", FieldType::Keyword),
        ("o365.audit.Parameters.ForwardTo", FieldType::Keyword),
        ("process", FieldType::Object),
        ("process.parent", FieldType::Object),
    ] {
        check(catalogue, name, Some((name, field_type)));
    }
    for name in ["", ".", "process.", "process.nonsense", "proces", "winlog.event_data.", "a.b.c.d"] {
        let expected = (name == "winlog.event_data.").then_some((name, FieldType::Keyword));
        check(catalogue, name, expected);
    }
}

#[test]
fn catalogue_multi_fields_stand_for_their_parent() {
    let catalogue = Schema::catalogue();
    check(catalogue, "process.name.text", Some(("process.name", FieldType::MatchOnlyText)));
    let caseless = catalogue.field("process.name.caseless").unwrap();
    assert_eq!((caseless.name.as_ref(), caseless.is_caseless()), ("process.name", true));
    assert!(!catalogue.field("process.name").unwrap().is_caseless());
    assert_eq!(catalogue.exact_field("message"), None);
    assert_eq!(catalogue.exact_field("process.name"), Some(Field::new("process.name", FieldType::Keyword)));
}

#[test]
fn near_misses_are_suggested() {
    for (name, best) in [
        ("proces.name", "process.name"),
        ("process.comand_line", "process.command_line"),
        ("Process.Name", "process.name"),
        ("registry.paths", "registry.path"),
        ("integrity_level_name", "process.Ext.token.integrity_level_name"),
    ] {
        assert_eq!(Schema::catalogue().suggest(name).first(), Some(&best), "{name}");
    }
    assert!(Schema::catalogue().suggest("quite_something_else_xyzzy").is_empty());
}

const MAPPING: &str = r##"
# A comment
{
  "properties": {
    "kind": {"type": "[some_keyword]"},
    "event": {"properties": {"category": {"type": "alias", "path": "kind"}}},
    # another
    "host.name": {"type": "text", "fields": {"raw": {"type": "keyword", "normalizer": "lowercase"}}},
    "note": {"type": "text"},
    "when": {"type": "date", "format": "dd-MM-yyyy||epoch_second"},
    "state": {"type": "keyword", "null_value": "NONE"},
    "span": {"type": "ip_range"},
    "bag": {"type": "flattened"},
    "parts": {"type": "nested", "properties": {"n": {"type": "short"}}},
    "blob": {"type": "object", "enabled": false}
  },
  "runtime": {"day": {"type": "long", "script": "emit(1)"}},
  "dynamic_templates": [{"x": {}}]
}"##;

#[test]
fn mapping_is_read_whole() {
    let schema = Schema::from_mappings([MAPPING]).unwrap();
    assert!(schema.is_strict());
    check(&schema, "event.category", Some(("kind", FieldType::Keyword)));
    check(&schema, "host.name", Some(("host.name", FieldType::Text)));
    check(&schema, "host.name.raw", Some(("host.name", FieldType::Keyword)));
    check(&schema, "host", Some(("host", FieldType::Object)));
    check(&schema, "span", Some(("span", FieldType::Unsupported("ip_range"))));
    check(&schema, "bag.of.things", Some(("bag.of.things", FieldType::Keyword)));
    check(&schema, "parts.n", Some(("parts.n", FieldType::Integer)));
    check(&schema, "blob", Some(("blob", FieldType::Object)));
    check(&schema, "day", Some(("day", FieldType::Long)));
    check(&schema, "_id", Some(("_id", FieldType::Keyword)));
    check(&schema, "process.name", None);
    assert_eq!(schema.nested_parent("parts.n"), Some("parts"));
    assert_eq!(schema.nested_parent("host.name"), None);
    assert_eq!(schema.exact_field("note"), None);
    let exact = schema.exact_field("host.name").unwrap();
    assert_eq!(
        (exact.name.as_ref(), exact.field_type, exact.is_caseless()),
        ("host.name", FieldType::Keyword, true)
    );
}

#[test]
fn mapping_parameters_decide_values() {
    let schema = Schema::from_mappings([MAPPING]).unwrap();
    let value = |name, scalar| coerce(&schema.field(name).unwrap(), scalar);
    assert_eq!(value("when", Scalar::Str("02-01-1970")), Ok(Some(Value::Date(86_400_000))));
    assert_eq!(value("when", Scalar::I64(3)), Ok(Some(Value::Date(3000))));
    assert!(value("when", Scalar::Str("1970-01-02")).is_err());
    assert_eq!(value("state", Scalar::Null), Ok(Some(Value::String("NONE".into()))));
    assert_eq!(value("kind", Scalar::Null), Ok(None));
}

#[test]
fn mappings_come_wrapped() {
    for text in [
        r#"{"mappings": {"properties": {"a": {"type": "long"}}}}"#,
        r#"{"index-1": {"mappings": {"properties": {"a": {"type": "long"}}}}, "index-2": {"mappings": {}}}"#,
    ] {
        check(&Schema::from_mappings([text]).unwrap(), "a", Some(("a", FieldType::Long)));
    }
    assert!(Schema::from_mappings(["{}"]).is_ok());
}

#[test]
fn mappings_merge() {
    let of = |spec: &str| format!(r#"{{"properties": {{"a": {spec}}}}}"#);
    for (first, second, expected) in [
        (r#"{"type": "keyword"}"#, r#"{"type": "wildcard"}"#, FieldType::Keyword),
        (r#"{"type": "integer"}"#, r#"{"type": "long"}"#, FieldType::Long),
        (r#"{"type": "keyword"}"#, r#"{"type": "long"}"#, FieldType::Unsupported("conflict")),
        (r#"{"type": "keyword"}"#, r#"{"properties": {}}"#, FieldType::Unsupported("conflict")),
    ] {
        let (first, second) = (of(first), of(second));
        let schema = Schema::from_mappings([first.as_str(), &second]).unwrap();
        check(&schema, "a", Some(("a", expected)));
    }
    let (first, second) = (
        of(r#"{"type": "date", "format": "dd-MM-yyyy"}"#),
        of(r#"{"type": "date", "format": "yyyy/MM/dd"}"#),
    );
    let schema = Schema::from_mappings([first.as_str(), &second]).unwrap();
    for text in ["02-01-1970", "1970/01/02"] {
        let value = coerce(&schema.field("a").unwrap(), Scalar::Str(text));
        assert_eq!(value, Ok(Some(Value::Date(86_400_000))), "{text}");
    }
}

#[test]
fn broken_mappings_say_what_is_wrong() {
    for (text, expected) in [
        ("{", "mapping is not valid JSON: EOF while parsing an object at line 2 column 0"),
        ("[]", "no mapping found: expected `properties`, `mappings`, or index names with `mappings` below"),
        (
            r#"{"a": 1}"#,
            "no mapping found: expected `properties`, `mappings`, or index names with `mappings` below",
        ),
        (r#"{"properties": {"a": {"type": "keywrd"}}}"#, "field [a] has unknown type [keywrd]"),
        (r#"{"properties": {"a": {"properties": {"b": 3}}}}"#, "field [a.b]: expected an object"),
        (
            r#"{"properties": {"a": {"type": "date", "format": "qq"}}}"#,
            "field [a]: date format [qq] is not supported",
        ),
        (
            r#"{"properties": {"a": {"type": "alias", "path": "b"}}}"#,
            "field [a] is an alias of [b], which is not a field",
        ),
        (r#"{"properties": {"a": {"type": "alias"}}}"#, "field [a]: expected a `path` with its type `alias`"),
    ] {
        let error: MappingError = Schema::from_mappings([text]).unwrap_err();
        assert_eq!(error.to_string(), expected, "{text}");
    }
}

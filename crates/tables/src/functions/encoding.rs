//! Functions that read and write encodings. After Elastic's "ES|QL string functions".

mod json;
mod url;

use std::fmt::Write;

use base64::Engine;
use base64::engine::DecodePaddingMode;
use base64::engine::general_purpose::{GeneralPurpose, GeneralPurposeConfig, STANDARD};
use datafusion::arrow::array::ArrayRef;
use datafusion::common::{Result, exec_datafusion_err};
use md5::Md5;
use sha1::Sha1;
use sha2::{Digest, Sha224, Sha256, Sha384, Sha512, Sha512_224, Sha512_256};

use super::rows::{Given, map1, map2};
use super::{Call, Implementation};

pub(super) const FUNCTIONS: &[Implementation] = &[
    Implementation::of_values("from_base64", |call| each(call, from_base64)),
    Implementation::of_values("hash", hash),
    Implementation::of_values("json_extract", json::extract),
    Implementation::of_values("md5", |call| each(call, |text| Ok(Some(digest::<Md5>(text))))),
    Implementation::of_values("sha1", |call| each(call, |text| Ok(Some(digest::<Sha1>(text))))),
    Implementation::of_values("sha256", |call| each(call, |text| Ok(Some(digest::<Sha256>(text))))),
    Implementation::of_values("to_base64", |call| each(call, |text| Ok(Some(STANDARD.encode(text))))),
    Implementation::of_values("url_decode", |call| each(call, url::decode)),
    Implementation::of_values("url_encode", |call| each(call, |text| Ok(Some(url::encode(text, "+"))))),
    Implementation::of_values("url_encode_component", |call| {
        each(call, |text| Ok(Some(url::encode(text, "%20"))))
    }),
];

/// A function of a string that gives one.
fn each(call: &Call<'_>, f: impl Fn(&str) -> Given<String>) -> Result<ArrayRef> {
    call.strings_of(map1(&call.strings(0)?, f))
}

/// `FromBase64`, by Java's basic decoder: padding may be left out. Bytes that are no UTF-8 are replaced.
fn from_base64(text: &str) -> Given<String> {
    const DECODER: GeneralPurpose = GeneralPurpose::new(
        &base64::alphabet::STANDARD,
        GeneralPurposeConfig::new()
            .with_decode_padding_mode(DecodePaddingMode::Indifferent)
            .with_decode_allow_trailing_bits(true),
    );
    let bytes = DECODER.decode(text).map_err(|_| "not valid base64")?;
    Ok(Some(String::from_utf8_lossy(&bytes).into_owned()))
}

/// In hexadecimal digits.
fn digest<D: Digest>(text: &str) -> String {
    let mut digits = String::new();
    for byte in D::digest(text.as_bytes()) {
        let _ = write!(digits, "{byte:02x}");
    }
    digits
}

/// `Hash`: by a `MessageDigest` of Java.
fn hash(call: &Call<'_>) -> Result<ArrayRef> {
    let texts = call.strings(1)?;
    let algorithms = call.strings(0)?;
    if call.constant(0).is_some()
        && let Some(name) = algorithms.iter().flatten().next()
    {
        let algorithm = algorithm(name);
        let algorithm =
            algorithm.ok_or_else(|| exec_datafusion_err!("the algorithm `{name}` is not known"))?;
        return call.strings_of(map1(&texts, |text| Ok(Some(algorithm(text)))));
    }
    call.strings_of(map2(&algorithms, &texts, |name, text| {
        algorithm(name).map(|algorithm| Some(algorithm(text))).ok_or("no such algorithm")
    }))
}

fn algorithm(name: &str) -> Option<fn(&str) -> String> {
    Some(match name.to_ascii_lowercase().as_str() {
        "md5" => digest::<Md5>,
        "sha" | "sha1" | "sha-1" => digest::<Sha1>,
        "sha224" | "sha-224" => digest::<Sha224>,
        "sha256" | "sha-256" => digest::<Sha256>,
        "sha384" | "sha-384" => digest::<Sha384>,
        "sha512" | "sha-512" => digest::<Sha512>,
        "sha512/224" | "sha-512/224" => digest::<Sha512_224>,
        "sha512/256" | "sha-512/256" => digest::<Sha512_256>,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use crate::functions::testing::{NULL, column, constant, refused, rows, run, text, values};
    use rulehound_query::esql::Type::*;

    /// The pages "TO_BASE64" and "FROM_BASE64".
    #[test]
    fn base64() {
        let plain = column(Keyword, values!["elastic", "", NULL, ["a", "b"]]);
        assert_eq!(rows("to_base64", &[plain]), values!["ZWxhc3RpYw==", "", NULL, NULL]);
        let encoded = column(Keyword, values!["ZWxhc3RpYw==", "ZWxhc3RpYw", "*", NULL]);
        let outcome = run("from_base64", &[encoded]);
        assert_eq!(outcome.rows, values!["elastic", "elastic", NULL, NULL]);
        assert_eq!(outcome.warnings.len(), 1);
        refused("to_base64", &[constant(Integer, 1)]);
    }

    /// The pages "HASH", "MD5", "SHA1", "SHA256"; the digests of RFC 1321 and FIPS 180.
    #[test]
    fn digests() {
        let input = || column(Keyword, values!["abc", NULL]);
        let md5 = values!["900150983cd24fb0d6963f7d28e17f72", NULL];
        let sha1 = values!["a9993e364706816aba3e25717850c26c9cd0d89d", NULL];
        let sha256 = values!["ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", NULL];
        assert_eq!(rows("md5", &[input()]), md5);
        assert_eq!(rows("sha1", &[input()]), sha1);
        assert_eq!(rows("sha256", &[input()]), sha256);
        assert_eq!(rows("hash", &[text("SHA-256"), input()]), sha256);
        assert_eq!(rows("hash", &[text("md5"), input()]), md5);
        let outcome =
            run("hash", &[column(Keyword, values!["sha1", "rot13"]), column(Keyword, values!["abc", "abc"])]);
        assert_eq!(outcome.rows, [sha1[0].clone(), NULL]);
        assert_eq!(outcome.warnings.len(), 1);
    }

    /// The pages "URL_ENCODE", "URL_ENCODE_COMPONENT", "URL_DECODE".
    #[test]
    fn urls() {
        let plain = || text("https://example.com/?x=foo bar&y=é~*");
        let encoded = "https%3A%2F%2Fexample.com%2F%3Fx%3Dfoo+bar%26y%3D%C3%A9%7E*";
        assert_eq!(rows("url_encode", &[plain()]), values![encoded]);
        let component = encoded.replace('+', "%20");
        assert_eq!(rows("url_encode_component", &[plain()]), values![&*component]);
        let found = run("url_decode", &[column(Keyword, values![encoded, "a%2", "%zz", NULL, "plain"])]);
        assert_eq!(found.rows, values!["https://example.com/?x=foo bar&y=é~*", NULL, NULL, NULL, "plain"]);
        assert_eq!(found.warnings.iter().map(|warning| warning.2).sum::<u64>(), 2);
    }

    /// The page "JSON_EXTRACT".
    #[test]
    fn json() {
        let document =
            r#"{"user": {"name": "Ann", "tags": ["a", {"b": 1.50}]}, "x.y": true, "": null, "n": [ 1, 2 ]}"#;
        for (path, wanted) in [
            ("user.name", "Ann"),
            ("$.user.name", "Ann"),
            ("['user']['name']", "Ann"),
            ("user[\"tags\"][0]", "a"),
            ("user.tags[ 1 ].b", "1.50"),
            ("user.tags[1]", r#"{"b": 1.50}"#),
            ("['x.y']", "true"),
            ("n", "[ 1, 2 ]"),
        ] {
            assert_eq!(rows("json_extract", &[text(document), text(path)]), values![wanted], "{path}");
        }
        assert_eq!(rows("json_extract", &[text(r#"["a","b"]"#), text("$[1]")]), values!["b"]);
        assert_eq!(rows("json_extract", &[text("7"), text("$")]), values!["7"]);
        assert_eq!(run("json_extract", &[text(document), text("['']")]).warnings, []);
        for (document, path) in [
            (document, "user.age"),
            (document, "n[2]"),
            (document, "user.name.x"),
            ("{", "a"),
            (document, "n[-1]"),
        ] {
            let outcome = run("json_extract", &[column(Keyword, values![document]), text(path)]);
            assert_eq!((outcome.rows, outcome.warnings.len()), (values![NULL].to_vec(), 1), "{path}");
        }
    }
}

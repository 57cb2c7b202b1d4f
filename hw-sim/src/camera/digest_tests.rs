//! Digest answers by the vectors of RFC 2617 and 7616.

use super::*;

fn response(header: &str, method: &str, password: &str) -> Option<String> {
    expected_response(Algorithm::Md5, &directives(header)?, method, password)
}

#[test]
fn vector_of_rfc_2617() {
    let header = r#"Digest username="Mufasa", realm="testrealm@host.com",
        nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093", uri="/dir/index.html",
        qop=auth, nc=00000001, cnonce="0a4f113b",
        response="6629fae49393a05397450978507c4ef1",
        opaque="5ccc069c403ebaf9f0171e9517f40e41""#;
    let header = header.replace('\n', "");
    assert_eq!(
        response(&header, "GET", "Circle Of Life").as_deref(),
        Some("6629fae49393a05397450978507c4ef1")
    );
}

#[test]
fn vector_of_rfc_7616_with_md5() {
    let header = concat!(
        r#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", "#,
        r#"algorithm=MD5, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, "#,
        r#"cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth"#,
    );
    assert_eq!(
        response(header, "GET", "Circle of Life").as_deref(),
        Some("8ca523f5e9506fed4657c9700eebdbec")
    );
}

#[test]
fn vector_of_rfc_7616_with_sha_256() {
    let header = concat!(
        r#"Digest username="Mufasa", realm="http-auth@example.org", uri="/dir/index.html", "#,
        r#"algorithm=SHA-256, nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", nc=00000001, "#,
        r#"cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", qop=auth"#,
    );
    let answer = directives(header).unwrap();
    assert_eq!(
        expected_response(Algorithm::Sha256, &answer, "GET", "Circle of Life").as_deref(),
        Some("753927fa0e85d155564e2e272a28d1802ca10daf4496794697cf8db5856cb6c1")
    );
}

#[test]
fn vector_of_rfc_2069_erratum_749_without_qop() {
    let header = concat!(
        r#"Digest username="Mufasa",realm="testrealm@host.com","#,
        r#"nonce="dcd98b7102dd2f0e8b11d0f600bfb0c093",uri="/dir/index.html""#,
    );
    assert_eq!(
        response(header, "GET", "CircleOfLife").as_deref(),
        Some("1949323746fe6a43ef61f9606e7febea")
    );
}

#[test]
fn directives_are_read_however_they_are_written() {
    for (header, expected) in [
        (r#"Digest a="b""#, Some(vec![("a", "b")])),
        (r#"digest A = "b, c=d" ,e=f"#, Some(vec![("a", "b, c=d"), ("e", "f")])),
        (r#"Digest a="\"q\\\"", b=c,"#, Some(vec![("a", r#""q\""#), ("b", "c")])),
        ("Digest a", None),
        (r#"Digest a="b"#, None),
        ("Basic dTpw", None),
        ("Digest", None),
    ] {
        let found = directives(header);
        let found: Option<Vec<_>> =
            found.as_ref().map(|map| map.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect());
        assert_eq!(found, expected, "{header}");
    }
}

#[test]
fn a_password_does_not_show() {
    let shown = format!("{:?}", Credentials::new("guard", "secret"));
    assert!(shown.contains("guard") && !shown.contains("secret"), "{shown}");
}

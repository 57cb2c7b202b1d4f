//! What strangers answer, read piece by piece.

use std::net::{IpAddr, Ipv4Addr};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use proptest::prelude::*;

use crate::answer::Answer;
use crate::login::Login;
use crate::xml::Element;

const FROM: IpAddr = IpAddr::V4(Ipv4Addr::new(192, 0, 2, 7));

fn answer(relates_to: &str, addresses: &str) -> String {
    format!(
        r#"<?xml version="1.0"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Header><a:RelatesTo>{relates_to}</a:RelatesTo></e:Header><e:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference><d:Scopes>
        onvif://www.onvif.org/name/%E4%B8%9C%E9%97%A8%201 onvif://www.onvif.org/hardware/EX+2</d:Scopes><d:XAddrs>{addresses}</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>"#
    )
}

fn read(text: &str) -> Vec<Answer> {
    Answer::read(text.as_bytes(), FROM, &["urn:uuid:q".to_owned()])
}

/// The example of ONVIF's Application Programmer's Guide 1.0, section 6.1.1.3.
#[test]
fn the_login_is_that_of_the_standard() {
    let nonce: [u8; 16] = STANDARD.decode("LKqI6G/AikKCQrN0zqZFlg==").unwrap().try_into().unwrap();
    let login = Login { user: "user".to_owned(), password: "userpassword".to_owned() };
    let token = login.token(nonce, "2010-09-16T07:50:45Z");
    assert!(token.contains(">tuOSpGlFlIXsozq4HFNeeGeFLEI=<"), "{token}");
    assert!(!token.contains("userpassword") && !format!("{login:?}").contains("userpassword"));
}

#[test]
fn a_device_is_asked_only_where_it_answered_from() {
    let service = |addresses: &str| {
        read(&answer("urn:uuid:q", addresses)).first().map(|answer| answer.service.clone())
    };
    let here = Some("http://192.0.2.7/onvif/device_service".to_owned());
    assert_eq!(service("http://192.0.2.7/onvif/device_service"), here);
    assert_eq!(
        service("http://10.0.0.1/x https://192.0.2.7/y http://192.0.2.7/onvif/device_service"),
        here
    );
    // Behind a router, or an attempt to have somebody else asked.
    assert_eq!(
        service("http://admin:x@intranet.example:8080/onvif?a=b").as_deref(),
        Some("http://192.0.2.7:8080/onvif?a=b")
    );
    assert_eq!(service("file:///etc/passwd"), None);
    assert_eq!(service(""), None);
    assert!(read(&answer("urn:uuid:other", "http://192.0.2.7/")).is_empty(), "nobody asked");
}

#[test]
fn scopes_are_decoded() {
    let answers = read(&answer("urn:uuid:q", "http://192.0.2.7/"));
    let [answer] = answers.as_slice() else { panic!("{answers:?}") };
    assert_eq!(answer.scope("name").as_deref(), Some("东门 1"));
    assert_eq!(answer.scope("hardware").as_deref(), Some("EX+2"));
    assert_eq!(answer.scope("location"), None);
}

#[test]
fn xml_has_limits() {
    let deep = |depth: usize| format!("{}{}", "<a>".repeat(depth), "</a>".repeat(depth));
    assert!(Element::parse(&deep(40)).is_some() && Element::parse(&deep(41)).is_none());
    let wide = |count: usize| format!("<a>{}</a>", "<b/>".repeat(count));
    assert!(Element::parse(&wide(19_999)).is_some() && Element::parse(&wide(20_000)).is_none());
    let bomb = r#"<!DOCTYPE a [<!ENTITY b "bbbb"><!ENTITY c "&b;&b;&b;">]><a>&c;</a>"#;
    assert_eq!(Element::parse(bomb), None);
    let text = Element::parse("<x:a y:b='1 &lt; 2'> a &amp; &#66;<![CDATA[<c>]]> </x:a>").unwrap();
    assert_eq!(
        (text.name.as_str(), text.text.as_str(), text.attribute("b")),
        ("a", "a & B<c>", Some("1 < 2"))
    );
    for broken in ["", "<a>", "</a>", "<a></b>", "<a b=1/>", "text", "<a>&nosuch;</a>"] {
        assert_eq!(Element::parse(broken), None, "{broken}");
    }
}

proptest! {
    #[test]
    fn any_datagram_is_read(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
        assert_eq!(Answer::read(&bytes, FROM, &[]), []);
    }

    #[test]
    fn a_spoilt_answer_is_read(at in any::<prop::sample::Index>(), piece in "[<>/&;\"=a-z0-9:]{0,6}") {
        let mut text = answer("urn:uuid:q", "http://192.0.2.7/onvif");
        let at = at.index(text.len());
        if text.is_char_boundary(at) {
            text.insert_str(at, &piece);
        }
        read(&text);
    }
}

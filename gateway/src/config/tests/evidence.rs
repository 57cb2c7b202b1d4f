//! Evidence is handed out only with certificate and tokens; each lack is told in exact words.

use expect_test::{Expect, expect};

use super::{CAMERA, GATEWAY, check_camera, check_set, folder, load_here};

const TLS: &str =
    "listen = \"127.0.0.1:18443\"\ncert_file = \"server.pem\"\nkey_file = \"server.key\"\n";

/// A folder with a certificate, a key and these tokens.
fn house(evidence: &str, tokens: &str) -> tempfile::TempDir {
    use std::os::unix::fs::PermissionsExt;
    let gateway = format!("{GATEWAY}[evidence]\n{evidence}");
    let dir = folder(&gateway, &[("cam-01.toml", CAMERA)]);
    let files = [
        ("server.pem", "-----BEGIN CERTIFICATE-----\n"),
        ("server.key", "-----BEGIN PRIVATE KEY-----\n"),
        ("tokens", tokens),
    ];
    for (name, text) in files {
        let path = dir.path().join(name);
        std::fs::write(&path, text).unwrap();
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
    }
    dir
}

fn refused(evidence: &str, tokens: &str, expected: &Expect) {
    check_set(&house(evidence, tokens), expected);
}

#[test]
fn a_handout_without_certificate_or_tokens_is_refused() {
    let token = format!("centre:{}\n", "0".repeat(32));
    refused(
        "listen = \"0.0.0.0:18443\"",
        &token,
        &expect![[r#"
            gateway.toml:12:1: `listen`: HTTPS needs `cert_file` and `key_file`, and who may fetch evidence: `token_file`
            1 fault; nothing was applied"#]],
    );
    refused(
        "token_file = \"tokens\"",
        &token,
        &expect![[r#"
            gateway.toml:11:2: `evidence`: evidence is served over HTTPS only with `listen`
            1 fault; nothing was applied"#]],
    );
    refused(
        &format!("{TLS}token_file = \"tokens\""),
        "centre:secret\n",
        &expect![[r#"
            gateway.toml:15:1: `token_file`: tokens: line 1: a token must have at least 32 characters; make one with: openssl rand -hex 32
            1 fault; nothing was applied"#]],
    );
    refused(
        &format!("{TLS}token_file = \"tokens\""),
        "",
        &expect![[r#"
            gateway.toml:15:1: `token_file`: tokens: no tokens: write a line `name:token` for everyone who may fetch evidence
            1 fault; nothing was applied"#]],
    );
    refused(
        &format!("{TLS}token_file = \"tokens\"\npublic_url = \"http://gw-1.example\""),
        &token,
        &expect![[r#"
            gateway.toml:16:1: `public_url`: expected an address such as https://host:18443/
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn an_address_or_a_number_out_of_place_is_refused() {
    let token = format!("centre:{}\n", "0".repeat(32));
    let everywhere = TLS.replace("127.0.0.1", "0.0.0.0");
    refused(
        &format!("{everywhere}token_file = \"tokens\""),
        &token,
        &expect![[r#"
            gateway.toml:12:1: `listen`: alerts would send people to 0.0.0.0:18443, which is no address: write the one that reaches this gateway into `public_url`
            1 fault; nothing was applied"#]],
    );
    refused(
        "listen = \"here\"",
        &token,
        &expect![[r#"
            gateway.toml:12:1: `listen`: expected an address and a port such as "0.0.0.0:18443"
            1 fault; nothing was applied"#]],
    );
    refused(
        "signing_key_file = \"server.pem\"",
        &token,
        &expect![[r#"
            gateway.toml:12:1: `signing_key_file`: server.pem holds no PEM PRIVATE KEY
            1 fault; nothing was applied"#]],
    );
    refused(
        "days = 0\nclip_ring_bytes = -1",
        &token,
        &expect![[r#"
        gateway.toml:12:1: `days` must be a whole number from 1 to 3650, found 0
        gateway.toml:13:1: `clip_ring_bytes` must be a whole number from 0 to 268435456, found -1
        2 faults; nothing was applied"#]],
    );
}

#[test]
fn a_handout_with_certificate_and_tokens_is_sound() {
    let token = format!("centre:{}\n", "0".repeat(32));
    let dir = house(&format!("{TLS}token_file = \"tokens\""), &token);
    check_set(&dir, &expect![["sound"]]);
    let evidence = load_here(dir.path()).unwrap().evidence;
    let handout = evidence.handout.unwrap();
    assert_eq!(handout.public_url.as_str(), "https://127.0.0.1:18443/");
    assert_eq!(evidence.limits.keep_for.as_secs(), 30 * 86_400);
    assert!(evidence.clips.is_some());
    let dir = house("clip_ring_bytes = 0", &token);
    assert!(load_here(dir.path()).unwrap().evidence.clips.is_none());
}

#[test]
fn a_privacy_zone_is_checked_like_any_other() {
    let outside = "[[privacy_zone]]\npolygon_px = [[0, 0], [900, 0], [0, 200]]\n";
    check_camera(
        &format!("{CAMERA}{outside}"),
        &expect![[r#"
            cameras/cam-01.toml:16:23: camera cam-01: `polygon_px`: corner [900, 0] lies outside the picture of 768 x 576 px
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn the_page_and_the_evidence_are_not_given_out_at_one_address() {
    let token = format!("centre:{}\n", "0".repeat(32));
    refused(
        &format!("{}token_file = \"tokens\"\n", TLS.replace("18443", "18080")),
        &token,
        &expect![[r#"
            gateway.toml:12:1: `listen`: `http.listen` (gateway.toml:1:1) listens at 127.0.0.1:18080 already, and only one of the two can: give one of them another port
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn the_state_folder_is_a_folder() {
    for (state_dir, expected) in [
        (
            "/dev/null",
            expect![[r#"
        gateway.toml:12:1: `state_dir`: /dev/null: /dev/null is no folder, expected one of the gateway's own
        1 fault; nothing was applied"#]],
        ),
        (
            "/dev/null/state",
            expect![[r#"
        gateway.toml:12:1: `state_dir`: /dev/null/state: /dev/null is no folder, expected one of the gateway's own
        1 fault; nothing was applied"#]],
        ),
    ] {
        let gateway = format!("{GATEWAY}[storage]\nstate_dir = \"{state_dir}\"\n");
        check_set(&folder(&gateway, &[("cam-01.toml", CAMERA)]), &expected);
    }
}

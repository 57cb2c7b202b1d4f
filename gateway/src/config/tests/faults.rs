//! Each fault on its own, with its exact words.

use expect_test::expect;

use super::{CAMERA, GATEWAY, check_camera, check_gateway, check_set, folder};

#[test]
fn a_gateway_file_of_the_wrong_form() {
    check_gateway(
        "[gateway\nid = 1",
        &expect![[r#"
        gateway.toml:1:9: not TOML: unclosed table, expected `]`
        1 fault; nothing was applied"#]],
    );
    check_gateway(
        "[gateway]\nid = \"a/b\"\n",
        &expect![[r#"
            gateway.toml:1:1: the file lacks the table [mqtt]
            gateway.toml:1:2: [gateway] lacks the table [gateway.area]
            gateway.toml:2:1: `id` must be an id of 1 to 64 letters, digits and `_.:-` that starts with a letter or digit, found another text
            3 faults; nothing was applied"#]],
    );
    check_gateway(
        &GATEWAY.replace("\"110117\"", "110117"),
        &expect![[r#"
            gateway.toml:4:10: `county` must be the 6-digit code of a county or district, in quotes, found a number
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &format!("{GATEWAY}precision = \"int4\"\nthreads = 2.5"),
        &expect![[r#"
        gateway.toml:11:1: `precision` must be one of "auto", "fp32", "int8", found "int4"
        gateway.toml:12:1: `threads` must be a whole number from 0 to 256, found 2.5
        2 faults; nothing was applied"#]],
    );
}

#[test]
fn a_broker_out_of_reach_or_out_of_cover() {
    let mqtt = |keys: &str| GATEWAY.replace("[mqtt]", &format!("[mqtt]\n{keys}"));
    check_gateway(
        &GATEWAY.replace("mqtt://localhost", "mqtts://localhost"),
        &expect![[r#"
            gateway.toml:7:1: `url`: mqtts:// needs `ca_file`: the certificate (PEM) of the authority that signed the broker's
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &GATEWAY.replace("mqtt://localhost", "http://me:pw@localhost"),
        &expect![[r#"
            gateway.toml:7:1: `url`: http:// is not MQTT; expected mqtts:// (TLS) or mqtt://
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &GATEWAY.replace("mqtt://localhost", "mqtt://me:pw@localhost"),
        &expect![[r#"
            gateway.toml:7:1: `url`: user and password do not belong in the address: use `username` and `password_file`
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &mqtt("fallback_urls = [\"mqtt://127.0.0.1:2\", \"mqtts://localhost\", \"localhost\"]"),
        &expect![[r#"
            gateway.toml:7:40: `fallback_urls`: `url` and its fallbacks must be of one kind: all mqtts://, or all mqtt://
            gateway.toml:7:61: `fallback_urls`: not an address; expected mqtts://host:8883
            2 faults; nothing was applied"#]],
    );
    check_gateway(
        &mqtt("keep_alive_secs = \"soon\"\nwindow_messages = 0"),
        &expect![[r#"
            gateway.toml:7:1: `keep_alive_secs` must be a whole number from 5 to 3600, found a text
            gateway.toml:8:1: `window_messages` must be a whole number from 1 to 1000, found 0
            2 faults; nothing was applied"#]],
    );
    check_gateway(
        &mqtt("ca_file = \"gateway.toml\""),
        &expect![[r#"
            gateway.toml:7:1: `ca_file`: gateway.toml holds no PEM CERTIFICATE
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &mqtt("client_key_file = \"no.pem\""),
        &expect![[r#"
            gateway.toml:7:1: `client_key_file`: a key needs its certificate: add `client_cert_file`
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &mqtt("password_file = \"no.txt\""),
        &expect![[r#"
            gateway.toml:7:1: `password_file`: a password needs `username`
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &mqtt("username = \"u\"\npassword_file = \"no.txt\""),
        &expect![[r#"
            gateway.toml:8:1: `password_file`: there is no such file; names count from the folder of gateway.toml
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn ids_that_a_broker_of_the_old_protocol_may_refuse() {
    let gateway = GATEWAY.replace("gw-1", "gw.1");
    check_gateway(&gateway, &expect!["sound"]);
    let gateway = gateway.replace("[mqtt]", "[mqtt]\nprotocol = \"3.1.1\"");
    let camera = CAMERA.replace("cam-01", "cam.01");
    check_set(
        &folder(&gateway, &[("cam.01.toml", &camera)]),
        &expect![[r#"
            warning: cameras/cam.01.toml:2:1: camera cam.01: `id`: NATS before 2.10 refuses topics with a dot; if that is the broker, rename `cam.01`
            warning: gateway.toml:3:1: `id`: NATS before 2.10 refuses topics with a dot; if that is the broker, rename `gw.1`
            sound"#]],
    );
}

#[test]
fn a_page_or_model_out_of_place() {
    check_gateway(
        &GATEWAY.replace("model_dir = \".\"", "model_dir = \"models\""),
        &expect![[r#"
            gateway.toml:10:1: `model_dir`: there is no such folder; names count from the folder of gateway.toml
            1 fault; nothing was applied"#]],
    );
    check_gateway(
        &format!("{GATEWAY}[http]\nlisten = \"0.0.0.0:80\""),
        &expect![[r#"
            warning: gateway.toml:12:1: `listen`: everyone who reaches 0.0.0.0:80 can see pictures of the street: keep to 127.0.0.1 unless a proxy with TLS and login stands before it
            sound"#]],
    );
    check_gateway(
        &format!("{GATEWAY}[http]\nlisten = \"localhost\""),
        &expect![[r#"
            gateway.toml:12:1: `listen`: expected an address and a port such as "127.0.0.1:18080"
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_camera_file_of_the_wrong_form() {
    check_camera(
        "id = \"cam-01\"\n",
        &expect![[r#"
        cameras/cam-01.toml:1:1: camera cam-01: the file lacks `picture_px`; expected [width, height] of the picture in pixels, such as [1920, 1080]
        cameras/cam-01.toml:1:1: camera cam-01: the file lacks `url`; expected the stream's address such as "rtsp://host:554/path"
        cameras/cam-01.toml:1:1: camera cam-01: the file lacks the table [place]
        3 faults; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("40.144", "140.144"),
        &expect![[r#"
        cameras/cam-01.toml:4:32: camera cam-01: `latitude` must be a number from -90 to 90, found 140.144
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("[768, 576]", "[768]"),
        &expect![[r#"
        cameras/cam-01.toml:5:1: camera cam-01: `picture_px` must be [width, height] of the picture in pixels, such as [1920, 1080], found a list of 1 item
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("117.112", "nan"),
        &expect![[r#"
        cameras/cam-01.toml:4:11: camera cam-01: `longitude` must be a number from -180 to 180, found nan
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("id = \"cam-01\"", "id = cam-01"),
        &expect![[r#"
        cameras/cam-01.toml:2:6: camera cam-01: not TOML: string values must be quoted, expected literal string
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("[[rule]]", "[[rule]]\nkind = \"sitting\""),
        &expect![[r#"
            cameras/cam-01.toml:12:1: camera cam-01: `kind` must be one of "standing", "obstruction", "gathering", "stall", "beside", "crossing", "prohibited", "view_fault", "absence", found another text
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_stream_that_is_no_stream() {
    check_camera(
        &CAMERA.replace("10.0.0.5", "me:pw@10.0.0.5"),
        &expect![[r#"
            cameras/cam-01.toml:3:1: camera cam-01: `url`: user and password do not belong in the address: write them into a file and name it in `credentials_file`
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("rtsp://", "http://"),
        &expect![[r#"
            cameras/cam-01.toml:3:1: camera cam-01: `url`: http:// is not supported; expected rtsp:// or rtsps://; for RTSP over HTTP write rtsp:// and add `transport = "http"`
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("rtsp://", "rtsps://"),
        &expect![[r#"
            cameras/cam-01.toml:3:1: camera cam-01: `url`: rtsps:// needs `ca_file`, the certificate (PEM) of the authority that signed the camera's, or `certificate_sha256`, the fingerprint of the camera's own; `gridwhistle probe URL` prints the fingerprint
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("cam-01", "cam-1"),
        &expect![[r#"
            cameras/cam-01.toml:2:1: camera cam-1: `id`: the file of camera cam-1 must be called cam-1.toml
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn zones_that_are_no_areas() {
    let tie = "[640, 80], [732, 80], [650, 112], [732, 100]";
    check_camera(
        &CAMERA.replace("[732, 112]", "[770, 112]"),
        &expect![[r#"
            cameras/cam-01.toml:9:37: camera cam-01: `polygon_px`: corner [770, 112] lies outside the picture of 768 x 576 px
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("[732, 112]", "[732]"),
        &expect![[r#"
        cameras/cam-01.toml:9:37: camera cam-01: `polygon_px` must be made of corners [x, y] in pixels, found a list of 1 item
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("[732, 112], [640, 112]", "[640, 80]"),
        &expect![[r#"
            cameras/cam-01.toml:9:1: camera cam-01: `polygon_px`: the outline encloses no area; name the corners in order around the zone
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace(", [732, 112], [640, 112]", ""),
        &expect![[r#"
        cameras/cam-01.toml:9:1: camera cam-01: `polygon_px` must be a list of 3 to 64 items, found a list of 2 items
        1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("[640, 80], [732, 80], [732, 112], [640, 112]", tie),
        &expect![[r#"
            cameras/cam-01.toml:9:1: camera cam-01: `polygon_px`: the outline crosses itself: edge [732, 80] - [650, 112] meets edge [732, 100] - [640, 80]; name the corners in order around the zone
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("[640, 80], [732, 80],", "[640, \"80\"], [732, 80],"),
        &expect![[r#"
            cameras/cam-01.toml:9:21: camera cam-01: `polygon_px` must be a number, found a text
            1 fault; nothing was applied"#]],
    );
}

#[test]
fn rules_that_name_what_is_not_there() {
    let twice = CAMERA.split_once("[[zone]]").unwrap().1;
    check_camera(
        &CAMERA.replace("_blocked", "_bloked"),
        &expect![[r#"
            cameras/cam-01.toml:12:1: camera cam-01: `type`: no incident type `fire_passage_bloked`; did you mean `fire_passage_blocked`?
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("zone = \"shutter\"", "zone = \"shuter\""),
        &expect![[r#"
            cameras/cam-01.toml:13:1: camera cam-01: `zone`: no zone `shuter`; did you mean `shutter`?
            1 fault; nothing was applied"#]],
    );
    check_camera(
        &CAMERA.replace("\"truck\"", "\"trucks\", \"lorry\""),
        &expect![[r#"
            cameras/cam-01.toml:14:19: camera cam-01: `classes`: the model knows no class `trucks`; did you mean `truck`?
            cameras/cam-01.toml:14:29: camera cam-01: `classes`: the model knows no class of this name; known here: person, car, truck, bus
            2 faults; nothing was applied"#]],
    );
    check_camera(
        &format!("{CAMERA}[[zone]]{twice}"),
        &expect![[r#"
            cameras/cam-01.toml:16:1: camera cam-01: `id`: another zone is called so already
            cameras/cam-01.toml:20:1: camera cam-01: `type`: another rule reports this type in this zone already: there is one alert for each zone and type
            2 faults; nothing was applied"#]],
    );
    check_camera(
        CAMERA.split_once("[[rule]]").unwrap().0,
        &expect![[r#"
        warning: cameras/cam-01.toml:1:1: camera cam-01: no rule: this camera raises no alert
        sound"#]],
    );
}

#[test]
fn a_case_system_out_of_cover() {
    let egova = |url: &str, more: &str| {
        let table = format!("[egova]\nurl = \"{url}\"\nsender_code = \"GW01\"\nclient_id = \"gw\"");
        format!("{GATEWAY}\n{table}\nclient_secret_file = \"cameras/cam-01.toml\"\n{more}")
    };
    check_gateway(
        &egova("https://egova.example", ""),
        &expect![[r#"
            gateway.toml:13:1: `url`: https:// needs `ca_file`: the certificate (PEM) of the authority that signed the case system's
            gateway.toml:16:1: `client_secret_file`: cameras/cam-01.toml holds no secret in its first line: its first line is empty
            2 faults; nothing was applied"#]],
    );
    check_gateway(
        &egova("http://egova.example", ""),
        &expect![[r#"
            gateway.toml:13:1: `url`: http:// would send cases and the secret in the clear: use https://
            gateway.toml:16:1: `client_secret_file`: cameras/cam-01.toml holds no secret in its first line: its first line is empty
            2 faults; nothing was applied"#]],
    );
    check_gateway(
        &egova("ftp://egova.example", ""),
        &expect![[r#"
            gateway.toml:13:1: `url`: ftp:// is not HTTP; expected https://host/
            gateway.toml:16:1: `client_secret_file`: cameras/cam-01.toml holds no secret in its first line: its first line is empty
            2 faults; nothing was applied"#]],
    );
    check_gateway(
        &egova("http://me:pw@localhost", ""),
        &expect![[r#"
            gateway.toml:13:1: `url`: user and password do not belong in the address: use `client_id` and `client_secret_file`
            gateway.toml:16:1: `client_secret_file`: cameras/cam-01.toml holds no secret in its first line: its first line is empty
            2 faults; nothing was applied"#]],
    );
    check_gateway(
        &egova("http://localhost", "ca_file = \"gateway.toml\""),
        &expect![[r#"
            gateway.toml:13:1: `url`: a certificate has no effect on http://; did you mean https://?
            gateway.toml:16:1: `client_secret_file`: cameras/cam-01.toml holds no secret in its first line: its first line is empty
            gateway.toml:17:1: `ca_file`: gateway.toml holds no PEM CERTIFICATE
            3 faults; nothing was applied"#]],
    );
    check_gateway(
        &egova("http://localhost", "poll_secs = 0\ntoken_in = \"cookie\""),
        &expect![[r#"
            gateway.toml:16:1: `client_secret_file`: cameras/cam-01.toml holds no secret in its first line: its first line is empty
            gateway.toml:17:1: `poll_secs` must be a whole number from 1 to 3600, found 0
            gateway.toml:18:1: `token_in` must be one of "query", "header", found another text
            3 faults; nothing was applied"#]],
    );
}

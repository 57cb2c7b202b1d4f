//! Two things that would listen at one address are told before the gateway starts.

use expect_test::expect;

use super::check_set;
use super::devices::{DOOR, PANEL, with_devices};

#[test]
fn a_transmitter_cannot_call_where_another_or_the_page_listens() {
    let other = PANEL.replace("000001", "000002");
    let shared = other.as_str();
    let everywhere = other.replace("000002", "000003").replace("127.0.0.1", "[::]");
    let at_page = other.replace("000002", "000004").replace("127.0.0.1:5200", "0.0.0.0:18080");
    check_set(
        &with_devices(&[("a.toml", PANEL), ("b.toml", shared), ("d.toml", DOOR)]),
        &expect![[r#"
            warning: devices/d.toml:3:1: device d: `url`: this is the address of the example, which no device has; write the one of yours
            sound"#]],
    );
    check_set(
        &with_devices(&[("a.toml", PANEL), ("c.toml", &everywhere), ("p.toml", &at_page)]),
        &expect![[r#"
            devices/c.toml:3:1: device c: `url`: device a (a.toml:3:1) listens at 127.0.0.1:5200 already, and only one of the two can: give one of them another port
            devices/p.toml:3:1: device p: `url`: `http.listen` (gateway.toml:1:1) listens at 127.0.0.1:18080 already, and only one of the two can: give one of them another port
            2 faults; nothing was applied"#]],
    );
}

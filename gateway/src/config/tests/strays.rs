//! What lies in a configuration folder beside its files, and links that lead nowhere.

use std::fs;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::process::Command;

use expect_test::expect;

use super::{CAMERA, GATEWAY, check_set, folder, load_here};

#[test]
fn what_editors_and_others_leave_is_named_and_not_read() {
    let dir = folder(GATEWAY, &[("cam-01.toml", CAMERA), ("example.toml.sample", "= not read")]);
    let camera = |name: &str| dir.path().join("cameras").join(name);
    for name in ["cam-01.toml~", ".cam-01.toml.swp", "4913", "#cam-01.toml#", "cam-01.toml.bak"] {
        fs::write(camera(name), "= no toml").unwrap();
    }
    fs::write(camera(".hidden.toml"), CAMERA).unwrap();
    fs::write(camera("cam-02.TOML"), CAMERA).unwrap();
    fs::write(camera("notes.txt"), "buy milk").unwrap();
    symlink("user@host.1234:1", camera(".#cam-01.toml")).unwrap(); // the lock of Emacs
    fs::create_dir(camera("old.toml")).unwrap();
    fs::create_dir(camera("..2026_11_29")).unwrap();
    for pipe in [camera("pipe.toml"), dir.path().join("ctl")] {
        assert!(Command::new("mkfifo").arg(pipe).status().unwrap().success());
    }
    let _socket = UnixListener::bind(camera("socket.toml")).unwrap();
    for name in ["Gateway.TOML", "gateway.toml.orig", "cam-03.toml", ".gateway.toml.swp"] {
        fs::write(dir.path().join(name), "= no toml").unwrap();
    }
    fs::create_dir(dir.path().join("certificates")).unwrap();
    fs::write(dir.path().join("README.md"), "# Ours").unwrap();
    check_set(
        &dir,
        &expect![[r#"
            warning: .gateway.toml.swp: not read: its name begins with a dot
            warning: Gateway.TOML: not read: its name must end in .toml, in small letters
            warning: cam-03.toml: not read: no file names it; a camera's file belongs into cameras/, a device's into devices/
            warning: cameras/#cam-01.toml#: not read: an editor or a person has left it
            warning: cameras/.#cam-01.toml: not read: its name begins with a dot
            warning: cameras/.cam-01.toml.swp: not read: its name begins with a dot
            warning: cameras/.hidden.toml: not read: its name begins with a dot
            warning: cameras/4913: not read: an editor or a person has left it
            warning: cameras/cam-01.toml.bak: not read: an editor or a person has left it
            warning: cameras/cam-01.toml~: not read: an editor or a person has left it
            warning: cameras/cam-02.TOML: not read: its name must end in .toml, in small letters
            warning: cameras/notes.txt: not read: its name does not end in .toml
            warning: cameras/old.toml: not read: this is a folder, not a file
            warning: cameras/pipe.toml: not read: this is a pipe (FIFO), not a file
            warning: cameras/socket.toml: not read: this is a socket, not a file
            warning: ctl: not read: this is a pipe (FIFO), not a file
            warning: gateway.toml.orig: not read: an editor or a person has left it
            sound"#]],
    );
    assert_eq!(load_here(dir.path()).unwrap().cameras.len(), 1);
}

#[test]
fn a_crowd_of_strays_is_cut_short() {
    let dir = folder(GATEWAY, &[("cam-01.toml", CAMERA)]);
    for number in 0..100 {
        fs::write(dir.path().join(format!("cameras/cam-01.toml.{number}.bak")), "").unwrap();
    }
    let warnings = load_here(dir.path()).unwrap().warnings;
    assert_eq!(warnings.len(), 21);
    assert!(
        warnings.iter().any(|it| it.to_string().ends_with("cameras: 80 more entries are not read"))
    );
}

#[test]
fn a_missing_folder_or_a_link_to_nothing_is_a_fault_and_removes_nothing() {
    let dir = folder(GATEWAY, &[("cam-01.toml", CAMERA)]);
    symlink("gone/cam-02.toml", dir.path().join("cameras/cam-02.toml")).unwrap();
    check_set(
        &dir,
        &expect![[r#"
        cameras/cam-02.toml: camera cam-02: cannot be read: this link leads to nothing
        1 fault; nothing was applied"#]],
    );
    fs::rename(dir.path().join("cameras"), dir.path().join("elsewhere")).unwrap();
    check_set(
        &dir,
        &expect![[r#"
        cameras: there is no such folder: make it, also if there is no camera yet
        1 fault; nothing was applied"#]],
    );
    symlink("unmounted", dir.path().join("cameras")).unwrap();
    check_set(
        &dir,
        &expect![[r#"
        cameras: there is no such folder: make it, also if there is no camera yet
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_city_file_that_leads_nowhere_is_no_city_without_it() {
    for name in ["types.toml", "calendar.toml", "grid.geojson"] {
        let gateway = format!("{GATEWAY}[city]\nfolder = \"city\"\n");
        let dir = folder(&gateway, &[("cam-01.toml", CAMERA)]);
        let city = dir.path().join("city");
        fs::create_dir(&city).unwrap();
        fs::write(city.join("city.toml"), "name = \"A\"\n").unwrap();
        symlink("..data/none", city.join(name)).unwrap();
        let said = load_here(dir.path()).unwrap_err().to_string();
        assert!(
            said.contains(&format!(
                "{name}: `folder` of [city], gateway.toml:12: cannot be read: "
            )) && said.contains("this link leads to nothing"),
            "{said}"
        );
    }
}

#[test]
fn files_of_windows_are_read_as_any_other() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let camera = CAMERA.replace("place =", "credentials_file = \"../login.toml\"\nplace =");
    let mqtt = "[mqtt]\nusername = \"gw\"\npassword_file = \"broker.password\"";
    let dir =
        folder(&windows(&GATEWAY.replace("[mqtt]", mqtt)), &[("cam-01.toml", &windows(&camera))]);
    for (name, text) in
        [("login.toml", "user = \"admin\"\npassword = \"s3cret\""), ("broker.password", "s3cret\n")]
    {
        fs::write(dir.path().join(name), windows(text)).unwrap();
        use std::os::unix::fs::PermissionsExt;
        fs::set_permissions(dir.path().join(name), fs::Permissions::from_mode(0o600)).unwrap();
    }
    check_set(&dir, &expect!["sound"]);
    let config = load_here(dir.path()).unwrap();
    let login = config.cameras[0].stream.credentials.as_ref().unwrap();
    assert_eq!((login.user.as_str(), login.password.as_str()), ("admin", "s3cret"));
    // The place of a fault is the same as without the mark.
    fs::write(dir.path().join("gateway.toml"), windows("a = 1\nb =\n")).unwrap();
    check_set(
        &dir,
        &expect![[r#"
        gateway.toml:2:4: not TOML: string values must be quoted, expected literal string
        1 fault; nothing was applied"#]],
    );
    let utf16: Vec<u8> = "\u{feff}a = 1".encode_utf16().flat_map(u16::to_le_bytes).collect();
    fs::write(dir.path().join("gateway.toml"), utf16).unwrap();
    check_set(
        &dir,
        &expect![[r#"
        gateway.toml:1:1: this is UTF-16 text: save it as UTF-8
        1 fault; nothing was applied"#]],
    );
}

#[test]
fn a_pipe_in_a_files_place_is_not_waited_for() {
    let camera = CAMERA.replace("place =", "credentials_file = \"../pipe\"\nplace =");
    let dir = folder(GATEWAY, &[("cam-01.toml", &camera)]);
    for name in ["pipe", "cameras/pipe.toml"] {
        assert!(Command::new("mkfifo").arg(dir.path().join(name)).status().unwrap().success());
    }
    check_set(
        &dir,
        &expect![[r#"
            cameras/cam-01.toml:4:1: camera cam-01: `credentials_file`: pipe cannot be read: this is a pipe (FIFO), not a file
            1 fault; nothing was applied"#]],
    );
    fs::remove_file(dir.path().join("gateway.toml")).unwrap();
    let made = Command::new("mkfifo").arg(dir.path().join("gateway.toml")).status().unwrap();
    assert!(made.success());
    let said = load_here(dir.path()).unwrap_err().to_string();
    assert!(said.contains("gateway.toml: cannot be read: this is a pipe (FIFO)"), "{said}");
}

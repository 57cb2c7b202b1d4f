//! The simulated doors are honest: a program that knows neither them nor us hears what they tell.

use std::process::Stdio;
use std::time::Duration;

use hw_sim::door::{
    BoundaryStyle, Dahua, DoorClock, DoorController, Habits, Happening, Isapi, OnvifDoor,
    OnvifHabits, Scheme, Tongue, What, Writing,
};
use tokio::io::{AsyncReadExt as _, BufReader};
use tokio::process::Command;
use tokio::time::timeout;

use super::site::{ANY, PASSWORD, USER, account};

/// What curl hears of a door until `last` has come.
async fn curl_hears(door: &DoorController, path: &str, last: &str) -> String {
    let mut curl = Command::new("curl")
        .args(["--globoff", "--silent", "--show-error", "--no-buffer", "--digest", "--include"])
        .args(["--user", &format!("{USER}:{PASSWORD}")])
        .arg(format!("http://{}{path}", door.address()))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("curl is installed");
    let mut output = BufReader::new(curl.stdout.take().expect("its output is ours"));
    let mut heard = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&heard).contains(last) {
            let read = output.read_buf(&mut heard).await.expect("curl speaks");
            assert!(read > 0, "curl ended after {}", String::from_utf8_lossy(&heard));
        }
    };
    timeout(Duration::from_secs(60), reading).await.expect("curl hears the last event");
    curl.kill().await.expect("curl is ours");
    String::from_utf8_lossy(&heard).into_owned()
}

async fn serve(tongue: impl Tongue, scheme: Scheme) -> DoorController {
    let door = DoorController::serve(ANY, tongue, Habits::default(), Some(account(scheme))).await;
    door.expect("the door listens on loopback")
}

#[tokio::test]
async fn curl_logs_in_to_hikvisions_door_and_hears_it() {
    for (writing, scheme) in [(Writing::Xml, Scheme::Md5), (Writing::Json, Scheme::Sha256)] {
        let door = serve(Isapi::new(BoundaryStyle::Plain, writing), scheme).await;
        door.happens(Happening::new(1, What::Granted));
        door.happens(Happening::new(7, What::Forced));
        let path = "/ISAPI/Event/notification/alertStream";
        let last = if writing == Writing::Xml { "<doorNo>7</doorNo>" } else { "\"doorNo\": 7" };
        let heard = curl_hears(&door, path, last).await;
        assert!(heard.contains("401 Unauthorized") && heard.contains("200 OK"), "{heard}");
        assert!(heard.contains("boundary=boundary") && heard.contains("--boundary\r\n"));
        assert!(heard.contains("image/jpeg") && heard.contains("欧阳小满"));
    }
}

#[tokio::test]
async fn curl_logs_in_to_dahuas_door_and_hears_it() {
    let door = serve(Dahua { has_company: true, has_serials: true }, Scheme::Md5).await;
    door.happens(Happening::new(3, What::Held));
    let path = "/cgi-bin/eventManager.cgi?action=attach&codes=[All]&heartbeat=5";
    let heard = curl_hears(&door, path, "Heartbeat").await;
    let event = "Code=DoorNotClosed;action=Start;index=2;data={";
    let heard = if heard.contains(event) { heard } else { curl_hears(&door, path, event).await };
    assert!(heard.contains("Code=TimeChange;action=Pulse"), "{heard}");
}

#[tokio::test]
async fn an_independent_onvif_client_subscribes_to_the_door_and_hears_it() {
    let credentials = hw_sim::camera::Credentials::new(USER, PASSWORD);
    // Its clock is wrong, and the client must ask for it.
    let habits = OnvifHabits { clock: DoorClock::Ahead(-86_400), ..OnvifHabits::default() };
    let door = OnvifDoor::serve(ANY, credentials, habits).await.expect("the door listens");
    door.happens(Happening::new(1, What::Opened));
    door.happens(Happening::new(2, What::Denied));
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.setup/onvif-client");
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/doors/onvif_client.py");
    let url = door.url();
    let port = url.rsplit(':').next().and_then(|it| it.split('/').next()).expect("it has a port");
    let client = Command::new("python3")
        .env("PYTHONPATH", folder)
        .args(["-B", script, "127.0.0.1", port, USER, PASSWORD, "2"])
        .kill_on_drop(true)
        .output();
    let output = timeout(Duration::from_secs(120), client).await.expect("the client ends");
    let output = output.expect("python3 is installed");
    let (told, why) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "run `make setup`? {why}");
    let opened =
        "tns1:Door/State/DoorPhysicalState Initialized ('DoorToken', 'door-1') ('State', 'Open')";
    assert!(told.contains(opened), "{told}");
    assert!(
        told.contains("CredentialNotFound/Card None ('AccessPointToken', 'access-2')"),
        "{told}"
    );
    assert_eq!(door.wrong(), 0, "it asks as we do");
}

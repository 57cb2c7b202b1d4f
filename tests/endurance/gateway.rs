//! A gateway without cameras: the real ledger and the real publisher.

use std::path::Path;
use std::time::Duration;

use hw_sim::play::LoadBroker;
use ledger::{Entry, Ledger};

use delivery::{
    BrokerAddress, DeviceState, DeviceStatus, Publisher, PublisherHandle, Settings, StatusBoard,
};

/// Settings towards this broker that lose no time.
pub(super) fn settings(broker: &LoadBroker, port: u16, id: &str) -> Settings {
    let address = BrokerAddress { tls: true, host: "localhost".into(), port };
    let mut settings = Settings::new(address, id, prefix(id));
    settings.ca_file = Some(broker.certificates.ca.clone());
    settings.reconnect_first = Duration::from_millis(50);
    settings.reconnect_cap = Duration::from_millis(500);
    settings
}

/// What its topics begin with.
pub(super) fn prefix(id: &str) -> String {
    format!("cg/v1/110117/001/003/{id}")
}

/// One box of the fleet.
pub(super) struct LightGateway {
    pub(super) ledger: Ledger,
    pub(super) publisher: PublisherHandle,
    board: StatusBoard,
}

impl LightGateway {
    /// Opens the ledger in `folder` and starts delivery.
    pub(super) fn start(folder: &Path, settings: Settings) -> Self {
        std::fs::create_dir_all(folder).unwrap();
        let ledger = Ledger::open(&folder.join("ledger.sqlite3")).unwrap();
        let board = StatusBoard::default();
        let publisher = Publisher::spawn(settings, ledger.clone(), board.clone(), None).unwrap();
        Self { ledger, publisher, board }
    }

    /// One step of one alert, durable.
    pub(super) fn record(&self, entry: Entry) {
        self.ledger.record(&[entry], None).unwrap();
        self.publisher.waker().wake();
    }

    /// The latest state of one device.
    pub(super) fn post(&self, device_id: &str, state: DeviceState) {
        let status = DeviceStatus { state, reason: None, last_frame_at: None };
        self.board.post(device_id, &status);
    }
}

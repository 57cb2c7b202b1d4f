//! A row of a sheet of cameras.

use std::collections::BTreeSet;

use crate::cell::{Schemes, picture_px};
use crate::choice::TRANSPORTS;
use crate::grid::Grids;
use crate::header::Field;
use crate::row::{RowReader, Told};
use crate::site::Site;

/// A camera, as far as a sheet says.
#[derive(Debug, Clone)]
pub(crate) struct StreetCamera {
    /// Its id and where that stands.
    pub(crate) id: Told<String>,
    /// Its row, and which fields of it are filled.
    pub(crate) row: Told<BTreeSet<Field>>,
    /// Its name as people say it.
    pub(crate) name: Option<String>,
    /// Its stream.
    pub(crate) url: Option<String>,
    /// How video travels.
    pub(crate) transport: Option<&'static str>,
    /// The file with user and password.
    pub(crate) credentials_file: Option<String>,
    /// Its code by GB/T 28181.
    pub(crate) gb_id: Option<String>,
    /// The picture that zone corners refer to.
    pub(crate) picture_px: Option<[i64; 2]>,
    /// Where it stands.
    pub(crate) site: Site,
}

const STREAM: Schemes = Schemes { allowed: &["rtsp", "rtsps"], bare: None, path: true, port: None };

impl StreetCamera {
    /// Reads a row. `is_file` knows whether a file of credentials is there.
    pub(crate) fn read(
        row: &mut RowReader<'_>,
        grids: &Grids<'_>,
        is_file: &dyn Fn(&str) -> bool,
    ) -> Option<Self> {
        row.no_password();
        if row.raw(Field::Username).is_some() {
            row.refuse::<()>(
                Field::Username,
                "a camera's user and password stand together in a file of their own: name that file in column 账号文件 (credentials_file)",
            );
        }
        if row
            .raw(Field::Protocol)
            .is_some_and(|text| !matches!(text.to_lowercase().as_str(), "rtsp" | "rtsps"))
        {
            row.refuse::<()>(Field::Protocol, "expected rtsp or rtsps: a camera is played by RTSP; `gridwhistle discover` finds the stream of an ONVIF camera");
        }
        let id = row.needed_id(Field::Id);
        let name = row.text(Field::Name, 64);
        let url = row.address(Field::Url, STREAM, "rtsp://192.0.2.10:554/Streaming/Channels/101");
        let transport = row.choice(Field::Transport, TRANSPORTS);
        let credentials_file = row.file(Field::CredentialsFile, is_file);
        let gb_id = row.digits(Field::GbId, &[20], "a GB/T 28181 code of 20 digits");
        let picture_px = row.raw(Field::Picture).map(picture_px).and_then(|found| {
            found.or_else(|| {
                row.refuse(Field::Picture, "expected width and height in pixels such as 1920x1080")
            })
        });
        let site = Site::read(row, grids);
        Some(Self {
            id: id?,
            row: row.whole_row(),
            name,
            url,
            transport,
            credentials_file,
            gb_id,
            picture_px,
            site,
        })
    }
}

//! What an import has to know of a configuration folder beside the files that it changes.

use std::path::Path;

use incident::GridMap;

use super::city_check::grid_map;
use super::document::Document;
use super::faults::{Fault, Faults};
use super::findings::Findings;
use super::gateway_file::GatewayFile;
use super::schema::FileSchema;

/// Where imported things may stand.
pub(crate) struct ImportGround {
    /// The gateway's county, 6 digits.
    pub(crate) county: String,
    /// The city's grid map, if the folder names a city that has one.
    pub(crate) grid_map: Option<GridMap>,
}

/// Reads it. The rest of the folder need not be whole: certificates may still be missing.
///
/// # Errors
/// Every fault of `gateway.toml` and of the map.
pub(crate) fn import_ground(folder: &Path) -> Result<ImportGround, Faults> {
    let one = |fault: Fault| Faults::sorted(vec![fault]);
    let mut document = Document::read(&folder.join("gateway.toml")).map_err(one)?;
    let (faults, _) = FileSchema::of::<GatewayFile>().check(&mut document);
    if !faults.is_empty() {
        return Err(Faults::sorted(faults));
    }
    let file: GatewayFile = document.decode().map_err(one)?;
    let mut findings = Findings::default();
    let city = file.city.map(|city| document.resolve(&city.folder));
    let grid_map = city.and_then(|city| grid_map(&city.join("grid.geojson"), &mut findings));
    match findings.faults.is_empty() {
        true => Ok(ImportGround { county: file.gateway.area.county, grid_map }),
        false => Err(Faults::sorted(findings.faults)),
    }
}

//! `gridwhistle calibrate`: how well a camera's ground plane fits.

mod report;

use std::path::PathBuf;

use anyhow::anyhow;
use clap::Parser;

use super::entry::{Subcommand, say};
use crate::config::{self, CalibratedCamera};
use crate::exit::{self, Stopped};

/// Fit a camera's ground plane to the points of its file and say how well they agree.
#[derive(Debug, Parser)]
#[command(name = "calibrate")]
pub(super) struct Calibrate {
    /// The camera's file, such as config/cameras/cam-01.toml.
    #[arg(long, value_name = "FILE")]
    camera: PathBuf,
}

impl Subcommand for Calibrate {
    fn run(self) -> Result<(), Stopped> {
        let camera = config::calibrate(&self.camera)
            .map_err(|faults| Stopped::new(exit::CONFIG, anyhow!("{faults}")))?;
        let CalibratedCamera { id, picture_px, pairs, calibration, warnings } = camera;
        let warnings: Vec<String> = warnings.iter().map(ToString::to_string).collect();
        say(&report::report(&id, picture_px, &pairs, &calibration, &warnings))
    }
}

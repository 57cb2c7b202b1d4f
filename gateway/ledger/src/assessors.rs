//! What the rules of each device must remember over a restart.

use rusqlite::{OptionalExtension, Transaction, params};

use crate::entry::AssessorState;
use crate::error::LedgerError;
use crate::store::{Durability, Ledger};

impl Ledger {
    /// Keeps the state of one assessor without a step of an alert.
    ///
    /// Does not wait for the disk, so that many cameras can save their state often. After a power
    /// cut the state may be an earlier one, but never older than the device's last alert step.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn save_assessor_state(&self, assessor: &AssessorState) -> Result<(), LedgerError> {
        self.save_assessor_states(std::slice::from_ref(assessor))
    }

    /// As [`Ledger::save_assessor_state`], of several assessors: all or none.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn save_assessor_states<'a>(
        &self,
        assessors: impl IntoIterator<Item = &'a AssessorState>,
    ) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| {
            assessors.into_iter().try_for_each(|assessor| save(transaction, assessor))
        })
    }

    /// The devices with a kept assessor state, in order: those of the last run's configuration
    /// and, until they are forgotten, of earlier ones.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn assessed_devices(&self) -> Result<Vec<String>, LedgerError> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT device_id FROM assessor ORDER BY device_id")?;
            let rows = statement.query_map([], |row| row.get(0))?;
            rows.collect()
        })
    }

    /// Removes the kept state of a device that no longer exists. Having none is no error.
    ///
    /// # Errors
    /// As [`Ledger::record`].
    pub fn forget_assessor(&self, device_id: &str) -> Result<(), LedgerError> {
        self.write(Durability::Kill, |transaction| {
            transaction
                .prepare_cached("DELETE FROM assessor WHERE device_id = ?1")?
                .execute([device_id])?;
            Ok(())
        })
    }

    /// The state last kept for this device.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn assessor_state(&self, device_id: &str) -> Result<Option<Vec<u8>>, LedgerError> {
        self.read(|connection| {
            connection
                .prepare_cached("SELECT state FROM assessor WHERE device_id = ?1")?
                .query_row([device_id], |row| row.get(0))
                .optional()
        })
    }
}

pub(crate) fn save(
    transaction: &Transaction<'_>,
    assessor: &AssessorState,
) -> rusqlite::Result<()> {
    transaction
        .prepare_cached(
            "INSERT INTO assessor (device_id, state) VALUES (?1, ?2) \
             ON CONFLICT (device_id) DO UPDATE SET state = excluded.state",
        )?
        .execute(params![assessor.device_id, assessor.state])?;
    Ok(())
}

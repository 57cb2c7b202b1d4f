//! What a device says, on its way to the ledger: kept with its serial number, at once, or not at all.

mod house;
mod keeping;
mod seeing;

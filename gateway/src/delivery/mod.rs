//! From the ledger to the broker: nothing leaves the disk before its PUBACK.

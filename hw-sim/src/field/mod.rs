//! Sensors in the field, simulated: each speaks its protocol as devices do, good and bad.

pub mod gb26875;
pub mod modbus;
pub mod mqtt;

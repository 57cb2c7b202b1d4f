//! The protocols of the field over the loopback: devices of `hw-sim`, and independent ones.

mod gb26875;
mod judge;
mod modbus;
mod mqtt;
mod peers;

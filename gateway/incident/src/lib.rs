//! What it means: zones, rules, life cycle and alerts. Pure: no clock, no disk, no network.

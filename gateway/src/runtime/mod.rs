//! What every long task needs: clock, backoff, shutdown.

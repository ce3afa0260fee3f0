//! Randomness for secrets, from the operating system.

use super::error::{Error, Result};

/// Fills 32 bytes with randomness fit for a secret.
///
/// # Errors
/// `internal` when the operating system has no randomness to give.
pub fn secret_bytes() -> Result<[u8; 32]> {
    let mut bytes = [0_u8; 32];
    getrandom::fill(&mut bytes).map_err(|cause| Error::internal("no randomness from the system").because(cause))?;
    Ok(bytes)
}

/// A node number for ids (0..1023) when none is configured.
///
/// # Errors
/// As [`secret_bytes`].
pub fn node_number() -> Result<u16> {
    let bytes = secret_bytes()?;
    Ok(u16::from_be_bytes([bytes[0], bytes[1]]) & 0x3ff)
}

//! Takes from the policy what the runtime itself enforces. The shim reads the rest.

use wasm2native_abi::policy::{DEFAULT_STACK_BYTES, RecordKind, Records};

/// The runtime's part of a policy.
pub(crate) struct Settings {
    /// The largest size in bytes of each linear memory.
    pub(crate) memory_bytes: u64,
    /// Size in bytes of the program's stack.
    pub(crate) stack_bytes: u64,
    /// The largest number of elements of each table.
    pub(crate) table_elements: u64,
    /// Nanoseconds after which the program is ended.
    pub(crate) timeout: Option<u64>,
    /// `RUNTIME_*`: what it does with its user's wishes and the program's exit code.
    pub(crate) runtime_flags: u16,
}

/// Reads an encoded policy.
///
/// # Errors
/// A sentence when any record is not understood: a program never runs under half of its policy.
pub(crate) fn decode(encoded: &[u8]) -> Result<Settings, &'static str> {
    const DAMAGED: &str = "the policy in this executable is damaged";
    let mut settings = Settings {
        memory_bytes: u64::MAX,
        stack_bytes: DEFAULT_STACK_BYTES,
        table_elements: u64::MAX,
        timeout: None,
        runtime_flags: 0,
    };
    for record in Records::new(encoded) {
        let record = record.map_err(|_| DAMAGED)?;
        match record.kind {
            RecordKind::MaximumMemory => settings.memory_bytes = record.number().ok_or(DAMAGED)?,
            RecordKind::MaximumStack => settings.stack_bytes = record.number().ok_or(DAMAGED)?,
            RecordKind::MaximumTable => settings.table_elements = record.number().ok_or(DAMAGED)?,
            RecordKind::Timeout => settings.timeout = Some(record.number().ok_or(DAMAGED)?),
            RecordKind::Runtime => settings.runtime_flags = record.flags,
            _ => {}
        }
    }
    Ok(settings)
}

#[cfg(test)]
mod tests {
    use super::*;
    use wasm2native_abi::policy::Record;

    fn encode(kind: RecordKind, bytes: &[u8]) -> Vec<u8> {
        let mut encoded = Vec::new();
        Record { kind, flags: 0, bytes }.encode(|part| encoded.extend_from_slice(part));
        encoded
    }

    #[test]
    fn limits_are_read() {
        let mut encoded = encode(RecordKind::MaximumMemory, &65536_u64.to_le_bytes());
        encoded.extend(encode(RecordKind::Argv0, b"name"));
        encoded.extend(encode(RecordKind::MaximumTable, &7_u64.to_le_bytes()));
        encoded.extend(encode(RecordKind::Timeout, &8_u64.to_le_bytes()));
        let settings = decode(&encoded).ok().unwrap();
        assert_eq!(settings.memory_bytes, 65536);
        assert_eq!(settings.stack_bytes, DEFAULT_STACK_BYTES);
        assert_eq!((settings.table_elements, settings.timeout), (7, Some(8)));
    }

    #[test]
    fn damage_is_refused() {
        let encoded = encode(RecordKind::MaximumStack, &[0; 7]);
        assert!(decode(&encoded).is_err());
        let encoded = encode(RecordKind::Argv0, b"name");
        assert!(decode(&encoded[..encoded.len() - 1]).is_err());
        assert!(decode(&[0xff; 8]).is_err());
    }
}

//! Hands out stubs: decompressed, and compared with the hash that was recorded when they were built.

use crate::Target;
use crate::target::EMBEDDED;
use sha2::{Digest, Sha256};

/// No stub is larger than this; a damaged one must not fill the memory.
const MAXIMUM_BYTES: usize = 16 << 20;

/// A stub that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StubError {
    /// This build of the compiler carries none.
    #[error("this build of wasm2native has no stub for {target}")]
    Absent {
        /// The target's name.
        target: String,
    },
    /// What the compiler carries is not what was built.
    #[error("the stub for {target} is damaged")]
    Damaged {
        /// The target's name.
        target: String,
    },
}

impl Target {
    /// The executable that programs for this target are linked into.
    ///
    /// # Errors
    /// [`StubError`] when this build has none, or not the one that was recorded.
    pub fn stub(&self) -> Result<Vec<u8>, StubError> {
        self.verified(EMBEDDED[self.position].stub)
    }

    /// As [`Self::stub`], of the variant that runs a script of the test suite.
    ///
    /// # Errors
    /// As [`Self::stub`].
    #[cfg(feature = "wast")]
    pub fn wast_stub(&self) -> Result<Vec<u8>, StubError> {
        self.verified(EMBEDDED[self.position].wast_stub)
    }

    /// As [`Self::stub`], of the variant with a planted hole.
    ///
    /// # Errors
    /// As [`Self::stub`].
    #[cfg(feature = "hole")]
    pub fn hole_stub(&self) -> Result<Vec<u8>, StubError> {
        self.verified(EMBEDDED[self.position].hole_stub)
    }

    fn verified(&self, embedded: Option<(&[u8], [u8; 32])>) -> Result<Vec<u8>, StubError> {
        let (compressed, hash) =
            embedded.ok_or_else(|| StubError::Absent { target: self.name.clone() })?;
        let damaged = || StubError::Damaged { target: self.name.clone() };
        let stub =
            miniz_oxide::inflate::decompress_to_vec_zlib_with_limit(compressed, MAXIMUM_BYTES)
                .map_err(|_| damaged())?;
        if <[u8; 32]>::from(Sha256::digest(&stub)) != hash {
            return Err(damaged());
        }
        Ok(stub)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_target_has_the_stub_that_was_recorded() {
        let failures: Vec<String> = crate::all()
            .iter()
            .filter_map(|target| Some(target.stub().err()?.to_string()))
            .collect();
        assert!(failures.is_empty(), "{}", failures.join("\n"));
    }

    #[test]
    fn a_damaged_stub_is_refused() {
        let target = &crate::all()[0];
        let compressed = miniz_oxide::deflate::compress_to_vec_zlib(b"stub", 6);
        let hash = Sha256::digest(b"stub").into();
        assert_eq!(target.verified(Some((&compressed, hash))), Ok(b"stub".to_vec()));
        let damaged = Err(StubError::Damaged { target: target.name.clone() });
        assert_eq!(target.verified(Some((&compressed, [0; 32]))), damaged);
        assert_eq!(target.verified(Some((&compressed[..3], hash))), damaged);
        let absent = Err(StubError::Absent { target: target.name.clone() });
        assert_eq!(target.verified(None), absent);
    }
}

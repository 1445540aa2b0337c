//! Sets of host calls: what a program imports, as its policy records it.
//!
//! Source of the encoding: `abi::policy`, `RecordKind::HostCalls`.

use wasm2native_abi::wasi::PREVIEW1;

/// A set of functions of [`PREVIEW1`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct HostCalls([u8; PREVIEW1.len().div_ceil(8)]);

impl HostCalls {
    /// All of them.
    pub(crate) fn all() -> Self {
        let mut set = Self::default();
        (0..PREVIEW1.len()).for_each(|index| set.insert(index));
        set
    }

    /// The set with the functions of these names.
    #[cfg(test)]
    pub(crate) fn named(names: &[&str]) -> Self {
        let mut set = Self::default();
        for name in names {
            set.insert(wasm2native_abi::wasi::preview1_index(name).expect("a function of WASI"));
        }
        set
    }

    /// The set that a record's bytes are. Bits of functions that this version does not have are none.
    pub(crate) fn from_bytes(bytes: &[u8]) -> Self {
        let mut set = Self::default();
        for index in 0..PREVIEW1.len() {
            if bytes.get(index / 8).is_some_and(|byte| byte >> (index % 8) & 1 != 0) {
                set.insert(index);
            }
        }
        set
    }

    /// A record's bytes.
    pub(crate) fn as_bytes(&self) -> &[u8] {
        &self.0
    }

    /// Adds the function at `index` of [`PREVIEW1`].
    pub(crate) fn insert(&mut self, index: usize) {
        self.0[index / 8] |= 1 << (index % 8);
    }

    /// The names of its functions, in the order of [`PREVIEW1`].
    pub(crate) fn names(self) -> impl Iterator<Item = &'static str> {
        let has = move |index: usize| self.0[index / 8] >> (index % 8) & 1 != 0;
        (0..PREVIEW1.len()).filter(move |&index| has(index)).map(|index| PREVIEW1[index].name)
    }
}

#[cfg(test)]
mod tests {
    use super::HostCalls;

    #[test]
    fn what_is_recorded_is_read() {
        let set = HostCalls::named(&["args_get", "path_open", "sock_shutdown"]);
        assert_eq!(HostCalls::from_bytes(set.as_bytes()), set);
        assert_eq!(set.names().collect::<Vec<_>>(), ["args_get", "path_open", "sock_shutdown"]);
        assert_eq!(HostCalls::from_bytes(&[]), HostCalls::default());
        assert_eq!(HostCalls::from_bytes(&[0xff; 100]), HostCalls::all());
    }
}

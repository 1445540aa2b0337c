//! A map from small integers to what one function has declared for them, emptied in constant time.
//!
//! It stands alone because translation asks it once for every call: hashing would show. Invariant: an
//! element is valid only while its stamp is the current one.

/// The map.
pub(super) struct Stamped<T> {
    elements: Vec<(u32, Option<T>)>,
    stamp: u32,
}

impl<T> Default for Stamped<T> {
    fn default() -> Self {
        Self { elements: Vec::new(), stamp: 1 }
    }
}

impl<T: Copy> Stamped<T> {
    /// Forgets everything.
    pub(super) fn clear(&mut self) {
        match self.stamp.checked_add(1) {
            Some(stamp) => self.stamp = stamp,
            None => *self = Self::default(),
        }
    }

    /// What was set for `key` since the last [`Self::clear`].
    pub(super) fn get(&self, key: usize) -> Option<T> {
        self.elements.get(key).filter(|element| element.0 == self.stamp)?.1
    }

    /// Sets what `key` maps to.
    pub(super) fn set(&mut self, key: usize, value: T) {
        if self.elements.len() <= key {
            self.elements.resize_with(key + 1, || (0, None));
        }
        self.elements[key] = (self.stamp, Some(value));
    }
}

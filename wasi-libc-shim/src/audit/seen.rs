//! Which events were already told of, in bounded space.

use super::Event;

/// A power of two. Three quarters of so many events are told of.
const PLACES: usize = 4096;

/// A set of the hashes of events; two that share one count as one.
pub(crate) struct Seen {
    hashes: Vec<u64>,
    count: usize,
}

impl Seen {
    pub(crate) const fn new() -> Self {
        Self { hashes: Vec::new(), count: 0 }
    }

    /// Makes room, once.
    pub(crate) fn reserve(&mut self) {
        self.hashes.resize(PLACES, 0);
    }

    /// No event is new any more.
    pub(crate) fn is_full(&self) -> bool {
        self.count >= PLACES / 4 * 3
    }

    /// Whether the event was not there yet; it is from now on.
    pub(crate) fn is_new(&mut self, event: &Event) -> bool {
        let hash = hash(event);
        let mut index = hash as usize % PLACES;
        while let Some(place) = self.hashes.get_mut(index) {
            if *place == hash {
                return false;
            }
            if *place == 0 {
                if self.count >= PLACES / 4 * 3 {
                    return false;
                }
                *place = hash;
                self.count += 1;
                return true;
            }
            index = (index + 1) % PLACES;
        }
        false
    }
}

/// FNV-1a, 64 bits (<http://www.isthe.com/chongo/tech/comp/fnv/>); never 0.
fn hash(event: &Event) -> u64 {
    let refused = event.refused.map_or(0xff, |reason| reason as u8);
    let head = [event.subject as u8, event.action as u8, event.access as u8, refused];
    let source = event.source.index().map_or([0xff; 2], u16::to_le_bytes);
    let hash = head
        .iter()
        .chain(&source)
        .chain(&event.path)
        .fold(0xcbf2_9ce4_8422_2325_u64, |hash, &byte| {
            (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
        });
    hash.max(1)
}

//! Index spaces, one type each, so that a function index is never taken for a type index
//! (core specification, 2.5.1).

macro_rules! index {
    ($($(#[$doc:meta])* $name:ident)*) => {$(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name(u32);

        impl $name {
            /// The index with this number.
            pub fn from_u32(index: u32) -> Self {
                Self(index)
            }

            /// The index of position `position` of a list.
            ///
            /// # Panics
            /// When it does not fit 32 bits, which validation excludes for every index space.
            pub fn from_position(position: usize) -> Self {
                Self(u32::try_from(position).expect("index spaces are limited to 32 bits"))
            }

            /// The number.
            pub fn as_u32(self) -> u32 {
                self.0
            }

            /// The position in a list of all items of the index space.
            pub fn position(self) -> usize {
                self.0 as usize
            }
        }
    )*};
}

index! {
    /// Of a type.
    TypeIndex
    /// Of a function, imported ones first.
    FuncIndex
    /// Of a function that the module defines.
    DefinedFuncIndex
    /// Of a table, imported ones first.
    TableIndex
    /// Of a memory, imported ones first.
    MemoryIndex
    /// Of a global, imported ones first.
    GlobalIndex
    /// Of an element segment.
    ElementIndex
    /// Of a data segment.
    DataIndex
    /// Of an import, of whatever type, in the order of the import section.
    ImportIndex
}

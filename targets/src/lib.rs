//! Target descriptions and their prebuilt stubs. Knows nothing of WebAssembly or of object files.

mod architecture;

pub use architecture::Architecture;

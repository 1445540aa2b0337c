//! The table of WASI's functions: names, signatures and symbols.
//!
//! One table for the compiler (which imports exist, and with which signature), the stub (the order of
//! its functions) and the shim: those of preview 1, then the few that preview 0 has otherwise. Sources:
//! the `witx` descriptions of `wasi_snapshot_preview1` and `wasi_unstable`.

use crate::program::ValueType::{self, I32, I64};

/// The module name of WASI preview 1's functions.
pub const PREVIEW1_MODULE: &str = "wasi_snapshot_preview1";
/// The module name of WASI preview 0's functions.
pub const UNSTABLE_MODULE: &str = "wasi_unstable";

/// A function that programs import from WASI.
#[derive(Clone, Copy, Debug)]
pub struct WasiFunction {
    /// The import's field name.
    pub name: &'static str,
    /// Its symbol in object files.
    pub symbol: &'static str,
    /// Its parameters.
    pub parameters: &'static [ValueType],
    /// Whether it returns an `errno` as an `i32`; `proc_exit` does not return.
    pub returns_errno: bool,
}

const fn function(
    name: &'static str,
    symbol: &'static str,
    parameters: &'static [ValueType],
    returns_errno: bool,
) -> WasiFunction {
    WasiFunction { name, symbol, parameters, returns_errno }
}

/// All functions of `wasi_snapshot_preview1`; their order is part of the ABI.
pub const PREVIEW1: [WasiFunction; 46] = [
    function("args_get", "w2n_wasi_args_get", &[I32, I32], true),
    function("args_sizes_get", "w2n_wasi_args_sizes_get", &[I32, I32], true),
    function("environ_get", "w2n_wasi_environ_get", &[I32, I32], true),
    function("environ_sizes_get", "w2n_wasi_environ_sizes_get", &[I32, I32], true),
    function("clock_res_get", "w2n_wasi_clock_res_get", &[I32, I32], true),
    function("clock_time_get", "w2n_wasi_clock_time_get", &[I32, I64, I32], true),
    function("fd_advise", "w2n_wasi_fd_advise", &[I32, I64, I64, I32], true),
    function("fd_allocate", "w2n_wasi_fd_allocate", &[I32, I64, I64], true),
    function("fd_close", "w2n_wasi_fd_close", &[I32], true),
    function("fd_datasync", "w2n_wasi_fd_datasync", &[I32], true),
    function("fd_fdstat_get", "w2n_wasi_fd_fdstat_get", &[I32, I32], true),
    function("fd_fdstat_set_flags", "w2n_wasi_fd_fdstat_set_flags", &[I32, I32], true),
    function("fd_fdstat_set_rights", "w2n_wasi_fd_fdstat_set_rights", &[I32, I64, I64], true),
    function("fd_filestat_get", "w2n_wasi_fd_filestat_get", &[I32, I32], true),
    function("fd_filestat_set_size", "w2n_wasi_fd_filestat_set_size", &[I32, I64], true),
    function(
        "fd_filestat_set_times",
        "w2n_wasi_fd_filestat_set_times",
        &[I32, I64, I64, I32],
        true,
    ),
    function("fd_pread", "w2n_wasi_fd_pread", &[I32, I32, I32, I64, I32], true),
    function("fd_prestat_get", "w2n_wasi_fd_prestat_get", &[I32, I32], true),
    function("fd_prestat_dir_name", "w2n_wasi_fd_prestat_dir_name", &[I32, I32, I32], true),
    function("fd_pwrite", "w2n_wasi_fd_pwrite", &[I32, I32, I32, I64, I32], true),
    function("fd_read", "w2n_wasi_fd_read", &[I32, I32, I32, I32], true),
    function("fd_readdir", "w2n_wasi_fd_readdir", &[I32, I32, I32, I64, I32], true),
    function("fd_renumber", "w2n_wasi_fd_renumber", &[I32, I32], true),
    function("fd_seek", "w2n_wasi_fd_seek", &[I32, I64, I32, I32], true),
    function("fd_sync", "w2n_wasi_fd_sync", &[I32], true),
    function("fd_tell", "w2n_wasi_fd_tell", &[I32, I32], true),
    function("fd_write", "w2n_wasi_fd_write", &[I32, I32, I32, I32], true),
    function("path_create_directory", "w2n_wasi_path_create_directory", &[I32, I32, I32], true),
    function("path_filestat_get", "w2n_wasi_path_filestat_get", &[I32, I32, I32, I32, I32], true),
    function(
        "path_filestat_set_times",
        "w2n_wasi_path_filestat_set_times",
        &[I32, I32, I32, I32, I64, I64, I32],
        true,
    ),
    function("path_link", "w2n_wasi_path_link", &[I32, I32, I32, I32, I32, I32, I32], true),
    function(
        "path_open",
        "w2n_wasi_path_open",
        &[I32, I32, I32, I32, I32, I64, I64, I32, I32],
        true,
    ),
    function("path_readlink", "w2n_wasi_path_readlink", &[I32, I32, I32, I32, I32, I32], true),
    function("path_remove_directory", "w2n_wasi_path_remove_directory", &[I32, I32, I32], true),
    function("path_rename", "w2n_wasi_path_rename", &[I32, I32, I32, I32, I32, I32], true),
    function("path_symlink", "w2n_wasi_path_symlink", &[I32, I32, I32, I32, I32], true),
    function("path_unlink_file", "w2n_wasi_path_unlink_file", &[I32, I32, I32], true),
    function("poll_oneoff", "w2n_wasi_poll_oneoff", &[I32, I32, I32, I32], true),
    function("proc_exit", "w2n_wasi_proc_exit", &[I32], false),
    function("proc_raise", "w2n_wasi_proc_raise", &[I32], true),
    function("sched_yield", "w2n_wasi_sched_yield", &[], true),
    function("random_get", "w2n_wasi_random_get", &[I32, I32], true),
    function("sock_accept", "w2n_wasi_sock_accept", &[I32, I32, I32], true),
    function("sock_recv", "w2n_wasi_sock_recv", &[I32, I32, I32, I32, I32, I32], true),
    function("sock_send", "w2n_wasi_sock_send", &[I32, I32, I32, I32, I32], true),
    function("sock_shutdown", "w2n_wasi_sock_shutdown", &[I32, I32], true),
];

/// The functions of `wasi_unstable` that differ from their namesakes in [`PREVIEW1`]: in the numbers of
/// `whence`, the bytes of a `filestat` or those of a `subscription`. The others are the same functions,
/// but for `sock_accept`, which is younger.
pub const UNSTABLE: [WasiFunction; 4] = [
    function("fd_filestat_get", "w2n_wasi_unstable_fd_filestat_get", &[I32, I32], true),
    function("fd_seek", "w2n_wasi_unstable_fd_seek", &[I32, I64, I32, I32], true),
    function(
        "path_filestat_get",
        "w2n_wasi_unstable_path_filestat_get",
        &[I32, I32, I32, I32, I32],
        true,
    ),
    function("poll_oneoff", "w2n_wasi_unstable_poll_oneoff", &[I32, I32, I32, I32], true),
];

/// How many functions there are: those of [`PREVIEW1`] and behind them those of [`UNSTABLE`].
pub const COUNT: usize = PREVIEW1.len() + UNSTABLE.len();

/// The function at `index` among all [`COUNT`], if any.
pub const fn at(index: usize) -> Option<&'static WasiFunction> {
    if index < PREVIEW1.len() {
        Some(&PREVIEW1[index])
    } else if index < COUNT {
        Some(&UNSTABLE[index - PREVIEW1.len()])
    } else {
        None
    }
}

/// The index in [`PREVIEW1`] of the function with this name, if any.
pub fn preview1_index(name: &str) -> Option<usize> {
    PREVIEW1.iter().position(|function| function.name == name)
}

/// Whether functions of WASI are imported from this module.
pub fn is_module(module: &str) -> bool {
    module == PREVIEW1_MODULE || module == UNSTABLE_MODULE
}

/// The index among all [`COUNT`] of the function that is imported by these names, if any.
pub fn import_index(module: &str, name: &str) -> Option<usize> {
    if module == UNSTABLE_MODULE {
        if name == "sock_accept" {
            return None;
        }
        if let Some(position) = UNSTABLE.iter().position(|function| function.name == name) {
            return Some(PREVIEW1.len() + position);
        }
    }
    if is_module(module) { preview1_index(name) } else { None }
}

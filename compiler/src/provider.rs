//! An import that this tool does not provide, to who does: toolchains and hosts are recognised by the
//! names that they give to imports, so that the message can say what to change.
//!
//! Stands alone because it is a table of knowledge about others. Sources: WASIX's and WASI's
//! repositories, wasm-ld's and the tool conventions' documentation on dynamic linking, emscripten's
//! `libcore`, wasm-bindgen's, Go's, AssemblyScript's and the named hosts' own documentation.

/// Who provides an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Provider {
    /// A relative clause behind the imports' names.
    pub clause: &'static str,
    /// What they are, to follow "it is" or "they are"; empty when the clause says all.
    pub identity: &'static str,
    /// What to do.
    pub hint: &'static str,
}

const REBUILD: &str = "rebuild with a WASI target, for example `--target wasm32-wasip1`";

macro_rules! providers {
    ($($name:ident: $clause:literal, $identity:literal, $hint:expr;)*) => {
        $(const $name: Provider = Provider { clause: $clause, identity: $identity, hint: $hint };)*
    };
}

providers! {
    WASIX: "which no WASI version has", "WASIX, Wasmer's own", REBUILD;
    NOT_IN_PREVIEW0: "which WASI's preview 0 does not have",
        "from a later WASI, or an extension of some other runtime", REBUILD;
    THREADS: "which starts threads", "the wasi-threads proposal",
        "rebuild without threads: `--target wasm32-wasip1`, not `wasm32-wasip1-threads`";
    NEURAL: "which runs neural networks on the host", "the wasi-nn proposal",
        "link an inference library into the program instead";
    CRYPTOGRAPHY: "which no WASI version has", "the former wasi-crypto proposal",
        "link a cryptography library into the program instead";
    NOT_IN_PREVIEW1: "which WASI 0.1 does not have", "an extension of some other runtime", REBUILD;
    COMPONENT_CORE: "which only a component can import", "an interface of WASI 0.2 or later",
        "this is the core module inside a component; rebuild with `--target wasm32-wasip1`";
    EMSCRIPTEN: "which JavaScript is to provide", "emscripten's own runtime",
        "link with `emcc -sSTANDALONE_WASM -sPURE_WASI`, or build with wasi-sdk";
    EMSCRIPTEN_EXCEPTIONS: "which JavaScript is to provide", "emscripten's exceptions and `longjmp`",
        "rebuild with `-sSUPPORT_LONGJMP=0 -fno-exceptions`, or with wasi-sdk";
    EMSCRIPTEN_MINIFIED: "which JavaScript is to provide", "probably emscripten's, minified",
        "link with `emcc -sSTANDALONE_WASM -sPURE_WASI`, or build with wasi-sdk";
    BINDGEN: "which JavaScript is to provide", "wasm-bindgen's glue",
        "build for a WASI target, `cargo build --target wasm32-wasip1`, without wasm-bindgen or wasm-pack";
    GO_JS: "which JavaScript is to provide", "Go's `js` system",
        "rebuild with `GOOS=wasip1 GOARCH=wasm`";
    ASSEMBLYSCRIPT: "which JavaScript is to provide", "AssemblyScript's default host",
        "rebuild with `@assemblyscript/wasi-shim`: `asc --config ./node_modules/@assemblyscript/wasi-shim/asconfig.json`";
    JAVASCRIPT: "which JavaScript is to provide", "made for a browser or Node.js", REBUILD;
    SPECTEST: "which only WebAssembly's test suite provides", "the suite's host module",
        "remove the import, or run the file with a test runner";
    DYNAMIC_LIBRARY: "which a dynamic loader is to provide", "part of a shared library's interface",
        "link the program statically: without `-shared`, `-sSIDE_MODULE` or `-pie`";
    IMPORTED_MEMORY: "which the host is to create", "a memory made outside",
        "link without `--import-memory`, so that the program defines and exports its own memory";
    PROXY_WASM: "which a proxy is to provide", "proxy-wasm's interface, for Envoy and others", REBUILD;
    FASTLY: "which an edge service is to provide", "Fastly Compute's interface", REBUILD;
    EXTISM: "which a plug-in host is to provide", "Extism's interface", REBUILD;
    WAPC: "which a plug-in host is to provide", "waPC's interface", REBUILD;
    HTTP_HANDLER: "which a web server is to provide", "http-wasm's interface", REBUILD;
    BLOCKCHAIN: "which a blockchain is to provide", "a smart contract's interface", REBUILD;
    NO_PROCESSES: "which WASI does not have", "a function of processes",
        "leave that part of the program out: WASI programs cannot start others";
    NO_SOCKETS: "which WASI 0.1 does not have", "a function of sockets",
        "leave that part of the program out: WASI 0.1 programs cannot open connections";
    NO_EXCEPTIONS: "which its own link left undefined", "the C++ exceptions' runtime",
        "compile with `-fno-exceptions`, or link the exception support of wasi-sdk";
    NO_LONGJMP: "which its own link left undefined", "`setjmp` without its support library",
        "compile with `-mllvm -wasm-enable-sjlj` and link with `-lsetjmp`";
    EMULATED_MMAN: "which its own link left undefined", "in wasi-libc's emulation of `mmap`",
        "compile with `-D_WASI_EMULATED_MMAN` and link with `-lwasi-emulated-mman`";
    EMULATED_SIGNAL: "which its own link left undefined", "in wasi-libc's emulation of signals",
        "compile with `-D_WASI_EMULATED_SIGNAL` and link with `-lwasi-emulated-signal`";
    EMULATED_GETPID: "which its own link left undefined", "in wasi-libc's emulation of `getpid`",
        "compile with `-D_WASI_EMULATED_GETPID` and link with `-lwasi-emulated-getpid`";
    EMULATED_CLOCKS: "which its own link left undefined", "in wasi-libc's emulation of process clocks",
        "compile with `-D_WASI_EMULATED_PROCESS_CLOCKS` and link with `-lwasi-emulated-process-clocks`";
    UNDEFINED_SYMBOL: "which nobody provides", "probably a symbol that its linker left undefined",
        "define it or link the library that does, and link without `--allow-undefined`";
    UNKNOWN: "which is unknown here", "from a host of its own", REBUILD;
}

/// Names in the module `env` that say where they come from: exact, or a prefix when they end in `*`.
const ENVIRONMENT_NAMES: [(&str, Provider); 61] = [
    ("emscripten_*", EMSCRIPTEN),
    ("_emscripten_*", EMSCRIPTEN),
    ("__syscall_*", EMSCRIPTEN),
    ("_abort_js", EMSCRIPTEN),
    ("_tzset_js", EMSCRIPTEN),
    ("_localtime_js", EMSCRIPTEN),
    ("_mmap_js", EMSCRIPTEN),
    ("_embind_*", EMSCRIPTEN),
    ("_emval_*", EMSCRIPTEN),
    ("gl*", EMSCRIPTEN),
    ("SDL_*", EMSCRIPTEN),
    ("setTempRet0", EMSCRIPTEN),
    ("getTempRet0", EMSCRIPTEN),
    ("__assert_fail", EMSCRIPTEN),
    ("invoke_*", EMSCRIPTEN_EXCEPTIONS),
    ("__resumeException", EMSCRIPTEN_EXCEPTIONS),
    ("_emscripten_throw_longjmp", EMSCRIPTEN_EXCEPTIONS),
    ("__cxa_find_matching_catch_*", EMSCRIPTEN_EXCEPTIONS),
    ("seed", ASSEMBLYSCRIPT),
    ("trace", ASSEMBLYSCRIPT),
    ("console.*", ASSEMBLYSCRIPT),
    ("Date.now", ASSEMBLYSCRIPT),
    ("syscall/js.*", GO_JS),
    ("__memory_base", DYNAMIC_LIBRARY),
    ("__table_base", DYNAMIC_LIBRARY),
    ("__stack_pointer", DYNAMIC_LIBRARY),
    ("__indirect_function_table", DYNAMIC_LIBRARY),
    ("proxy_*", PROXY_WASM),
    ("__cxa_*", NO_EXCEPTIONS),
    ("_Unwind_*", NO_EXCEPTIONS),
    ("setjmp", NO_LONGJMP),
    ("longjmp", NO_LONGJMP),
    ("__wasm_setjmp*", NO_LONGJMP),
    ("__wasm_longjmp", NO_LONGJMP),
    ("pthread_*", THREADS),
    ("fork", NO_PROCESSES),
    ("vfork", NO_PROCESSES),
    ("exec*", NO_PROCESSES),
    ("posix_spawn*", NO_PROCESSES),
    ("system", NO_PROCESSES),
    ("popen", NO_PROCESSES),
    ("pclose", NO_PROCESSES),
    ("wait", NO_PROCESSES),
    ("waitpid", NO_PROCESSES),
    ("pipe", NO_PROCESSES),
    ("kill", NO_PROCESSES),
    ("dlopen", DYNAMIC_LIBRARY),
    ("dlsym", DYNAMIC_LIBRARY),
    ("socket", NO_SOCKETS),
    ("connect", NO_SOCKETS),
    ("bind", NO_SOCKETS),
    ("listen", NO_SOCKETS),
    ("getaddrinfo", NO_SOCKETS),
    ("gethostbyname", NO_SOCKETS),
    ("mmap", EMULATED_MMAN),
    ("munmap", EMULATED_MMAN),
    ("signal", EMULATED_SIGNAL),
    ("raise", EMULATED_SIGNAL),
    ("getpid", EMULATED_GETPID),
    ("clock", EMULATED_CLOCKS),
    ("times", EMULATED_CLOCKS),
];

/// Names of modules that say where they come from: exact, or a prefix when they end in `*`.
const MODULE_NAMES: [(&str, Provider); 37] = [
    ("wasix_32v1", WASIX),
    ("wasix_64v1", WASIX),
    ("wasi_unstable", NOT_IN_PREVIEW0),
    ("wasi_snapshot_preview1", NOT_IN_PREVIEW1),
    ("wasi_nn", NEURAL),
    ("wasi_ephemeral_nn", NEURAL),
    ("wasi_ephemeral_crypto*", CRYPTOGRAPHY),
    ("wasi_ephemeral_*", NOT_IN_PREVIEW1),
    ("wasmedge_*", NOT_IN_PREVIEW1),
    ("wasm:js*", JAVASCRIPT),
    ("wasi:*", COMPONENT_CORE),
    ("cm32p2*", COMPONENT_CORE),
    ("[export]*", COMPONENT_CORE),
    ("wbg", BINDGEN),
    ("__wbindgen_*", BINDGEN),
    ("gojs", GO_JS),
    ("go", GO_JS),
    ("asm2wasm", EMSCRIPTEN),
    ("global.Math", EMSCRIPTEN),
    ("GOT.mem", DYNAMIC_LIBRARY),
    ("GOT.func", DYNAMIC_LIBRARY),
    ("spectest", SPECTEST),
    ("js", JAVASCRIPT),
    ("console", JAVASCRIPT),
    ("Math", JAVASCRIPT),
    ("Date", JAVASCRIPT),
    ("Reflect", JAVASCRIPT),
    ("imports", JAVASCRIPT),
    ("index", JAVASCRIPT),
    ("fastly_*", FASTLY),
    ("extism:*", EXTISM),
    ("wapc", WAPC),
    ("http_handler", HTTP_HANDLER),
    ("seal*", BLOCKCHAIN),
    ("vm_hooks", BLOCKCHAIN),
    ("ic0", BLOCKCHAIN),
    ("near", BLOCKCHAIN),
];

/// What is imported, as far as recognition needs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// A function with so many parameters.
    Function {
        /// How many.
        parameters: usize,
    },
    /// A memory.
    Memory,
    /// A table or a global.
    Other,
}

/// Who provides the import `module.name`.
pub(crate) fn recognise(module: &str, name: &str, shape: Shape) -> Provider {
    if shape == Shape::Memory {
        return IMPORTED_MEMORY;
    }
    if (module, name) == ("wasi", "thread-spawn") {
        return THREADS;
    }
    if let Some(provider) = look_up(&MODULE_NAMES, module) {
        return provider;
    }
    if module.ends_with(".js") || module.ends_with(".mjs") || module.ends_with(".ts") {
        return if module.ends_with("_bg.js") { BINDGEN } else { JAVASCRIPT };
    }
    if module.contains(':') && module.contains('/') {
        return COMPONENT_CORE;
    }
    if module == "env" {
        if name == "abort" {
            // AssemblyScript passes message, file, line and column; emscripten nothing.
            let Shape::Function { parameters } = shape else { return UNDEFINED_SYMBOL };
            return if parameters == 4 { ASSEMBLYSCRIPT } else { EMSCRIPTEN };
        }
        return look_up(&ENVIRONMENT_NAMES, name).unwrap_or(match shape {
            Shape::Function { .. } => UNDEFINED_SYMBOL,
            _ => DYNAMIC_LIBRARY,
        });
    }
    if module == "a" && name.len() <= 3 {
        return EMSCRIPTEN_MINIFIED;
    }
    UNKNOWN
}

fn look_up(table: &[(&str, Provider)], name: &str) -> Option<Provider> {
    let fits = |pattern: &str| match pattern.strip_suffix('*') {
        Some(prefix) => name.starts_with(prefix),
        None => name == pattern,
    };
    let exact = table.iter().find(|(pattern, _)| *pattern == name);
    exact.or_else(|| table.iter().find(|(pattern, _)| fits(pattern))).map(|(_, provider)| *provider)
}

#[cfg(test)]
mod tests {
    use super::{Shape, recognise};

    fn identity(module: &str, name: &str, parameters: usize) -> &'static str {
        recognise(module, name, Shape::Function { parameters }).identity
    }

    #[test]
    fn hosts_are_recognised_by_module() {
        assert!(identity("wasix_32v1", "fd_dup", 2).contains("WASIX"));
        assert!(identity("wasi_unstable", "sock_accept", 3).contains("later WASI"));
        assert!(identity("wasi", "thread-spawn", 1).contains("wasi-threads"));
        assert!(identity("wasi_ephemeral_nn", "load", 5).contains("wasi-nn"));
        assert!(
            identity("__wbindgen_placeholder__", "__wbindgen_throw", 2).contains("wasm-bindgen")
        );
        assert!(identity("./app_bg.js", "x", 0).contains("wasm-bindgen"));
        assert!(identity("gojs", "runtime.wasmExit", 1).contains("Go"));
        assert!(identity("wasi:cli/environment@0.2.0", "get-arguments", 1).contains("WASI 0.2"));
        assert!(identity("example:host/log", "log", 1).contains("WASI 0.2"));
        assert!(identity("a", "b", 1).contains("minified"));
        assert!(identity("mine", "thing", 1).contains("host of its own"));
    }

    #[test]
    fn toolchains_are_recognised_by_name() {
        assert!(identity("env", "emscripten_notify_memory_growth", 1).contains("emscripten"));
        assert!(identity("env", "invoke_vii", 3).contains("longjmp"));
        assert!(identity("env", "abort", 4).contains("AssemblyScript"));
        assert!(identity("env", "abort", 0).contains("emscripten"));
        assert!(identity("env", "__cxa_throw", 3).contains("exceptions"));
        assert!(identity("env", "fork", 0).contains("processes"));
        assert!(identity("env", "my_function", 0).contains("undefined"));
    }

    #[test]
    fn an_imported_memory_is_a_linker_option() {
        assert!(recognise("env", "memory", Shape::Memory).hint.contains("--import-memory"));
    }
}

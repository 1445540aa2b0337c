//! Calling conventions: how WebAssembly values travel between functions.
//!
//! Compiled functions call each other in one convention on every system of an architecture: System V's
//! registers, and for results that its registers do not hold a return area in the caller's frame whose
//! address is the first argument. Entry points, libcalls and host calls use what
//! [`wasm2native_abi::program::EntryCode`] says, which is System V's too.

use crate::signature::{SignatureId, Signatures};
use cranelift_codegen::ir::{AbiParam, Signature, Type, types};
use cranelift_codegen::isa::CallConv;
use wasm2native_targets::Architecture;
use wasm2native_wasm::wasmparser::{FuncType, ValType};

/// The convention of everything that is called.
pub(crate) const CALL_CONV: CallConv = CallConv::SystemV;

/// The type of addresses.
pub(crate) const POINTER: Type = types::I64;

/// The type of references of any kind: packed function references and host references.
pub(crate) const REFERENCE: Type = types::I64;

/// The CLIF type of values of a WebAssembly type.
pub(crate) fn clif_type(value_type: ValType) -> Type {
    match value_type {
        ValType::I32 => types::I32,
        ValType::I64 => types::I64,
        ValType::F32 => types::F32,
        ValType::F64 => types::F64,
        ValType::V128 => types::I8X16,
        ValType::Ref(_) => REFERENCE,
    }
}

/// How functions of one type are called.
pub(crate) struct Convention {
    /// The CLIF signature.
    pub(crate) signature: Signature,
    /// The CLIF types of the results.
    pub(crate) results: Vec<Type>,
    /// Where results are, unless they are in registers.
    pub(crate) return_area: Option<ReturnArea>,
}

/// Memory in the caller's frame that a callee writes its results to.
pub(crate) struct ReturnArea {
    /// The offset of each result.
    pub(crate) offsets: Vec<i32>,
    /// Size of the area.
    pub(crate) size_bytes: u32,
}

impl Convention {
    fn new(function_type: &FuncType, architecture: Architecture) -> Self {
        let results: Vec<Type> = function_type.results().iter().map(|ty| clif_type(*ty)).collect();
        let mut signature = Signature::new(CALL_CONV);
        let return_area = (!fit_registers(&results, architecture)).then(|| {
            signature.params.push(AbiParam::new(POINTER));
            ReturnArea::new(&results)
        });
        let parameters = function_type.params().iter().map(|ty| AbiParam::new(clif_type(*ty)));
        signature.params.extend(parameters);
        if return_area.is_none() {
            signature.returns.extend(results.iter().map(|ty| AbiParam::new(*ty)));
        }
        Self { signature, results, return_area }
    }
}

impl ReturnArea {
    fn new(results: &[Type]) -> Self {
        let mut size_bytes = 0_u32;
        let offsets = results
            .iter()
            .map(|ty| {
                let bytes = ty.bytes().max(8);
                let offset = size_bytes.next_multiple_of(bytes);
                size_bytes = offset + bytes;
                i32::try_from(offset).expect("results are limited to a thousand")
            })
            .collect();
        Self { offsets, size_bytes }
    }
}

/// Whether the architecture's result registers hold all results.
fn fit_registers(results: &[Type], architecture: Architecture) -> bool {
    // System V psABI for x86-64, 3.2.3: rax, rdx; xmm0, xmm1. AAPCS64: x0 to x7, v0 to v7. RISC-V
    // calling convention: a0, a1; fa0, fa1; Cranelift has none for vectors there. s390x ELF ABI: r2 and
    // f0; one of each kind is certain.
    let (integers, floats) = match architecture {
        Architecture::X86_64 | Architecture::Riscv64 => (2, 2),
        Architecture::Aarch64 => (8, 8),
        Architecture::S390x => (1, 1),
    };
    let no_register = |ty: &Type| architecture == Architecture::Riscv64 && ty.is_vector();
    let integer_results = results.iter().filter(|ty| ty.is_int()).count();
    integer_results <= integers
        && results.len() - integer_results <= floats
        && !results.iter().any(no_register)
}

/// The conventions of all function types of a program.
pub(crate) struct Conventions {
    all: Vec<Convention>,
    nothing: Convention,
}

impl Conventions {
    /// Works out all of them.
    pub(crate) fn new(signatures: &Signatures, architecture: Architecture) -> Self {
        let nothing = Convention::new(&FuncType::new([], []), architecture);
        let all = signatures.all().iter().map(|ty| Convention::new(ty, architecture)).collect();
        Self { all, nothing }
    }

    /// How functions of a type are called.
    pub(crate) fn get(&self, id: SignatureId) -> &Convention {
        &self.all[id.position()]
    }

    /// How a function is called that takes nothing and returns nothing.
    pub(crate) fn nothing(&self) -> &Convention {
        &self.nothing
    }
}

/// The CLIF signature of a function of the runtime, or of an entry point.
pub(crate) fn runtime_signature(parameters: &[Type], results: &[Type]) -> Signature {
    let mut signature = Signature::new(CALL_CONV);
    signature.params.extend(parameters.iter().map(|ty| AbiParam::new(*ty)));
    signature.returns.extend(results.iter().map(|ty| AbiParam::new(*ty)));
    signature
}

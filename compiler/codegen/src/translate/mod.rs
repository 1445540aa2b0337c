//! Function bodies to CLIF, one pass: each operator is validated, then translated.
//!
//! Files are split as the specification splits instructions. Invariants: nothing is emitted for an
//! operator before validation accepted it; unreachable operators are validated and not translated.
//! This directory keeps programs inside their memories and tables: `memory.rs`, `table.rs` and
//! `call.rs` are critical to the sandbox. Source: core specification, chapter 4.4.

mod address;
mod call;
mod control;
mod initialize;
mod memory;
mod memory_bulk;
mod numeric;
mod operator;
mod reference;
mod stack;
mod stamped;
mod table;
mod trampoline;
mod variable;
mod vector;

use crate::convention::{Convention, Conventions, clif_type};
use crate::plan::{Body, Plan};
use crate::signature::SignatureId;
use address::InstanceAddress;
use control::Frame;
use cranelift_codegen::ir::{FuncRef, Function, SigRef, StackSlot, Value};
use cranelift_codegen::isa::TargetFrontendConfig;
use cranelift_frontend::{FunctionBuilder, FunctionBuilderContext};
use stack::OperandStack;
use stamped::Stamped;
use wasm2native_wasm::wasmparser::{FuncValidator, OperatorsReader, ValidatorResources};
use wasm2native_wasm::{Error as WasmError, FunctionAllocations, Module};

/// What all translations of a program share.
pub(crate) struct Environment<'p> {
    /// Where everything is.
    pub(crate) plan: &'p Plan<'p>,
    /// How functions are called.
    pub(crate) conventions: &'p Conventions,
    /// What the architecture's back end wants to be asked for.
    pub(crate) frontend: TargetFrontendConfig,
    /// Whether the processor has registers of 128 bits.
    pub(crate) has_vectors: bool,
}

/// Memory that one thread's translations reuse.
#[derive(Default)]
pub(crate) struct Scratch {
    builder: FunctionBuilderContext,
    allocations: FunctionAllocations,
    stack: OperandStack,
    functions: Stamped<FuncRef>,
    signatures: Stamped<SigRef>,
}

/// The translation of one function.
struct Translator<'f, 'p> {
    environment: &'p Environment<'p>,
    instance: usize,
    module: &'p Module<'p>,
    /// How the function itself is called.
    convention: &'p Convention,
    builder: FunctionBuilder<'f>,
    stack: &'f mut OperandStack,
    frames: Vec<Frame<'p>>,
    /// Whether the next operator can be executed.
    reachable: bool,
    /// How many blocks were entered since operators became unreachable.
    unreachable_depth: u32,
    addresses: InstanceAddress,
    functions: &'f mut Stamped<FuncRef>,
    signatures: &'f mut Stamped<SigRef>,
    /// Where the function writes results that registers do not hold.
    return_area: Option<Value>,
    /// Memory for what calls pass by address; see `call.rs`.
    outgoing: Option<StackSlot>,
}

impl Environment<'_> {
    /// Translates a piece of code into `function`, which is empty.
    ///
    /// # Errors
    /// When the body is not valid.
    pub(crate) fn translate(
        &self,
        body: Body,
        function: &mut Function,
        scratch: &mut Scratch,
    ) -> Result<(), WasmError> {
        match body {
            Body::Defined { instance, function: index } => {
                let module = self.plan.module(instance);
                let defined = &module.functions[index.position()];
                let signature = self.plan.instances[instance].signatures.get(defined.type_index);
                let allocations = std::mem::take(&mut scratch.allocations);
                let validator = defined.validator(allocations);
                let mut translator = Translator::new(self, instance, signature, function, scratch);
                let validator = translator.body(defined, validator)?;
                translator.builder.finalize(self.frontend);
                scratch.allocations = validator.into();
            }
            Body::Wrapper { callee, signature } => {
                let mut translator = Translator::new(self, 0, signature, function, scratch);
                translator.wrapper(callee, signature);
                translator.builder.finalize(self.frontend);
            }
            Body::Initialize { instance } => self.initialize(instance, function, scratch),
            Body::Entry { entry } => self.entry(entry, function, scratch),
        }
        Ok(())
    }
}

impl<'f, 'p> Translator<'f, 'p> {
    /// Begins a function in the internal convention.
    fn new(
        environment: &'p Environment<'p>,
        instance: usize,
        signature: SignatureId,
        function: &'f mut Function,
        scratch: &'f mut Scratch,
    ) -> Self {
        let convention = environment.conventions.get(signature);
        function.signature = convention.signature.clone();
        Self::with_signature(environment, instance, convention, function, scratch)
    }

    /// Begins a function whose CLIF signature is set already.
    fn with_signature(
        environment: &'p Environment<'p>,
        instance: usize,
        convention: &'p Convention,
        function: &'f mut Function,
        scratch: &'f mut Scratch,
    ) -> Self {
        scratch.stack.truncate(0);
        scratch.functions.clear();
        scratch.signatures.clear();
        let mut builder = FunctionBuilder::new(function, &mut scratch.builder);
        let entry = builder.create_block();
        builder.append_block_params_for_function_params(entry);
        builder.switch_to_block(entry);
        builder.seal_block(entry);
        Self {
            environment,
            instance,
            module: environment.plan.module(instance),
            convention,
            builder,
            stack: &mut scratch.stack,
            frames: Vec::new(),
            reachable: true,
            unreachable_depth: 0,
            addresses: InstanceAddress::new(),
            functions: &mut scratch.functions,
            signatures: &mut scratch.signatures,
            return_area: None,
            outgoing: None,
        }
    }

    /// The function's own WebAssembly arguments, without what the convention adds.
    fn arguments(&mut self) -> Vec<Value> {
        let entry = self.builder.current_block().expect("a function was begun");
        let mut arguments = self.builder.block_params(entry).to_vec();
        if self.convention.return_area.is_some() {
            self.return_area = Some(arguments.remove(0));
        }
        arguments
    }

    /// Translates a body that a module wrote.
    fn body(
        &mut self,
        function: &wasm2native_wasm::Function<'_>,
        mut validator: Validator,
    ) -> Result<Validator, WasmError> {
        let arguments = self.arguments();
        for argument in arguments {
            let local = self.builder.declare_var(self.builder.func.dfg.value_type(argument));
            self.builder.def_var(local, argument);
        }
        let mut locals = function.body.get_locals_reader()?;
        for _ in 0..locals.get_count() {
            let wasm_offset = locals.original_position();
            let (count, value_type) = locals.read()?;
            validator.define_locals(wasm_offset, count, value_type)?;
            let clif_type = clif_type(value_type);
            let zero = self.zero(clif_type);
            for _ in 0..count {
                let local = self.builder.declare_var(clif_type);
                self.builder.def_var(local, zero);
            }
        }
        self.frames.push(Frame::function(self.module.function_type(function.index)));
        let mut operators = OperatorsReader::new(locals.get_binary_reader());
        while !operators.eof() {
            let (operator, wasm_offset) = operators.read_with_offset()?;
            validator.op(wasm_offset, &operator)?;
            if self.reachable {
                self.operator(&operator);
            } else {
                self.unreachable_operator(&operator);
            }
        }
        operators.finish()?;
        Ok(validator)
    }
}

/// The validator of one body.
type Validator = FuncValidator<ValidatorResources>;

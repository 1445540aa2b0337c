//! CLIF to machine code, in parallel, joined in index order.
//!
//! Threads take work from one counter: the largest bodies first, one at a time, then the rest in
//! batches, so that no thread is left with a giant at the end. Invariants: the result does not depend
//! on the number of threads or their timing; the error reported is that of the first function that has
//! one; a bug of the compiler panics with the function and the phase.

use crate::convention::Conventions;
use crate::isa::Isa;
use crate::plan::{Body, FunctionNumber, Plan};
use crate::symbol::Symbol;
use crate::translate::{Environment, Scratch};
use crate::{Error, OptLevel, Options, Progress, trap};
use cranelift_codegen::binemit::Reloc;
use cranelift_codegen::control::ControlPlane;
use cranelift_codegen::ir::{ExternalName, Function};
use cranelift_codegen::{Context, FinalizedRelocTarget};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasm2native_targets::Architecture;

/// Machine code of one function.
pub(crate) struct CompiledFunction {
    /// The code, with the constants that it refers to.
    pub(crate) bytes: Box<[u8]>,
    /// Its alignment in bytes.
    pub(crate) align: u32,
    /// What to fill in, by ascending offset.
    pub(crate) relocations: Box<[CodeRelocation]>,
    /// Offsets of instructions that may trap, ascending, and the numbers of their codes.
    pub(crate) traps: Box<[(u32, u8)]>,
}

/// A place in a function's code to fill in.
pub(crate) struct CodeRelocation {
    /// Offset in the function's code.
    pub(crate) offset: u32,
    /// How the target is encoded.
    pub(crate) kind: Reloc,
    /// What is referred to: a symbol, or the function itself.
    pub(crate) target: CodeTarget,
    /// What is added to the target's address.
    pub(crate) addend: i64,
}

/// What code refers to.
#[derive(Clone, Copy, Debug)]
pub(crate) enum CodeTarget {
    /// Something outside of the function.
    Symbol(Symbol),
    /// An offset in the function's own code.
    Local(u32),
}

/// Bodies from this size on are scheduled first.
const LARGE_BODY_BYTES: u64 = 16 << 10;

/// Functions begin at multiples of this even where size matters most: constants behind the code are
/// addressed with this alignment.
const MINIMUM_ALIGN: u32 = 16;

/// How many of the other pieces of code a thread takes at once.
const BATCH: usize = 16;

/// One thread's reusable memory.
struct Worker {
    context: Context,
    scratch: Scratch,
    control: ControlPlane,
}

impl Worker {
    fn new() -> Self {
        Self {
            context: Context::new(),
            scratch: Scratch::default(),
            control: ControlPlane::default(),
        }
    }
}

/// A plan with all that turning it into code needs.
pub(crate) struct Compiler<'p> {
    plan: &'p Plan<'p>,
    isa: &'p Isa,
    environment: Environment<'p>,
    architecture: Architecture,
    align: u32,
}

impl<'p> Compiler<'p> {
    /// For a plan.
    pub(crate) fn new(
        plan: &'p Plan<'p>,
        conventions: &'p Conventions,
        isa: &'p Isa,
        options: &Options,
    ) -> Self {
        let frontend = isa.target.frontend_config();
        let alignment = isa.target.function_alignment();
        let align = match options.opt_level {
            OptLevel::Speed => alignment.minimum.max(alignment.preferred),
            OptLevel::None | OptLevel::SpeedAndSize => alignment.minimum.max(MINIMUM_ALIGN),
        };
        let has_vectors = isa.has_vectors;
        let environment = Environment { plan, conventions, frontend, has_vectors };
        Self { plan, isa, environment, architecture: options.architecture, align }
    }

    /// Compiles everything, in the order of [`FunctionNumber`].
    ///
    /// # Errors
    /// That of the first function that is not valid.
    pub(crate) fn compile_all(
        &self,
        options: &Options,
        progress: &dyn Progress,
    ) -> Result<Vec<CompiledFunction>, Error> {
        let schedule = Schedule::new(self.plan);
        let total = self.plan.functions.bodies().len();
        let done = AtomicUsize::new(0);
        let first_error = AtomicUsize::new(usize::MAX);
        let results: Mutex<Vec<(usize, Result<CompiledFunction, Error>)>> =
            Mutex::new(Vec::with_capacity(total));
        let work = || {
            let mut worker = Worker::new();
            let mut finished = Vec::new();
            while let Some(batch) = schedule.next() {
                for &number in batch {
                    let position = number.position();
                    // Only an earlier error could still matter.
                    if position > first_error.load(Ordering::Relaxed) {
                        continue;
                    }
                    let result = self.compile(number, &mut worker);
                    if result.is_err() {
                        first_error.fetch_min(position, Ordering::Relaxed);
                    }
                    finished.push((position, result));
                }
                let count = done.fetch_add(batch.len(), Ordering::Relaxed) + batch.len();
                progress.functions_done(count, total);
            }
            results.lock().expect("no thread panicked").append(&mut finished);
        };
        in_pool(options, |pool| {
            pool.broadcast(|_| work());
        });
        let mut results = results.into_inner().expect("no thread panicked");
        results.sort_unstable_by_key(|(position, _)| *position);
        results.into_iter().map(|(_, result)| result).collect()
    }

    /// The CLIF of one piece of code, before optimisation.
    ///
    /// # Errors
    /// When it is not valid.
    pub(crate) fn clif(&self, number: FunctionNumber) -> Result<String, Error> {
        let mut worker = Worker::new();
        self.translate(number, &mut worker)?;
        Ok(worker.context.func.display().to_string())
    }

    /// The assembly of one piece of code.
    ///
    /// # Errors
    /// When it is not valid.
    pub(crate) fn assembly(&self, number: FunctionNumber) -> Result<String, Error> {
        let mut worker = Worker::new();
        self.translate(number, &mut worker)?;
        worker.context.set_disasm(true);
        self.emit(number, &mut worker);
        let code = worker.context.compiled_code().expect("it was compiled just now");
        Ok(code.vcode.clone().unwrap_or_default())
    }

    fn compile(
        &self,
        number: FunctionNumber,
        worker: &mut Worker,
    ) -> Result<CompiledFunction, Error> {
        self.translate(number, worker)?;
        Ok(self.emit(number, worker))
    }

    fn translate(&self, number: FunctionNumber, worker: &mut Worker) -> Result<(), Error> {
        worker.context.clear();
        let body = self.plan.functions.bodies()[number.position()];
        let function = &mut worker.context.func;
        function.name = cranelift_codegen::ir::UserFuncName::User(Symbol::Function(number).name());
        self.environment.translate(body, function, &mut worker.scratch).map_err(|source| {
            // What a failed translation leaves behind is of no use to the next.
            worker.scratch = Scratch::default();
            Error::Function { function: crate::names::function_name(self.plan, number), source }
        })?;
        if !self.isa.has_vectors && has_vector(&worker.context.func) {
            return Err(Error::NoVectors {
                function: crate::names::function_name(self.plan, number),
                feature: self.architecture.vector_feature().unwrap_or_default(),
            });
        }
        Ok(())
    }

    /// Compiles the CLIF that `worker` holds.
    fn emit(&self, number: FunctionNumber, worker: &mut Worker) -> CompiledFunction {
        if let Err(error) = worker.context.compile(&*self.isa.target, &mut worker.control) {
            let name = crate::names::function_name(self.plan, number);
            let version = env!("CARGO_PKG_VERSION");
            panic!(
                "wasm2native {version} has a bug: compiling function {name} failed: {:?}; \
                 please report it with the module",
                error.inner
            );
        }
        let parameters = &worker.context.func.params;
        let code = worker.context.compiled_code().expect("it was compiled just now");
        let relocations = code.buffer.relocs().iter().map(|relocation| CodeRelocation {
            offset: relocation.offset,
            kind: relocation.kind,
            target: match &relocation.target {
                FinalizedRelocTarget::ExternalName(ExternalName::User(name)) => {
                    let name = &parameters.user_named_funcs()[*name];
                    CodeTarget::Symbol(Symbol::from_name(name))
                }
                FinalizedRelocTarget::ExternalName(other) => {
                    panic!("{other:?} is not a symbol that translation makes")
                }
                FinalizedRelocTarget::Func(offset) => CodeTarget::Local(*offset),
            },
            addend: relocation.addend,
        });
        let traps =
            code.buffer.traps().iter().map(|site| (site.offset, trap::abi_code(site.code) as u8));
        CompiledFunction {
            bytes: code.code_buffer().into(),
            align: self.align.max(code.buffer.alignment),
            relocations: relocations.collect(),
            traps: traps.collect(),
        }
    }
}

/// Whether a function has a value that only a vector register could hold.
fn has_vector(function: &Function) -> bool {
    function.dfg.values().any(|value| function.dfg.value_type(value).is_vector())
}

/// Runs `work` with a pool of as many threads as asked for.
fn in_pool(options: &Options, work: impl FnOnce(&rayon::ThreadPool) + Send) {
    let threads = options.jobs.map_or(0, std::num::NonZeroUsize::get);
    // Deep recursion on hostile input is avoided elsewhere; the back end's own needs some room.
    let builder = rayon::ThreadPoolBuilder::new().num_threads(threads).stack_size(16 << 20);
    let pool = builder.build().expect("threads can be started");
    work(&pool);
}

/// What remains to be compiled, in the order in which threads take it.
struct Schedule {
    order: Vec<FunctionNumber>,
    /// How many at the front are taken one at a time.
    large: usize,
    next: AtomicUsize,
}

impl Schedule {
    fn new(plan: &Plan<'_>) -> Self {
        let size = |number: FunctionNumber| match plan.functions.bodies()[number.position()] {
            Body::Defined { instance, function } => {
                plan.module(instance).functions[function.position()].size_bytes()
            }
            Body::Initialize { .. } => LARGE_BODY_BYTES,
            Body::Wrapper { .. } | Body::Entry { .. } => 0,
        };
        let all = (0..plan.functions.bodies().len()).map(FunctionNumber::from_position);
        let (mut order, small): (Vec<_>, Vec<_>) =
            all.partition(|number| size(*number) >= LARGE_BODY_BYTES);
        order.sort_by_key(|number| std::cmp::Reverse(size(*number)));
        let large = order.len();
        order.extend(small);
        Self { order, large, next: AtomicUsize::new(0) }
    }

    /// The next pieces of code to compile. Tickets up to `large` are single functions.
    fn next(&self) -> Option<&[FunctionNumber]> {
        let ticket = self.next.fetch_add(1, Ordering::Relaxed);
        let (start, count) = if ticket < self.large {
            (ticket, 1)
        } else {
            (self.large + (ticket - self.large) * BATCH, BATCH)
        };
        let end = (start + count).min(self.order.len());
        (start < end).then(|| &self.order[start..end])
    }
}

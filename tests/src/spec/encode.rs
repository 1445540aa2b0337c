//! Commands to the script that the test stub runs (`wasm2native_abi::script`), with the instances and
//! entry points that it refers to; what only the compiler can judge is judged here.

use crate::spec::read::{Action, ActionKind, Command, Encoded, Kind};
use crate::spec::resolve::{Instances, Strictness};
use crate::spec::value;
use crate::spec::verdict::{Outcome, Verdict};
use std::collections::HashMap;
use wasm2native_abi::instance::BlockLayout;
use wasm2native_abi::program::EntryKind;
use wasm2native_abi::script;
use wasm2native_codegen::{Entry, ImportTarget};
use wasm2native_wasm::{Entity, FunctionAllocations, Module};

/// What a file becomes.
pub(super) struct Plan<'m> {
    /// Its instances; the first is the suite's own module.
    pub(super) instances: Instances<'m>,
    /// The functions that the script calls.
    pub(super) entries: Vec<Entry>,
    /// The script.
    pub(super) script: Vec<u8>,
    /// One for each command of the file. Those in `scripted` are still open.
    pub(super) verdicts: Vec<Verdict>,
    /// Positions in `verdicts` of the commands that the script has, in its order, after the suite's
    /// own module.
    pub(super) scripted: Vec<usize>,
    entry_numbers: HashMap<(usize, u32), u32>,
    definitions: HashMap<String, usize>,
    latest_definition: Option<usize>,
}

/// Encodes a file's commands. `modules` are the modules of the commands at the same positions.
pub(super) fn encode<'m>(
    spectest: &'m Module<'m>,
    commands: &[Command<'_>],
    modules: &'m [Option<Result<Module<'m>, String>>],
) -> Plan<'m> {
    let mut plan = Plan {
        instances: Instances::default(),
        entries: Vec::new(),
        script: Vec::new(),
        verdicts: Vec::new(),
        scripted: Vec::new(),
        entry_numbers: HashMap::new(),
        definitions: HashMap::new(),
        latest_definition: None,
    };
    let spectest = plan.instances.add(spectest, Strictness::Declared);
    plan.instances.register("spectest", spectest.expect("the suite's own module links"));
    plan.begin(script::INSTANTIATE, 0);
    plan.script.extend_from_slice(&0_u32.to_le_bytes());

    for (position, command) in commands.iter().enumerate() {
        let before = plan.script.len();
        let outcome = match plan.command(position, command, modules) {
            Ok(outcome) => outcome,
            Err(reason) => {
                plan.script.truncate(before);
                Outcome::Failed(reason)
            }
        };
        if plan.script.len() > before {
            plan.scripted.push(position);
        }
        let assertion = command.kind.is_assertion();
        plan.verdicts.push(Verdict { line: command.line, assertion, outcome });
    }
    plan
}

impl<'m> Plan<'m> {
    /// Judges a command, or appends it to the script.
    fn command(
        &mut self,
        position: usize,
        command: &Command<'_>,
        modules: &'m [Option<Result<Module<'m>, String>>],
    ) -> Result<Outcome, String> {
        let line = command.line;
        match &command.kind {
            Kind::Module { id, .. } => {
                self.instances.name(id.as_deref(), None);
                let instance = self.instantiate(modules, position)?;
                self.instances.name(id.as_deref(), Some(instance));
                self.begin(script::INSTANTIATE, line);
                self.number(instance);
            }
            Kind::Definition { id, .. } => {
                parsed(modules, position)?;
                self.latest_definition = Some(position);
                if let Some(id) = id {
                    self.definitions.insert(id.clone(), position);
                }
            }
            Kind::Instance { id, definition } => {
                let position = match definition {
                    Some(definition) => self.definitions.get(definition).copied(),
                    None => self.latest_definition,
                };
                let position = position.ok_or("there is no such definition")?;
                let instance = self.instantiate(modules, position)?;
                self.instances.name(id.as_deref(), Some(instance));
                self.begin(script::INSTANTIATE, line);
                self.number(instance);
            }
            Kind::Register { name, id } => {
                let instance = self.instances.find(id.as_deref())?;
                self.instances.register(name, instance);
            }
            Kind::Invoke(action) => {
                self.begin(script::INVOKE, line);
                self.action(action)?;
            }
            Kind::AssertReturn(action, results) => {
                self.begin(script::ASSERT_RETURN, line);
                self.action(action)?;
                self.count(results.len())?;
                for result in results {
                    value::expectation(result, &mut self.script)?;
                }
            }
            Kind::AssertTrap { action, message, exhaustion } => {
                let kind =
                    if *exhaustion { script::ASSERT_EXHAUSTION } else { script::ASSERT_TRAP };
                self.begin(kind, line);
                self.action(action)?;
                self.text(message)?;
            }
            Kind::AssertUninstantiable { message, .. } => {
                let instance = self.instantiate(modules, position)?;
                self.begin(script::ASSERT_UNINSTANTIABLE, line);
                self.number(instance);
                self.text(message)?;
            }
            Kind::AssertRefused { bytes, text } => return refused(bytes, *text),
            Kind::AssertUnlinkable { .. } => {
                let module = parsed(modules, position)?;
                return match self.instances.resolve(module, Strictness::Declared) {
                    Ok(_) => Err("its imports are all provided".to_owned()),
                    Err(_) => Ok(Outcome::Passed),
                };
            }
            Kind::Unsupported(name) => {
                return Ok(Outcome::Skipped(format!("`{name}` belongs to no supported version")));
            }
        }
        Ok(Outcome::Passed)
    }

    fn instantiate(
        &mut self,
        modules: &'m [Option<Result<Module<'m>, String>>],
        position: usize,
    ) -> Result<usize, String> {
        self.instances.add(parsed(modules, position)?, Strictness::Grown)
    }

    fn begin(&mut self, kind: u8, line: u32) {
        self.script.push(kind);
        self.script.extend_from_slice(&line.to_le_bytes());
    }

    fn number(&mut self, number: usize) {
        let number = u32::try_from(number).expect("a file has fewer than 2^32 items");
        self.script.extend_from_slice(&number.to_le_bytes());
    }

    fn count(&mut self, count: usize) -> Result<(), String> {
        self.script.push(u8::try_from(count).map_err(|_| "more than 255 values".to_owned())?);
        Ok(())
    }

    fn text(&mut self, text: &str) -> Result<(), String> {
        let size = u16::try_from(text.len()).map_err(|_| "a message over 64 KiB".to_owned())?;
        self.script.extend_from_slice(&size.to_le_bytes());
        self.script.extend_from_slice(text.as_bytes());
        Ok(())
    }

    fn action(&mut self, action: &Action<'_>) -> Result<(), String> {
        let instance = self.instances.find(action.id.as_deref())?;
        let module = self.instances.list[instance].module;
        let export = module.export(action.export);
        let export = export.ok_or_else(|| format!("no export `{}`", action.export))?;
        match (&action.kind, export.entity) {
            (ActionKind::Invoke(arguments), Entity::Function(_)) => {
                let entry = self.entry(instance, action.export, export.entity)?;
                self.script.push(script::ACTION_INVOKE);
                self.script.extend_from_slice(&entry.to_le_bytes());
                self.count(arguments.len())?;
                for argument in arguments {
                    value::argument(argument, &mut self.script)?;
                }
                Ok(())
            }
            (ActionKind::Get, Entity::Global(_)) => self.global(instance, export.entity),
            _ => Err(format!("the export `{}` is something else", action.export)),
        }
    }

    /// The number of the entry point for a function, which is where the function is defined.
    fn entry(&mut self, instance: usize, name: &str, function: Entity) -> Result<u32, String> {
        let target = self.instances.definition(instance, function);
        let ImportTarget::Export { instance, item: Entity::Function(function) } = target else {
            return Err(format!("`{name}` is a function of the host"));
        };
        let next = u32::try_from(self.entries.len()).expect("a file has fewer than 2^32 entries");
        let number = *self.entry_numbers.entry((instance, function.as_u32())).or_insert(next);
        if number == next {
            let export_name = name.to_owned();
            self.entries.push(Entry { instance, export_name, function, kind: EntryKind::Script });
        }
        Ok(number)
    }

    fn global(&mut self, instance: usize, global: Entity) -> Result<(), String> {
        let target = self.instances.definition(instance, global);
        let ImportTarget::Export { instance, item: Entity::Global(global) } = target else {
            return Err("a global of the host".to_owned());
        };
        let module = self.instances.list[instance].module;
        let defined = global.as_u32() - module.imported_globals;
        let value_type = module.globals[global.position()].global_type.content_type;
        self.script.push(script::ACTION_GET);
        self.number(instance);
        self.script.extend_from_slice(&layout(module).global(defined).to_le_bytes());
        self.script.push(value_type_byte(value_type)?);
        Ok(())
    }
}

fn parsed<'m>(
    modules: &'m [Option<Result<Module<'m>, String>>],
    position: usize,
) -> Result<&'m Module<'m>, String> {
    match modules.get(position) {
        Some(Some(Ok(module))) => Ok(module),
        Some(Some(Err(reason))) => Err(reason.clone()),
        _ => Err("the command has no module".to_owned()),
    }
}

/// Whether a module is refused, as it should be, by the text format's parser or by ours.
fn refused(bytes: &Encoded, text: bool) -> Result<Outcome, String> {
    let bytes = match bytes {
        Ok(bytes) => bytes,
        Err(_) if text => return Ok(Outcome::Passed),
        Err(reason) => return Err(format!("its text cannot be read: {reason}")),
    };
    match validate(bytes) {
        Ok(()) => Err("it was accepted".to_owned()),
        Err(_) => Ok(Outcome::Passed),
    }
}

/// Validates a module, bodies included, as the compiler does.
fn validate(bytes: &[u8]) -> Result<(), wasm2native_wasm::Error> {
    let module = Module::parse(bytes)?;
    let mut allocations = FunctionAllocations::default();
    for function in &module.functions {
        allocations = function.validate(allocations)?;
    }
    Ok(())
}

fn layout(module: &Module<'_>) -> BlockLayout {
    let number = |count: usize| u32::try_from(count).expect("index spaces are limited to 32 bits");
    BlockLayout {
        memories: number(module.memories.len()) - module.imported_memories,
        tables: number(module.tables.len()) - module.imported_tables,
        globals: number(module.globals.len()) - module.imported_globals,
        data_segments: number(module.data.len()),
        element_segments: number(module.elements.len()),
    }
}

fn value_type_byte(value_type: wasm2native_wasm::wasmparser::ValType) -> Result<u8, String> {
    use wasm2native_abi::program::ValueType;
    use wasm2native_wasm::wasmparser::ValType;
    Ok(match value_type {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::V128,
        ValType::Ref(reference) if reference.is_extern_ref() => ValueType::ExternRef,
        ValType::Ref(reference) if reference.is_func_ref() => ValueType::FuncRef,
        ValType::Ref(_) => return Err("a reference type that is not supported".to_owned()),
    } as u8)
}

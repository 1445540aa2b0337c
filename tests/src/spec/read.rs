//! A `.wast` file to commands, with every module as bytes.
//!
//! Invariant: a command owns what it needs, so that modules may borrow from the list of commands
//! while instances are built.

use wast::core::{WastArgCore, WastRetCore};
use wast::parser::{self, ParseBuffer};
use wast::token::{Id, Span};
use wast::{QuoteWat, Wast, WastArg, WastDirective, WastExecute, WastInvoke, WastRet, Wat};

/// A command with its place.
pub(super) struct Command<'a> {
    /// Line in the file, from 1.
    pub(super) line: u32,
    /// What it is.
    pub(super) kind: Kind<'a>,
}

/// The bytes of a module, or why its text has none.
pub(super) type Encoded = Result<Vec<u8>, String>;

/// A command.
pub(super) enum Kind<'a> {
    /// Instantiate a module, which later commands may call by its identifier.
    Module { id: Option<String>, bytes: Encoded },
    /// Validate a module, which later commands may instantiate.
    Definition { id: Option<String>, bytes: Encoded },
    /// Instantiate a module that was defined.
    Instance { id: Option<String>, definition: Option<String> },
    /// Give an instance the name that imports find it by.
    Register { name: &'a str, id: Option<String> },
    /// Call a function.
    Invoke(Action<'a>),
    /// An action with results.
    AssertReturn(Action<'a>, Vec<WastRetCore<'a>>),
    /// An action that traps, or exhausts the stack.
    AssertTrap { action: Action<'a>, message: &'a str, exhaustion: bool },
    /// A module whose instantiation traps.
    AssertUninstantiable { bytes: Encoded, message: &'a str },
    /// A module that the compiler refuses. `text` is whether a refusal by the text format's parser
    /// is what was meant.
    AssertRefused { bytes: Encoded, text: bool },
    /// A module whose imports do not fit.
    AssertUnlinkable { bytes: Encoded },
    /// A command that no supported version has.
    Unsupported(&'static str),
}

impl Kind<'_> {
    /// Whether it is one of the `assert_` commands.
    pub(super) fn is_assertion(&self) -> bool {
        match self {
            Self::Module { .. }
            | Self::Definition { .. }
            | Self::Instance { .. }
            | Self::Register { .. }
            | Self::Invoke(_) => false,
            Self::AssertReturn(..)
            | Self::AssertTrap { .. }
            | Self::AssertUninstantiable { .. }
            | Self::AssertRefused { .. }
            | Self::AssertUnlinkable { .. } => true,
            Self::Unsupported(name) => name.starts_with("assert"),
        }
    }
}

/// What is done with an export.
pub(super) struct Action<'a> {
    /// The instance, or none for the latest.
    pub(super) id: Option<String>,
    /// The export.
    pub(super) export: &'a str,
    /// What is done.
    pub(super) kind: ActionKind<'a>,
}

/// What is done with an export.
pub(super) enum ActionKind<'a> {
    /// It is called.
    Invoke(Vec<WastArgCore<'a>>),
    /// It is read.
    Get,
}

/// A lexer's view of `text`, which [`read`] borrows from.
pub(super) fn buffer(text: &str) -> anyhow::Result<ParseBuffer<'_>> {
    let mut lexer = wast::lexer::Lexer::new(text);
    lexer.allow_confusing_unicode(true);
    Ok(ParseBuffer::new_with_lexer(lexer)?)
}

/// The commands of a file.
pub(super) fn read<'a>(
    text: &str,
    buffer: &'a ParseBuffer<'a>,
) -> anyhow::Result<Vec<Command<'a>>> {
    let wast: Wast<'a> = parser::parse(buffer)?;
    let line = |span: Span| u32::try_from(span.linecol_in(text).0 + 1).unwrap_or(u32::MAX);
    wast.directives
        .into_iter()
        .map(|directive| Ok(Command { line: line(directive.span()), kind: kind(directive)? }))
        .collect()
}

fn kind(directive: WastDirective<'_>) -> anyhow::Result<Kind<'_>> {
    Ok(match directive {
        WastDirective::Module(mut module) => {
            Kind::Module { id: owned(module.name()), bytes: encode(&mut module) }
        }
        WastDirective::ModuleDefinition(mut module) => {
            Kind::Definition { id: owned(module.name()), bytes: encode(&mut module) }
        }
        WastDirective::ModuleInstance { instance, module, .. } => {
            Kind::Instance { id: owned(instance), definition: owned(module) }
        }
        WastDirective::Register { name, module, .. } => Kind::Register { name, id: owned(module) },
        WastDirective::Invoke(invoke) => Kind::Invoke(invocation(invoke)?),
        WastDirective::AssertReturn { exec, results, .. } => match exec {
            WastExecute::Wat(_) => Kind::Unsupported("assert_return of a module"),
            WastExecute::Invoke(invoke) => {
                Kind::AssertReturn(invocation(invoke)?, core_results(results)?)
            }
            WastExecute::Get { module, global, .. } => {
                let action = Action { id: owned(module), export: global, kind: ActionKind::Get };
                Kind::AssertReturn(action, core_results(results)?)
            }
        },
        WastDirective::AssertTrap { exec, message, .. } => match exec {
            WastExecute::Wat(mut module) => {
                Kind::AssertUninstantiable { bytes: encode_wat(&mut module), message }
            }
            WastExecute::Invoke(invoke) => {
                Kind::AssertTrap { action: invocation(invoke)?, message, exhaustion: false }
            }
            WastExecute::Get { .. } => Kind::Unsupported("assert_trap of a global"),
        },
        WastDirective::AssertExhaustion { call, message, .. } => {
            Kind::AssertTrap { action: invocation(call)?, message, exhaustion: true }
        }
        WastDirective::AssertMalformed { mut module, .. } => {
            let text = matches!(module, QuoteWat::QuoteModule(..));
            Kind::AssertRefused { bytes: encode(&mut module), text }
        }
        WastDirective::AssertInvalid { mut module, .. } => {
            Kind::AssertRefused { bytes: encode(&mut module), text: true }
        }
        WastDirective::AssertUnlinkable { mut module, .. } => {
            Kind::AssertUnlinkable { bytes: encode_wat(&mut module) }
        }
        WastDirective::AssertInvalidCustom { .. } => Kind::Unsupported("assert_invalid_custom"),
        WastDirective::AssertMalformedCustom { .. } => Kind::Unsupported("assert_malformed_custom"),
        WastDirective::AssertException { .. } => Kind::Unsupported("assert_exception"),
        WastDirective::AssertSuspension { .. } => Kind::Unsupported("assert_suspension"),
        WastDirective::Thread(_) => Kind::Unsupported("thread"),
        WastDirective::Wait { .. } => Kind::Unsupported("wait"),
    })
}

fn owned(id: Option<Id<'_>>) -> Option<String> {
    id.map(|id| id.name().to_owned())
}

fn encode(module: &mut QuoteWat<'_>) -> Encoded {
    module.encode().map_err(|error| error.message())
}

fn encode_wat(module: &mut Wat<'_>) -> Encoded {
    module.encode().map_err(|error| error.message())
}

fn invocation(invoke: WastInvoke<'_>) -> anyhow::Result<Action<'_>> {
    let arguments = invoke.args.into_iter().map(|argument| match argument {
        WastArg::Core(argument) => Ok(argument),
        _ => anyhow::bail!("an argument of a component"),
    });
    let arguments = arguments.collect::<anyhow::Result<Vec<_>>>()?;
    let kind = ActionKind::Invoke(arguments);
    Ok(Action { id: owned(invoke.module), export: invoke.name, kind })
}

fn core_results(results: Vec<WastRet<'_>>) -> anyhow::Result<Vec<WastRetCore<'_>>> {
    let results = results.into_iter().map(|result| match result {
        WastRet::Core(result) => Ok(result),
        _ => anyhow::bail!("a result of a component"),
    });
    results.collect()
}

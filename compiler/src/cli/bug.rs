//! A defect of the tool, as its user sees it: what to report, and where it happened.
//!
//! Bad input never gets here; a panic is always ours.

use std::panic::PanicHookInfo;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU8, Ordering};
use wasm2native::{Code, Diagnostic, Phase};

/// The phase that the build is in, for the message: 0 is none.
static PHASE: AtomicU8 = AtomicU8::new(0);

/// The architecture that code is generated for, once that has begun.
static ARCHITECTURE: Mutex<Option<&'static str>> = Mutex::new(None);

/// Whether the message was shown: when one thread fails, others may follow.
static SHOWN: AtomicBool = AtomicBool::new(false);
/// Whether messages are JSON.
static JSON: AtomicBool = AtomicBool::new(false);

const PHASES: [Phase; 3] = [Phase::Parse, Phase::Compile, Phase::Link];

/// Remembers the phase.
pub(crate) fn enter(phase: Phase) {
    let position = PHASES.iter().position(|candidate| *candidate == phase).unwrap_or_default();
    PHASE.store(position as u8 + 1, Ordering::Relaxed);
}

/// Remembers the architecture.
pub(crate) fn compile_for(architecture: &'static str) {
    if let Ok(mut current) = ARCHITECTURE.lock() {
        *current = Some(architecture);
    }
}

/// Makes the message a JSON object.
pub(crate) fn use_json() {
    JSON.store(true, Ordering::Relaxed);
}

/// Replaces the standard library's message.
pub(crate) fn install_hook() {
    std::panic::set_hook(Box::new(|panic| {
        use std::io::Write;
        if SHOWN.swap(true, Ordering::Relaxed) {
            return;
        }
        let message = message(panic);
        let text = match serde_json::to_string(&message) {
            Ok(json) if JSON.load(Ordering::Relaxed) => json,
            _ => message.to_string(),
        };
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }));
}

fn message(panic: &PanicHookInfo<'_>) -> Diagnostic {
    let version = env!("CARGO_PKG_VERSION");
    let title = format!("wasm2native {version} stopped because of a defect of its own");
    let payload = panic.payload();
    let text = match (payload.downcast_ref::<&str>(), payload.downcast_ref::<String>()) {
        (Some(text), _) => text,
        (_, Some(text)) => text.as_str(),
        _ => "no message",
    };
    let mut message = Diagnostic::error(Code::Internal, title).cause(text);
    let phase =
        usize::from(PHASE.load(Ordering::Relaxed)).checked_sub(1).and_then(|n| PHASES.get(n));
    let architecture = ARCHITECTURE.lock().ok().and_then(|current| *current);
    let architecture = architecture.map_or(String::new(), |name| format!(" for {name}"));
    let phase = phase.map(|phase| format!("phase {}{architecture}", phase.name()));
    let place = panic.location().map(ToString::to_string);
    let places: Vec<_> = phase.into_iter().chain(place).collect();
    if !places.is_empty() {
        message = message.at(places.join(", "));
    }
    message.hint(
        "this is no fault of the input: report it with these lines and, if possible, the input",
    )
}

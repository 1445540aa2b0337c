//! How far a build is: a bar on a terminal, plain lines elsewhere, neither for short builds.

use super::arguments::ProgressChoice;
use super::bug;
use super::terminal::Terminal;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::{IsTerminal, Write};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use wasm2native::{Observer, Phase};

/// Builds shorter than this show nothing.
const PATIENCE: Duration = Duration::from_millis(500);
/// Modules with fewer functions show no plain lines, unless they are asked for.
const MANY_FUNCTIONS: usize = 1000;
/// A plain line is shown each time so much of the functions is done.
const PLAIN_STEPS: usize = 4;

/// What is being compiled.
struct Compiling {
    since: Instant,
    /// What bars and lines begin with.
    label: String,
}

/// Watches a build and shows how far it is.
pub(crate) struct Progress {
    started: Instant,
    compiling: Mutex<Compiling>,
    choice: ProgressChoice,
    on_terminal: bool,
    bar: Mutex<Option<ProgressBar>>,
    shown_steps: AtomicUsize,
}

impl Progress {
    /// Shows progress as the terminal and the command line allow.
    pub(crate) fn new(terminal: &Terminal) -> Self {
        let now = Instant::now();
        Self {
            started: now,
            compiling: Mutex::new(Compiling { since: now, label: String::new() }),
            choice: terminal.progress(),
            on_terminal: std::io::stderr().is_terminal(),
            bar: Mutex::new(None),
            shown_steps: AtomicUsize::new(0),
        }
    }

    /// The seconds since code generation for the latest architecture began.
    pub(crate) fn compile_seconds(&self) -> f64 {
        self.compiling.lock().map_or(0.0, |compiling| compiling.since.elapsed().as_secs_f64())
    }

    fn label(&self) -> String {
        self.compiling.lock().map_or_else(|_| String::new(), |compiling| compiling.label.clone())
    }

    /// Takes the bar away.
    pub(crate) fn finish(&self) {
        if let Ok(mut bar) = self.bar.lock()
            && let Some(bar) = bar.take()
        {
            bar.finish_and_clear();
        }
    }

    fn is_due(&self) -> bool {
        self.choice == ProgressChoice::On || self.started.elapsed() >= PATIENCE
    }

    fn show_bar(&self, done: usize, total: usize) {
        // Another thread is drawing: the next function will tell.
        let Ok(mut bar) = self.bar.try_lock() else { return };
        let bar = bar.get_or_insert_with(|| {
            let bar =
                ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
            let template = " {msg}compiling [{bar:30}] {pos}/{len} functions";
            let style = ProgressStyle::with_template(template);
            bar.set_style(
                style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("=> "),
            );
            bar.set_message(self.label());
            bar
        });
        bar.set_position(done as u64);
    }

    fn show_line(&self, done: usize, total: usize) {
        let step = done * PLAIN_STEPS / total;
        if self.shown_steps.fetch_max(step, Ordering::Relaxed) < step && step < PLAIN_STEPS {
            // A closed standard error cannot be told anybody.
            let label = self.label();
            let _ =
                writeln!(std::io::stderr().lock(), " {label}compiled {done} of {total} functions");
        }
    }
}

impl Observer for Progress {
    fn phase(&self, phase: Phase) {
        bug::enter(phase);
        match (phase, self.compiling.lock()) {
            (Phase::Link, _) => self.finish(),
            (Phase::Compile, Ok(mut compiling)) => compiling.since = Instant::now(),
            _ => {}
        }
    }

    fn architecture(&self, name: &'static str, position: usize, count: usize) {
        bug::compile_for(name);
        self.shown_steps.store(0, Ordering::Relaxed);
        if let Ok(mut compiling) = self.compiling.lock()
            && count > 1
        {
            compiling.label = format!("{name} ({} of {count}): ", position + 1);
        }
    }

    fn functions_done(&self, done: usize, total: usize) {
        if total == 0 || self.choice == ProgressChoice::Off || !self.is_due() {
            return;
        }
        if self.on_terminal {
            self.show_bar(done, total);
        } else if total >= MANY_FUNCTIONS || self.choice == ProgressChoice::On {
            self.show_line(done, total);
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.finish();
    }
}

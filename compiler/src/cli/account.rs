//! What a build says: what went in, what came out and how long it took, each thing once, however many
//! targets there are.

use super::destination::Destination;
use super::emit::Kind;
use super::terminal::Terminal;
use std::path::Path;
use std::time::Instant;
use wasm2native::{Artifact, Report, Sizes, Warning, quoted};

/// Keeps account of a build.
pub(crate) struct Account<'t> {
    terminal: &'t Terminal,
    input: String,
    started: Instant,
    /// How many targets there are.
    targets: usize,
    /// The widest target and path, which the others are aligned with.
    widths: (usize, usize),
    shown_warnings: Vec<Warning>,
    shown_input: bool,
    /// Each architecture with the seconds that its code took.
    codes: Vec<(&'static str, f64)>,
    grants: Option<String>,
}

impl<'t> Account<'t> {
    /// Of a build of `input` that begins now.
    pub(crate) fn new(input: String, destinations: &[Destination], terminal: &'t Terminal) -> Self {
        let name_width = |destination: &Destination| destination.target.description().name.len();
        let path_width = |destination: &Destination| {
            destination.path(Kind::Executable).map_or(0, |path| shown(path).chars().count())
        };
        let widths = (
            destinations.iter().map(name_width).max().unwrap_or(0),
            destinations.iter().map(path_width).max().unwrap_or(0),
        );
        Self {
            terminal,
            input,
            started: Instant::now(),
            targets: destinations.len(),
            widths,
            shown_warnings: Vec::new(),
            shown_input: false,
            codes: Vec::new(),
            grants: None,
        }
    }

    /// Code was generated for an architecture.
    pub(crate) fn compiled(
        &mut self,
        architecture: &'static str,
        seconds: f64,
        warnings: &[Warning],
    ) {
        self.codes.push((architecture, seconds));
        for warning in warnings {
            if !self.shown_warnings.contains(warning) {
                self.terminal.message(&warning.diagnostic(&self.input));
                self.shown_warnings.push(warning.clone());
            }
        }
    }

    /// An executable was linked and written, in `seconds`.
    pub(crate) fn linked(&mut self, path: &Path, artifact: &Artifact, seconds: f64) {
        let report = &artifact.report;
        if !self.shown_input {
            self.shown_input = true;
            self.show_input(report);
        }
        self.grants = Some(report.policy.in_words());
        if self.terminal.is_json() {
            self.record(Kind::Executable, path, Some((report, seconds)), Some(artifact.sizes));
            return;
        }
        let took = match self.targets {
            1 => format!("{:.1} s", self.seconds()),
            _ => format!("linked in {seconds:.2} s"),
        };
        let (name_width, path_width) = self.widths;
        let (name, path) = (report.target, shown(path));
        self.terminal.report(&format!(
            " {}{}  {path:path_width$}  {} · {took}",
            self.terminal.strong(name),
            " ".repeat(name_width - name.len()),
            artifact.sizes.in_words()
        ));
    }

    /// Something else than an executable was written.
    pub(crate) fn written(&self, kind: Kind, path: &Path, report: Option<&Report>) {
        if self.terminal.is_json() {
            self.record(kind, path, report.map(|report| (report, 0.0)), None);
            return;
        }
        self.terminal.note(&format!("{} written to `{}`", kind.name(), shown(path)));
    }

    /// Everything was written.
    pub(crate) fn finish(&self) {
        let Some(grants) = &self.grants else { return };
        if self.targets > 1 {
            let each: Vec<_> =
                self.codes.iter().map(|(name, seconds)| format!("{name} {seconds:.1} s")).collect();
            let once = match each.len() {
                1 => "once".to_owned(),
                count => format!("once for each of {count} architectures"),
            };
            self.terminal.report(&format!(
                " {}  code generated {once} ({}) · {:.1} s",
                self.terminal.strong(&format!("{} targets", self.targets)),
                each.join(", "),
                self.seconds()
            ));
        }
        self.terminal.report(&format!(" {}  {grants}", self.terminal.strong("grants")));
    }

    fn seconds(&self) -> f64 {
        self.started.elapsed().as_secs_f64()
    }

    fn show_input(&self, report: &Report) {
        let name = self.terminal.strong(&self.input);
        self.terminal.report(&format!(" {name}  {}", report.input_in_words()));
        self.terminal.note(&format!("sha256 of the input: {}", report.input_sha256));
        self.terminal.note(&format!("{} functions compiled", report.functions));
    }

    /// An output as a line of JSON. `compiled` is what was compiled, and the seconds that linking took.
    fn record(
        &self,
        kind: Kind,
        path: &Path,
        compiled: Option<(&Report, f64)>,
        sizes: Option<Sizes>,
    ) {
        let code = compiled.and_then(|_| self.codes.last());
        let artifact = serde_json::json!({
            "reason": "artifact",
            "kind": kind.name(),
            "path": path.display().to_string(),
            "seconds": self.seconds(),
            "architecture": code.map(|(architecture, _)| architecture),
            "code_seconds": code.map(|(_, seconds)| seconds),
            "link_seconds": sizes.and(compiled).map(|(_, seconds)| seconds),
            "sizes": sizes,
            "report": compiled.map(|(report, _)| report),
        });
        self.terminal.result(&artifact.to_string());
    }
}

fn shown(path: &Path) -> String {
    quoted(&path.display().to_string())
}

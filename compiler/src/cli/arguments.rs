//! The command line's grammar. Every flag here has its effect in this version; others are unknown.

use super::{build, inspect, policy, run, targets, verify, version};
use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

/// WebAssembly programs to standalone native executables
#[derive(Debug, Parser)]
#[command(
    name = "wasm2native",
    bin_name = "wasm2native",
    version,
    about,
    long_about = "WebAssembly programs to standalone native executables.\n\n\
        An executable needs nothing installed where it runs, and may do only what it was granted when it was built.",
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) global: Global,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Build an executable from a module
    Build(build::BuildArguments),
    /// Build for this machine and run at once
    Run(run::RunArguments),
    /// Show what a module needs, or what an executable was built with
    Inspect(inspect::InspectArguments),
    /// Check, compare, explain and find out what programs may do
    Policy(policy::PolicyArguments),
    /// Check that an executable is intact, and comes from a module
    Verify(verify::VerifyArguments),
    /// Show what executables can be built for
    Targets(targets::TargetsArguments),
    /// Show the version
    Version(version::VersionArguments),
}

/// Flags of every command.
#[derive(Clone, Debug, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct Global {
    /// Say nothing but errors and warnings
    #[arg(short, long, global = true)]
    pub(crate) quiet: bool,
    /// Say more: the hash of the input, and notes
    #[arg(short, long, global = true, action = ArgAction::SetTrue)]
    pub(crate) verbose: bool,
    /// Whether to use colour on standard error
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = Color::Auto)]
    pub(crate) color: Color,
    /// How to write messages and results
    #[arg(long, global = true, value_enum, value_name = "FORMAT", default_value_t = MessageFormat::Human)]
    pub(crate) message_format: MessageFormat,
    /// Whether to show progress
    #[arg(long, global = true, value_enum, value_name = "WHEN", default_value_t = ProgressChoice::Auto)]
    pub(crate) progress: ProgressChoice,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless NO_COLOR is set
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// How to write messages and results.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum MessageFormat {
    /// Text
    Human,
    /// JSON: messages on standard error, an object a line; results on standard output
    Json,
}

/// Whether to show progress.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum ProgressChoice {
    /// When it takes longer than half a second: a bar on a terminal, else lines for large modules
    Auto,
    /// Always
    On,
    /// Never
    Off,
}

#[cfg(test)]
mod tests {
    use super::{Arguments, Command};
    use clap::{CommandFactory, Parser};

    #[test]
    fn the_grammar_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn everything_behind_the_input_goes_to_the_program() {
        let line =
            ["wasm2native", "run", "--dir", ".", "app.wasm", "--help", "-q", "--", "--dir", "x"];
        let arguments = Arguments::try_parse_from(line).expect("a command line");
        assert!(!arguments.global.quiet);
        let Command::Run(run) = arguments.command else { panic!("another command") };
        assert_eq!(run.program_arguments(), ["--help", "-q", "--", "--dir", "x"]);
    }

    #[test]
    fn unknown_flags_are_refused() {
        for flag in ["--fuel=1", "--net=all", "--max-threads=1", "-g", "--strip"] {
            assert!(
                Arguments::try_parse_from(["wasm2native", "build", flag, "x"]).is_err(),
                "{flag}"
            );
        }
    }
}

//! A command takes the place of this process, or is started beside it where its output has to pass through here.

use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io::ErrorKind;
use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::cli::printing;
use crate::error::Error;
use crate::masking::Spellings;

/// The command was found and cannot be started.
const NOT_STARTED: u8 = 126;

/// There is no such command.
const NOT_FOUND: u8 = 127;

/// Everything that a command needs.
pub(super) struct Launch {
    /// The command and its arguments.
    pub(super) command: Vec<OsString>,
    /// All of its environment.
    pub(super) variables: HashMap<OsString, OsString>,
    /// What to mask in its output, where that was asked for.
    pub(super) masked: Option<Spellings>,
}

impl Launch {
    /// Gives an exit code only if this process is still there.
    pub(super) fn start(self) -> ExitCode {
        let (code, error) = match self.try_start() {
            Ok(code) => return code,
            Err(failed) => failed,
        };
        let _ = printing::complain(&format!("{error}\n"));
        ExitCode::from(code)
    }

    fn try_start(self) -> Result<ExitCode, (u8, Error)> {
        let Some((name, arguments)) = self.command.split_first() else {
            return Err((NOT_FOUND, Error::new("there is no command")));
        };
        let program = self.found(name)?;
        let mut command = Command::new(program);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::arg0(&mut command, name);
        command.args(arguments).env_clear().envs(&self.variables);
        let started = match &self.masked {
            Some(spellings) => beside::run(&mut command, spellings),
            None => become_it(&mut command),
        };
        started.map_err(|error| refusal(name, &error))
    }

    /// The program that a name stands for, looked up in the `PATH` that the command gets, or in our own if it gets none.
    fn found(&self, name: &OsStr) -> Result<PathBuf, (u8, Error)> {
        if cfg!(windows) || name.as_encoded_bytes().contains(&b'/') {
            return Ok(PathBuf::from(name));
        }
        let own = std::env::var_os("PATH");
        let path = self.variables.get(OsStr::new("PATH")).or(own.as_ref());
        let mut denied = None;
        for folder in path.map(std::env::split_paths).into_iter().flatten().filter(|folder| folder.is_absolute()) {
            let program = folder.join(name);
            let Ok(about) = program.metadata() else { continue };
            if about.is_file() && is_executable(&about) {
                return Ok(program);
            }
            denied = denied.or(about.is_file().then_some(program));
        }
        // One that may not be started is named by the system's own refusal.
        denied.ok_or_else(|| refusal(name, &ErrorKind::NotFound.into()))
    }
}

#[cfg(unix)]
fn is_executable(about: &std::fs::Metadata) -> bool {
    std::os::unix::fs::PermissionsExt::mode(&about.permissions()) & 0o111 != 0
}

#[cfg(not(unix))]
fn is_executable(_: &std::fs::Metadata) -> bool {
    true
}

/// The system's reason in our own words: its text says nothing more.
fn refusal(name: &OsStr, error: &std::io::Error) -> (u8, Error) {
    let name = name.to_string_lossy();
    let failed = |why: &str| Error::new(format!("{name} cannot be started: {why}"));
    match error.kind() {
        ErrorKind::NotFound => {
            let help = if name.contains('/') {
                "is its path right, seen from this folder? A script also needs the program that its first line names"
            } else {
                "is it installed, and in PATH? The command is started without a shell, so it is no alias or built-in"
            };
            (NOT_FOUND, Error::new(format!("there is no command {name}")).help(help))
        }
        ErrorKind::PermissionDenied => (NOT_STARTED, failed("permission denied").help("is it marked as executable?")),
        ErrorKind::ArgumentListTooLong => {
            let help = "a variable holds at most 128 KiB on Linux; put the long value into a file";
            (NOT_STARTED, failed("its environment and arguments are too long for the system").help(help))
        }
        _ => (NOT_STARTED, failed("it is no program that this system can run")),
    }
}

/// The command takes the place of this process, so that signals and its exit code are its own and no copy of the
/// secrets stays behind.
#[cfg(unix)]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    crate::cli::protection::lift();
    Err(std::os::unix::process::CommandExt::exec(command))
}

#[cfg(not(unix))]
fn become_it(command: &mut Command) -> std::io::Result<ExitCode> {
    Ok(ended(command.status()?))
}

/// The exit code of a command that ended; by a signal, as shells have it.
fn ended(status: std::process::ExitStatus) -> ExitCode {
    #[cfg(unix)]
    if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
        return ExitCode::from(u8::try_from(128 + signal).unwrap_or(u8::MAX));
    }
    #[cfg(windows)]
    if let Some(code) = status.code().filter(|code| !(0..=255).contains(code)) {
        std::process::exit(code);
    }
    ExitCode::from(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX))
}

/// The command beside this process, its output on the way through here.
mod beside {
    use std::process::{Child, Command, ExitCode, ExitStatus, Stdio};
    use std::thread;

    use super::ended;
    use crate::cli::printing;
    use crate::masking::Spellings;

    pub(super) fn run(command: &mut Command, spellings: &Spellings) -> std::io::Result<ExitCode> {
        let signals = signals::Forwarding::prepare()?;
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        #[cfg(unix)]
        crate::cli::protection::lift();
        let spawned = command.spawn();
        crate::cli::protection::protect();
        let mut child = spawned?;
        let (out, errors) = (child.stdout.take(), child.stderr.take());
        let (status, lost) = thread::scope(|scope| {
            let forwarding = signals.to(&child);
            let out = scope.spawn(|| out.map(|out| printing::pass_on(out, std::io::stdout(), spellings)));
            let errors = scope.spawn(|| errors.map(|errors| printing::pass_on(errors, std::io::stderr(), spellings)));
            let status = wait(&mut child, forwarding);
            let lost = [out, errors].into_iter().any(|passed| !matches!(passed.join(), Ok(None | Some(Ok(())))));
            (status, lost)
        });
        let status = status?;
        #[cfg(unix)]
        if let Some(signal) = std::os::unix::process::ExitStatusExt::signal(&status) {
            // Ends this process as the command was ended, so that whoever started it sees the same.
            let _ = signal_hook::low_level::emulate_default_handler(signal);
        }
        if !lost {
            return Ok(ended(status));
        }
        let _ = printing::complain("the output of the command cannot be written, or not all of it\n");
        // Whoever needs the output must not take the run for a good one.
        Ok(if status.success() { ExitCode::FAILURE } else { ended(status) })
    }

    #[cfg(unix)]
    fn wait(child: &mut Child, forwarding: signals::Started) -> std::io::Result<ExitStatus> {
        use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};
        // First only looked at: until it is collected its number belongs to no other process.
        if let Some(id) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) {
            while waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT)
                .is_err_and(|error| error == rustix::io::Errno::INTR)
            {}
        }
        forwarding.end();
        child.wait()
    }

    #[cfg(not(unix))]
    fn wait(child: &mut Child, forwarding: signals::Started) -> std::io::Result<ExitStatus> {
        forwarding.end();
        child.wait()
    }

    #[cfg(unix)]
    mod signals {
        use std::process::Child;
        use std::thread::{self, JoinHandle};

        use rustix::process::{Pid, Signal, getpgrp, kill_process};
        use signal_hook::consts::{SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH};
        use signal_hook::iterator::{Handle, Signals};

        /// Signals that are caught from now on and go to a command that does not run yet.
        pub(super) struct Forwarding(Signals);

        pub(super) struct Started {
            handle: Handle,
            thread: JoinHandle<()>,
        }

        impl Forwarding {
            pub(super) fn prepare() -> std::io::Result<Self> {
                Signals::new([SIGCONT, SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH]).map(Self)
            }

            pub(super) fn to(mut self, child: &Child) -> Started {
                let id = i32::try_from(child.id()).ok().and_then(Pid::from_raw);
                let handle = self.0.handle();
                let thread = thread::spawn(move || {
                    for number in self.0.forever() {
                        let from_terminal = matches!(number, SIGINT | SIGQUIT | SIGWINCH) && is_in_foreground();
                        // A terminal sends these to every process in the foreground: the command has it already.
                        if let (Some(id), Some(signal), false) = (id, Signal::from_named_raw(number), from_terminal) {
                            let _ = kill_process(id, signal);
                        }
                    }
                });
                Started { handle, thread }
            }
        }

        impl Started {
            pub(super) fn end(self) {
                self.handle.close();
                let _ = self.thread.join();
            }
        }

        fn is_in_foreground() -> bool {
            let terminal = std::fs::File::open("/dev/tty");
            terminal.is_ok_and(|terminal| rustix::termios::tcgetpgrp(terminal).is_ok_and(|group| group == getpgrp()))
        }
    }

    #[cfg(not(unix))]
    mod signals {
        use std::process::Child;

        /// Where a console sends its events to every process itself, nothing is forwarded.
        pub(super) struct Forwarding;

        pub(super) struct Started;

        impl Forwarding {
            #[allow(clippy::unnecessary_wraps, reason = "as on other systems")]
            pub(super) fn prepare() -> std::io::Result<Self> {
                Ok(Self)
            }

            pub(super) fn to(self, _: &Child) -> Started {
                Started
            }
        }

        impl Started {
            pub(super) fn end(self) {}
        }
    }
}

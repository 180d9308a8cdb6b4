//! What keeps secrets within this process: no core dump holds its memory, no other process of the user looks in.

#[cfg(unix)]
pub(super) use unix::{lift, protect};

#[cfg(unix)]
mod unix {
    use std::sync::OnceLock;

    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

    /// The limit that this process was started with.
    static STARTED_WITH: OnceLock<Rlimit> = OnceLock::new();

    /// Turns core dumps off, and on Linux ptrace and `/proc/PID/mem` too. Called before any key is read. Where the
    /// system refuses it, the run goes on: these are a second wall.
    pub(in crate::cli) fn protect() {
        let limit = STARTED_WITH.get_or_init(|| getrlimit(Resource::Core));
        // Only the soft limit, which a program that is started from here gets back.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: limit.maximum });
        #[cfg(target_os = "linux")]
        let _ = rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable);
    }

    /// Gives the limit back that this process was started with, for a program that takes its place. Memory still is
    /// not dumped until then: on Linux the other half of [`protect`] ends only with `execve`.
    pub(in crate::cli) fn lift() {
        if let Some(limit) = STARTED_WITH.get() {
            let _ = setrlimit(Resource::Core, *limit);
        }
    }
}

/// There is no such protection here.
#[cfg(not(unix))]
pub(super) fn protect() {}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use rustix::process::{DumpableBehavior, Resource, dumpable_behavior, getrlimit};

    #[test]
    fn memory_stays_here() {
        let before = getrlimit(Resource::Core);
        super::protect();
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
        assert_eq!((getrlimit(Resource::Core).current, getrlimit(Resource::Core).maximum), (Some(0), before.maximum));
        super::lift();
        assert_eq!(getrlimit(Resource::Core), before);
        assert_eq!(dumpable_behavior(), Ok(DumpableBehavior::NotDumpable));
    }
}

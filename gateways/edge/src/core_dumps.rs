//! Core dumps: a file with all that a process had in memory, cards and the vault's key among it.

use rustix::process::{Resource, Rlimit, setrlimit};

/// Lets no core of this process be written, whatever its limits were; a program that it starts may
/// write one. On Linux no other process of the same user may read its memory either.
///
/// The limit is not asked where cores are piped to a program (`kernel.core_pattern`), so that on
/// Linux the process is marked as one that is not dumped besides.
pub fn switch_off_core_dumps() -> std::io::Result<()> {
    setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) })?;
    #[cfg(target_os = "linux")]
    rustix::process::set_dumpable_behavior(rustix::process::DumpableBehavior::NotDumpable)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use rustix::process::getrlimit;

    use super::*;

    #[test]
    fn no_core_is_written() {
        switch_off_core_dumps().unwrap();
        let limit = getrlimit(Resource::Core);
        assert_eq!((limit.current, limit.maximum), (Some(0), Some(0)));
        #[cfg(target_os = "linux")]
        assert_eq!(
            rustix::process::dumpable_behavior().unwrap(),
            rustix::process::DumpableBehavior::NotDumpable
        );
    }
}

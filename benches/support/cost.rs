//! What a process costs, as Linux tells it.

use std::fs;

/// The most memory that the process ever held, in MiB; nothing where it has ended.
pub(crate) fn peak_memory(process: u32) -> Option<f64> {
    let status = fs::read_to_string(format!("/proc/{process}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kib: f64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kib / 1024.0)
}

/// The CPU time that the process has used, user and system. Linux counts it in hundredths of a second for programs.
pub(crate) fn cpu_seconds(process: u32) -> f64 {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).expect("it still runs");
    // The name, the second field, can hold spaces; it ends at the last parenthesis. utime and stime are fields 14, 15.
    let fields = stat
        .rsplit_once(')')
        .expect("a process name")
        .1
        .split_whitespace();
    let ticks = fields
        .skip(11)
        .take(2)
        .map(|ticks| ticks.parse::<f64>().expect("clock ticks"));
    ticks.sum::<f64>() / 100.0
}

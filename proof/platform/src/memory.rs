//! How much memory a process and all that it has started take, as Linux counts it.

use std::collections::HashMap;
use std::fs;

/// The memory of some processes, each with its descendants, in bytes; `None` where there is no
/// `/proc`.
pub(crate) fn of_trees(roots: &[u32]) -> Option<Vec<u64>> {
    let mut children: HashMap<u32, Vec<u32>> = HashMap::new();
    for entry in fs::read_dir("/proc").ok()?.flatten() {
        let id = entry.file_name().to_str().and_then(|name| name.parse().ok());
        let Some(id) = id else { continue };
        if let Some(parent) = parent(id) {
            children.entry(parent).or_default().push(id);
        }
    }
    Some(roots.iter().map(|root| tree(*root, &children)).collect())
}

fn tree(root: u32, children: &HashMap<u32, Vec<u32>>) -> u64 {
    let below = children.get(&root).into_iter().flatten();
    own(root) + below.map(|child| tree(*child, children)).sum::<u64>()
}

fn parent(id: u32) -> Option<u32> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before it is in parentheses, and may hold any character.
    stat.rsplit(')').next()?.split_whitespace().nth(1)?.parse().ok()
}

/// What is shared with other processes is counted in parts, where that can be read.
fn own(id: u32) -> u64 {
    let kilobytes = |file: &str, field: &str| {
        let text = fs::read_to_string(format!("/proc/{id}/{file}")).ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(field))?;
        line.split_whitespace().next()?.parse::<u64>().ok()
    };
    let found = kilobytes("smaps_rollup", "Pss:").or_else(|| kilobytes("status", "VmRSS:"));
    found.unwrap_or(0) * 1_024
}

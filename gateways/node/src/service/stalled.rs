//! Whether a service's actors work. A child that is paused or frozen answers nobody, while all that
//! the service knows of itself is well.

use bancada_http::Check;
use bancada_supervision::{NodeSnapshot, State};

use crate::process::TreeSlot;

/// The check of a service, which is not well either while one of its actors stands still.
pub(crate) fn unless_stalled(check: Check, tree: &TreeSlot) -> Check {
    let nodes = tree.get().map(|tree| tree.snapshot().nodes).unwrap_or_default();
    match nodes.iter().find_map(|node| stalled(node, check.name)) {
        Some(detail) if check.ok => Check { ok: false, detail: Some(detail), ..check },
        _ => check,
    }
}

fn stalled(node: &NodeSnapshot, service: &str) -> Option<String> {
    let word = match node.state {
        State::Paused => "is paused",
        State::Frozen => "does not answer",
        State::GaveUp => "has given up",
        _ => return None,
    };
    let is_of_service = node.path.split('/').next() == Some(service);
    is_of_service.then(|| format!("{} {word}", node.path))
}

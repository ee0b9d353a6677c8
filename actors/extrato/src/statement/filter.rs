//! Which lines of a statement are wanted.

use bancada_kernel::Timestamp;

use super::LineKind;

/// The lines of a page, the latest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Occurs in store or description, whatever the case and the accents.
    pub search: Option<String>,
    /// Only this kind.
    pub kind: Option<LineKind>,
    /// From this moment on.
    pub from: Option<Timestamp>,
    /// Up to this moment, which is not included.
    pub to: Option<Timestamp>,
    /// Only lines before this position: the cursor of the previous page.
    pub before: Option<u64>,
    /// At most so many lines.
    pub limit: usize,
}

//! W3C trace context (<https://www.w3.org/TR/trace-context/>), carried from browser to statement.

use std::fmt;

use serde::{Deserialize, Serialize};

/// One request's place in a trace: the header `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TraceContext {
    trace_id: u128,
    parent_id: u64,
    sampled: bool,
}

impl TraceContext {
    /// A context of ids made outside; `None` where one is zero, which the standard forbids.
    pub fn new(trace_id: u128, parent_id: u64) -> Option<TraceContext> {
        (trace_id != 0 && parent_id != 0).then_some(TraceContext {
            trace_id,
            parent_id,
            sampled: true,
        })
    }

    /// Reads a `traceparent` of version 00; anything else is as if there were none.
    pub fn parse(header: &str) -> Option<TraceContext> {
        let mut parts = header.trim().split('-');
        let (version, trace, parent, flags) =
            (parts.next()?, parts.next()?, parts.next()?, parts.next()?);
        let hex = |text: &str, length: usize| {
            text.len() == length
                && text.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
        };
        let shaped = version == "00"
            && parts.next().is_none()
            && hex(trace, 32)
            && hex(parent, 16)
            && hex(flags, 2);
        if !shaped {
            return None;
        }
        let mut context = TraceContext::new(
            u128::from_str_radix(trace, 16).ok()?,
            u64::from_str_radix(parent, 16).ok()?,
        )?;
        context.sampled = u8::from_str_radix(flags, 16).ok()? & 1 == 1;
        Some(context)
    }

    /// The same trace, one hop further.
    pub fn child(self, span_id: u64) -> TraceContext {
        TraceContext { parent_id: span_id.max(1), ..self }
    }

    /// 32 hexadecimal digits.
    pub fn trace_id(self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

impl fmt::Display for TraceContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let flags = u8::from(self.sampled);
        write!(f, "00-{:032x}-{:016x}-{flags:02x}", self.trace_id, self.parent_id)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standards_example_survives() {
        let header = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let context = TraceContext::parse(header).unwrap();
        assert_eq!(context.to_string(), header);
        assert_eq!(context.trace_id(), "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(context.child(7).trace_id(), context.trace_id());
    }

    #[test]
    fn what_is_not_a_traceparent_is_ignored() {
        for header in [
            "",
            "00",
            "01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-x",
        ] {
            assert_eq!(TraceContext::parse(header), None, "{header:?}");
        }
    }
}

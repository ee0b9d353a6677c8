//! Ports for what a test starts, and kills, and starts again.

use std::hash::{BuildHasher as _, Hasher as _, RandomState};
use std::net::TcpListener;

/// Below the ports that the system gives to the near ends of connections (on Linux from 32768 on).
/// A client that tries a killed server's port again and again would sooner or later be given that
/// port itself, and the server could not come back.
const PORTS: std::ops::Range<u64> = 10_000..32_000;

/// Ports that were free a moment ago.
pub fn free_ports<const N: usize>() -> [u16; N] {
    // Held together, so that they differ.
    let listeners = [(); N].map(|()| free_port());
    listeners.map(|listener| listener.local_addr().unwrap().port())
}

fn free_port() -> TcpListener {
    loop {
        let random = RandomState::new().build_hasher().finish();
        let port = PORTS.start + random % (PORTS.end - PORTS.start);
        if let Ok(listener) = TcpListener::bind(("127.0.0.1", u16::try_from(port).unwrap())) {
            return listener;
        }
    }
}

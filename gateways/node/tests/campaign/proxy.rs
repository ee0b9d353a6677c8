//! A TCP proxy whose connections suffer what a network does.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// How the network is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Network {
    Well,
    /// Connections break, and none is made.
    Cut,
    /// Everything arrives later.
    Delayed(Duration),
    /// Connections stay open, and nothing arrives on either side.
    HalfOpen,
    /// Requests arrive, and their replies do not.
    RepliesLost,
}

/// A proxy; its connections break when it is dropped.
pub(crate) struct Proxy {
    address: SocketAddr,
    network: watch::Sender<Network>,
}

impl Proxy {
    /// A proxy to this address, where nothing needs to be yet.
    pub(crate) async fn start(target: SocketAddr) -> Proxy {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (network, state) = watch::channel(Network::Well);
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                if state.has_changed().is_err() {
                    return;
                }
                tokio::spawn(connect(client, target, state.clone()));
            }
        });
        Proxy { address, network }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set(&self, network: Network) {
        self.network.send_replace(network);
    }
}

async fn connect(client: TcpStream, target: SocketAddr, network: watch::Receiver<Network>) {
    if *network.borrow() == Network::Cut {
        return;
    }
    // Nobody there: the client's connection ends as well.
    let Ok(server) = TcpStream::connect(target).await else { return };
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    tokio::select! {
        () = carry(from_client, to_server, network.clone(), false) => {}
        () = carry(from_server, to_client, network, true) => {}
    }
}

/// Carries bytes one way until the connection ends. One that has lost bytes never recovers, as
/// none does in a real network: it breaks when the network is well again.
async fn carry(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut network: watch::Receiver<Network>,
    is_reply: bool,
) {
    let mut buffer = vec![0; 16 * 1024];
    let mut has_lost = false;
    loop {
        let state = *network.borrow_and_update();
        if state == Network::Cut || (has_lost && state == Network::Well) {
            return;
        }
        let n_bytes = tokio::select! {
            changed = network.changed() => match changed {
                Ok(()) => continue,
                Err(_) => return,
            },
            read = from.read(&mut buffer) => match read {
                Ok(0) | Err(_) => return,
                Ok(n_bytes) => n_bytes,
            },
        };
        match state {
            Network::Well | Network::Cut => {}
            Network::Delayed(by) => tokio::time::sleep(by).await,
            Network::RepliesLost if !is_reply => {}
            Network::HalfOpen | Network::RepliesLost => {
                has_lost = true;
                continue;
            }
        }
        if to.write_all(&buffer[..n_bytes]).await.is_err() {
            return;
        }
    }
}

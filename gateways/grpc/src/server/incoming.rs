//! Connections as they come in: within limits, and only those that speak.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bancada_edge::{ConnectionLimit, ConnectionPermit};
use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Sleep, sleep};
use tonic::transport::server::Connected;

use super::limits::{HANDSHAKE_WITHIN, Places};

/// After a connection that could not be taken, for there are no descriptors: trying again at once
/// would take a whole processor and change nothing.
const ACCEPT_AGAIN_AFTER: Duration = Duration::from_millis(50);

/// The connections of a listener. One beyond the limit is closed at once, which costs less than
/// to keep it waiting, and which its client sees.
pub(super) fn incoming(
    listener: TcpListener,
    limit: ConnectionLimit,
) -> impl Stream<Item = io::Result<Connection>> {
    unfold((listener, limit), |(listener, limit)| async move {
        loop {
            let Ok((io, peer)) = listener.accept().await else {
                sleep(ACCEPT_AGAIN_AFTER).await;
                continue;
            };
            let Some(permit) = limit.take(peer.ip()) else { continue };
            let _ = io.set_nodelay(true);
            return Some((Ok(Connection::new(io, permit)), (listener, limit)));
        }
    })
}

/// A connection, with its share of what a server holds.
pub(super) struct Connection {
    io: TcpStream,
    places: Places,
    /// Until the first byte was read.
    silence: Option<Pin<Box<Sleep>>>,
    _permit: ConnectionPermit,
}

impl Connection {
    fn new(io: TcpStream, permit: ConnectionPermit) -> Connection {
        let silence = Some(Box::pin(sleep(HANDSHAKE_WITHIN)));
        Connection { io, places: Places::of_connection(), silence, _permit: permit }
    }
}

impl Connected for Connection {
    type ConnectInfo = Places;

    fn connect_info(&self) -> Places {
        self.places.clone()
    }
}

impl AsyncRead for Connection {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let read = Pin::new(&mut self.io).poll_read(context, buffer)?;
        match (&mut self.silence, read) {
            (Some(silence), Poll::Pending) => {
                ready!(silence.as_mut().poll(context));
                // Its end.
                Poll::Ready(Ok(()))
            }
            (_, Poll::Ready(())) => {
                self.silence = None;
                Poll::Ready(Ok(()))
            }
            (None, Poll::Pending) => Poll::Pending,
        }
    }
}

impl AsyncWrite for Connection {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(context)
    }
}

//! Who is let in, and how many.

use std::net::SocketAddr;

use bancada_edge::HostName;
use clap::Args;

/// For every listener of the process.
#[derive(Args, Clone)]
pub(crate) struct DoorOptions {
    /// A name that this process also answers to, on every listener. It always answers to
    /// localhost, to names below it and to IP addresses; a request for any other host is refused
    /// (421), so that no page of another site can pass for one of ours.
    #[arg(long, env = "BANCADA_ALLOWED_HOST", value_name = "NAME[,NAME]", value_delimiter = ',')]
    pub(crate) allowed_host: Vec<HostName>,
    /// How many connections one address may have to each listener. Without it any number, for
    /// behind a proxy everybody has the same address. This machine's own are not counted.
    #[arg(long, env = "BANCADA_CONNECTIONS_PER_ADDRESS", value_name = "NUMBER",
          value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) connections_per_address: Option<u16>,
}

/// What every service of its own has.
#[derive(Args)]
pub(crate) struct AdminOptions {
    /// Take chaos commands on the admin listener.
    #[arg(long, env = "BANCADA_CHAOS")]
    pub(crate) chaos: bool,
    /// The port of metrics and probes alone, as `up` takes it.
    #[arg(long, value_name = "PORT", conflicts_with = "admin_listen")]
    pub(crate) admin_port: Option<u16>,
    #[command(flatten)]
    pub(crate) doors: DoorOptions,
}

/// An address, or the same with another port where one was given.
pub(crate) fn on_port(address: SocketAddr, port: Option<u16>) -> SocketAddr {
    SocketAddr::new(address.ip(), port.unwrap_or(address.port()))
}

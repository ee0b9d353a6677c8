//! The shop's client sends what is asked for at the same time as one.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bancada_checkout::ports::{Bank as _, BankCallError, Outcome};
use bancada_grpc::client::{BankAddress, BankClient};
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_server::{BankService, BankServiceServer};
use bancada_telemetry::Metrics;
use futures_util::Stream;
use futures_util::future::join_all;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

use crate::running_bank::*;
use crate::shop::request;
use bancada_testbed::Disk;

fn client(address: &str, metrics: &Metrics) -> BankClient {
    BankClient::new(&BankAddress::parse(address).unwrap(), Duration::from_secs(5), metrics.clone())
}

fn n_calls(metrics: &Metrics, method: &str) -> u64 {
    let text = metrics.text();
    let counts = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("bancada_grpc_requests_total{")?;
        (rest.contains("side=\"server\"") && rest.contains(&format!("BankService/{method}\"")))
            .then(|| rest.rsplit(' ').next().unwrap().parse::<u64>().unwrap())
    });
    counts.sum()
}

#[test]
fn calls_at_the_same_time_travel_on_one_stream_for_each_connection() {
    run(async {
        let running = RunningBank::with_limit(1_000_000).await;
        let client = client(&running.address, &Metrics::new());
        let calls = (0..500).map(|n| client.authorize(request(&format!("k{n}"), 10)));
        for answer in join_all(calls).await {
            assert_eq!(answer.unwrap().outcome, Outcome::Approved);
        }
        let single = n_calls(&running.metrics, "Authorize");
        let streams = n_calls(&running.metrics, "AuthorizeStream");
        assert_eq!(single, 0, "none went alone");
        assert!((1..=2).contains(&streams), "{streams}");
        assert_eq!(running.stop_and_check().await.payments().count(), 500);
    });
}

#[test]
fn a_stream_that_broke_is_opened_anew() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let client = client(&running.address, &Metrics::new());
        client.authorize(request("before", 10)).await.unwrap();
        running.journal.set_disk(Disk::Panicking);
        let lost = client.authorize(request("lost", 10)).await.unwrap_err();
        assert!(matches!(lost, BankCallError::Unknown(_)), "{lost}");
        eventually("the Bank answers", async || {
            client.authorize(request("lost", 10)).await.is_ok()
        })
        .await;
        assert_eq!(running.stop_and_check().await.payments().count(), 2);
    });
}

/// A Bank of before there was a stream.
struct OldBank {
    n_streams: Arc<AtomicUsize>,
}

#[tonic::async_trait]
impl BankService for OldBank {
    async fn authorize(
        &self,
        request: Request<v1::AuthorizeRequest>,
    ) -> Result<Response<v1::AuthorizeResponse>, Status> {
        let request = request.into_inner();
        let payment = v1::Payment {
            payment_id: "01936b4e-8f3a-7c21-9d5e-2b7f6a1c0d3e".to_owned(),
            status: v1::PaymentStatus::Captured.into(),
            amount: request.amount,
            ..v1::Payment::default()
        };
        Ok(Response::new(v1::AuthorizeResponse { payment: Some(payment), replayed: false }))
    }

    type AuthorizeStreamStream =
        Pin<Box<dyn Stream<Item = Result<v1::AuthorizeOutcomes, Status>> + Send>>;

    async fn authorize_stream(
        &self,
        _: Request<Streaming<v1::AuthorizeBatch>>,
    ) -> Result<Response<Self::AuthorizeStreamStream>, Status> {
        self.n_streams.fetch_add(1, Ordering::Relaxed);
        Err(Status::unimplemented("what is a stream?"))
    }

    async fn capture(
        &self,
        _: Request<v1::CaptureRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn void(
        &self,
        _: Request<v1::VoidRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn refund(
        &self,
        _: Request<v1::RefundRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn get_payment(
        &self,
        _: Request<v1::GetPaymentRequest>,
    ) -> Result<Response<v1::GetPaymentResponse>, Status> {
        Err(Status::unimplemented(""))
    }

    async fn abandon(
        &self,
        _: Request<v1::AbandonRequest>,
    ) -> Result<Response<v1::AuthorizeResponse>, Status> {
        Err(Status::unimplemented(""))
    }
}

#[test]
fn a_bank_that_knows_no_stream_gets_every_call_alone() {
    run(async {
        let n_streams = Arc::new(AtomicUsize::new(0));
        let bank = OldBank { n_streams: Arc::clone(&n_streams) };
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        let server = tonic::transport::Server::builder()
            .add_service(BankServiceServer::new(bank))
            .serve_with_incoming(TcpIncoming::from(listener));
        actix_rt::spawn(server);
        let client = client(&address, &Metrics::new());
        for n in 0..20 {
            let answer = client.authorize(request(&format!("k{n}"), 10)).await.unwrap();
            assert_eq!(answer.outcome, Outcome::Approved);
        }
        let n_streams = n_streams.load(Ordering::Relaxed);
        assert!((1..=2).contains(&n_streams), "asked once on each connection: {n_streams}");
    });
}

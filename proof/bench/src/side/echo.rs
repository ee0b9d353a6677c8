//! The baseline: tonic alone, answering with what a payment's answer looks like.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;

use bancada_proto::bank::v1;
use bancada_proto::bank::v1::authorize_outcome::Outcome;
use bancada_proto::bank::v1::bank_service_server::{BankService, BankServiceServer};
use futures_util::stream::{Stream, StreamExt as _};
use tonic::transport::Server;
use tonic::transport::server::TcpIncoming;
use tonic::{Request, Response, Status, Streaming};

struct Echo;

#[tonic::async_trait]
impl BankService for Echo {
    async fn authorize(
        &self,
        request: Request<v1::AuthorizeRequest>,
    ) -> Result<Response<v1::AuthorizeResponse>, Status> {
        Ok(Response::new(answer(request.into_inner())))
    }

    type AuthorizeStreamStream =
        Pin<Box<dyn Stream<Item = Result<v1::AuthorizeOutcomes, Status>> + Send>>;

    async fn authorize_stream(
        &self,
        request: Request<Streaming<v1::AuthorizeBatch>>,
    ) -> Result<Response<Self::AuthorizeStreamStream>, Status> {
        let outcomes = request.into_inner().map(|batch| {
            let outcomes = batch?.items.into_iter().map(|item| v1::AuthorizeOutcome {
                id: item.id,
                outcome: item.request.map(|request| Outcome::Answer(answer(request))),
            });
            Ok(v1::AuthorizeOutcomes { outcomes: outcomes.collect() })
        });
        Ok(Response::new(Box::pin(outcomes)))
    }

    async fn capture(
        &self,
        _: Request<v1::CaptureRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        Err(Status::unimplemented("an echo keeps nothing"))
    }

    async fn void(
        &self,
        _: Request<v1::VoidRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        Err(Status::unimplemented("an echo keeps nothing"))
    }

    async fn refund(
        &self,
        _: Request<v1::RefundRequest>,
    ) -> Result<Response<v1::OperationResponse>, Status> {
        Err(Status::unimplemented("an echo keeps nothing"))
    }

    async fn get_payment(
        &self,
        _: Request<v1::GetPaymentRequest>,
    ) -> Result<Response<v1::GetPaymentResponse>, Status> {
        Err(Status::unimplemented("an echo keeps nothing"))
    }

    async fn abandon(
        &self,
        _: Request<v1::AbandonRequest>,
    ) -> Result<Response<v1::AuthorizeResponse>, Status> {
        Err(Status::unimplemented("an echo keeps nothing"))
    }
}

/// What a payment's answer looks like.
fn answer(request: v1::AuthorizeRequest) -> v1::AuthorizeResponse {
    let payment = v1::Payment {
        payment_id: "01936b4e-8f3a-7c21-9d5e-2b7f6a1c0d3e".to_owned(),
        merchant_id: request.merchant_id,
        order_id: request.order_id,
        status: v1::PaymentStatus::Captured.into(),
        amount: request.amount.clone(),
        card_token: "card_0123456789abcdef0123456789abcdef".to_owned(),
        masked_number: "************4242".to_owned(),
        brand: "visa".to_owned(),
        occurred_at_ms: 1_795_000_000_000,
        decline: None,
        installments: request.installments,
        captured: request.amount,
        refunded: None,
        installment_plan: Vec::new(),
        hold_ends_at_ms: 0,
    };
    v1::AuthorizeResponse { payment: Some(payment), replayed: false }
}

/// Starts the echo on a runtime like the Bank's own.
pub(crate) fn start() -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let address = listener.local_addr()?;
    std::thread::spawn(move || -> anyhow::Result<()> {
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::from_std(listener)?;
            Server::builder()
                .add_service(BankServiceServer::new(Echo))
                .serve_with_incoming(TcpIncoming::from(listener).with_nodelay(Some(true)))
                .await?;
            Ok(())
        })
    });
    Ok(address)
}

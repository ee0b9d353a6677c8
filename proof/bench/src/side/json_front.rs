//! The alternative to gRPC: JSON over HTTP/1.1 before the same ledger.
//!
//! actix-web on two workers, keep-alive, no middleware: as fast as it is known to be. It has the
//! same group commit behind it, and an endpoint that takes many payments at once.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use actix_web::web::{Data, Json, JsonConfig};
use actix_web::{App, HttpResponse, HttpServer, web};
use bancada_bank::{BankHandle, NumberedRequest, PaymentAnswer, PaymentError, PaymentRequest};
use bancada_kernel::{CardNumber, Cvv, Expiry, IdempotencyKey, MerchantId, Money};
use bancada_proto::bank::v1;
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

/// Longer than all turns of a comparison.
const PATIENCE: Duration = Duration::from_secs(600);

/// The fields of `bank.v1.AuthorizeRequest`.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Payment {
    merchant_id: String,
    idempotency_key: String,
    card_number: String,
    holder: String,
    expiry_month: u8,
    expiry_year: u16,
    cvv: String,
    amount_minor: i64,
    currency: String,
    capture: bool,
    store: String,
    description: String,
    order_id: String,
    installments: u8,
}

/// The fields of `bank.v1.AuthorizeResponse` that a sale has.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    payment_id: String,
    merchant_id: String,
    order_id: String,
    pub(crate) status: String,
    amount_minor: i64,
    captured_minor: i64,
    currency: String,
    card_token: String,
    masked_number: String,
    brand: String,
    occurred_at_ms: i64,
    installments: u8,
    replayed: bool,
}

impl Payment {
    /// The same payment as this message.
    pub(crate) fn of(message: v1::AuthorizeRequest) -> Payment {
        let mut card = message.card.unwrap_or_default();
        let amount = message.amount.unwrap_or_default();
        Payment {
            merchant_id: message.merchant_id,
            idempotency_key: message.idempotency_key,
            card_number: std::mem::take(&mut card.number),
            holder: std::mem::take(&mut card.holder),
            expiry_month: u8::try_from(card.expiry_month).unwrap_or_default(),
            expiry_year: u16::try_from(card.expiry_year).unwrap_or_default(),
            cvv: std::mem::take(&mut card.cvv),
            amount_minor: amount.amount_minor,
            currency: amount.currency,
            capture: message.capture,
            store: message.store,
            description: message.description,
            order_id: message.order_id,
            installments: u8::try_from(message.installments).unwrap_or_default(),
        }
    }

    fn into_request(self) -> anyhow::Result<PaymentRequest> {
        let number = CardNumber::parse(&self.card_number)?;
        Ok(PaymentRequest {
            merchant: MerchantId::parse(&self.merchant_id)?,
            key: IdempotencyKey::parse(&self.idempotency_key)?,
            cvv: Some(Cvv::parse(&self.cvv, number.brand())?),
            number,
            expiry: Expiry::new(self.expiry_year, self.expiry_month)?,
            amount: Money::of_code(self.amount_minor, &self.currency)?,
            capture: self.capture,
            store: self.store,
            description: self.description,
            order_id: self.order_id,
            installments: self.installments,
            trace: None,
        })
    }
}

fn answer(answer: Result<PaymentAnswer, PaymentError>) -> Result<Answer, PaymentError> {
    let PaymentAnswer { payment, replayed } = answer?;
    let card = payment.card;
    let card = card.map(|card| (card.token, card.masked_number, card.brand.word().to_owned()));
    let (token, masked_number, brand) = card.ok_or(PaymentError::UnknownOutcome)?;
    Ok(Answer {
        payment_id: payment.id.to_string(),
        merchant_id: payment.merchant.as_str().to_owned(),
        order_id: payment.order_id.to_string(),
        status: if payment.status.decline().is_some() { "declined" } else { "captured" }.to_owned(),
        amount_minor: payment.amount.minor,
        captured_minor: payment.captured_minor,
        currency: payment.amount.currency.code().to_owned(),
        card_token: token.as_str().to_owned(),
        masked_number: masked_number.to_string(),
        brand,
        occurred_at_ms: payment.occurred_at.0,
        installments: payment.installments,
        replayed,
    })
}

async fn authorize(bank: Data<BankHandle>, payment: Json<Payment>) -> HttpResponse {
    let Ok(request) = payment.into_inner().into_request() else {
        return HttpResponse::BadRequest().finish();
    };
    match answer(bank.authorize(request).await) {
        Ok(answer) => HttpResponse::Ok().json(answer),
        Err(PaymentError::Overloaded) => HttpResponse::TooManyRequests().finish(),
        Err(_) => HttpResponse::InternalServerError().finish(),
    }
}

async fn authorize_many(bank: Data<BankHandle>, payments: Json<Vec<Payment>>) -> HttpResponse {
    let (answers, mut answered) = mpsc::unbounded_channel();
    let mut requests = Vec::with_capacity(payments.len());
    for (id, payment) in (0_u64..).zip(payments.into_inner()) {
        let Ok(request) = payment.into_request() else {
            return HttpResponse::BadRequest().finish();
        };
        requests.push(NumberedRequest { id, request, deadline: None });
    }
    bank.authorize_many(requests, &answers);
    drop(answers);
    let mut all = Vec::new();
    while let Some((_, one)) = answered.recv().await {
        match answer(one) {
            Ok(answer) => all.push(answer),
            Err(_) => return HttpResponse::InternalServerError().finish(),
        }
    }
    HttpResponse::Ok().json(all)
}

/// Serves `POST /authorize` and `POST /authorizations` on a thread of its own.
pub(crate) fn start(bank: BankHandle) -> anyhow::Result<SocketAddr> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = listener.local_addr()?;
    let thread = std::thread::Builder::new().name("json".to_owned());
    thread.spawn(move || actix_rt::System::new().block_on(serve(bank, listener)))?;
    Ok(address)
}

async fn serve(bank: BankHandle, listener: TcpListener) -> std::io::Result<()> {
    let bank = Data::new(bank);
    let server = HttpServer::new(move || {
        App::new()
            .app_data(bank.clone())
            .app_data(JsonConfig::default().limit(64 * 1024))
            .route("/authorize", web::post().to(authorize))
            .route("/authorizations", web::post().to(authorize_many))
    });
    // Connections wait while other sides have their turn, also for their first request.
    let server = server.keep_alive(PATIENCE).client_request_timeout(PATIENCE);
    server.workers(2).listen(listener)?.disable_signals().run().await
}

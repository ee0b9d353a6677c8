//! `bank.v1.CardService`.

use bancada_bank::BankHandle;
use bancada_proto::bank::v1;
use bancada_telemetry::Metrics;
use tonic::{Request, Response, Status};

use super::call::{metered, trace_of};
use crate::message::{card, field};
use crate::status::{bank_error, card_unknown};

pub(crate) struct CardApi {
    pub(crate) bank: BankHandle,
    pub(crate) metrics: Metrics,
}

const DEFAULT_PAGE: u32 = 100;
const LARGEST_PAGE: u32 = 1_000;

#[tonic::async_trait]
impl v1::card_service_server::CardService for CardApi {
    async fn issue_card(
        &self,
        request: Request<v1::IssueCardRequest>,
    ) -> Result<Response<v1::CardAccount>, Status> {
        metered(&self.metrics, "CardService/IssueCard", async {
            let issued = self.bank.issue_card(card::request(request.into_inner())?).await;
            let issued = issued.map_err(|error| bank_error(&error))?;
            Ok(Response::new(card::account(issued)))
        })
        .await
    }

    async fn get_card(
        &self,
        request: Request<v1::GetCardRequest>,
    ) -> Result<Response<v1::CardAccount>, Status> {
        metered(&self.metrics, "CardService/GetCard", async {
            let found = self.bank.find_card(card::token(&request.into_inner().card_token)?).await;
            let found = found.map_err(|error| bank_error(&error))?;
            let found = found.ok_or_else(card_unknown)?;
            Ok(Response::new(card::account(found)))
        })
        .await
    }

    async fn list_cards(
        &self,
        request: Request<v1::ListCardsRequest>,
    ) -> Result<Response<v1::ListCardsResponse>, Status> {
        metered(&self.metrics, "CardService/ListCards", async {
            let v1::ListCardsRequest { page_size, page_token } = request.into_inner();
            let size = match page_size {
                0 => DEFAULT_PAGE,
                1..=LARGEST_PAGE => page_size,
                _ => return Err(field::invalid("page_size", "it must be 1 to 1000")),
            };
            let after = match page_token.as_str() {
                "" => None,
                token => Some(card::token(token)?),
            };
            let size: usize = field::small("page_size", size)?;
            // One more than asked for tells whether there is another page.
            let found = self.bank.list_cards(after, size + 1).await;
            let mut cards = found.map_err(|error| bank_error(&error))?;
            let has_more = cards.len() > size;
            cards.truncate(size);
            let last = cards.last().filter(|_| has_more);
            let next_page_token = last.map(|card| card.token.to_string()).unwrap_or_default();
            let cards = cards.into_iter().map(card::account).collect();
            Ok(Response::new(v1::ListCardsResponse { cards, next_page_token }))
        })
        .await
    }

    async fn set_card_status(
        &self,
        request: Request<v1::SetCardStatusRequest>,
    ) -> Result<Response<v1::CardAccount>, Status> {
        metered(&self.metrics, "CardService/SetCardStatus", async {
            let request = card::status_request(request.into_inner())?;
            let changed = self.bank.set_card_status(request).await;
            let changed = changed.map_err(|error| bank_error(&error))?;
            Ok(Response::new(card::account(changed)))
        })
        .await
    }

    async fn pay_bill(
        &self,
        request: Request<v1::PayBillRequest>,
    ) -> Result<Response<v1::PayBillResponse>, Status> {
        metered(&self.metrics, "CardService/PayBill", async {
            let trace = trace_of(&request);
            let request = card::bill_request(request.into_inner(), trace)?;
            let paid = self.bank.pay_bill(request).await.map_err(|error| bank_error(&error))?;
            Ok(Response::new(card::bill_answer(&paid)))
        })
        .await
    }

    async fn set_card_limit(
        &self,
        request: Request<v1::SetCardLimitRequest>,
    ) -> Result<Response<v1::CardAccount>, Status> {
        metered(&self.metrics, "CardService/SetCardLimit", async {
            let request = card::limit_request(request.into_inner())?;
            let changed = self.bank.set_card_limit(request).await;
            let changed = changed.map_err(|error| bank_error(&error))?;
            Ok(Response::new(card::account(changed)))
        })
        .await
    }
}

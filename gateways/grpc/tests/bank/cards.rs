//! `bank.v1.CardService`: issuing cards and looking after them.

use bancada_proto::bank::v1::{
    CardAccount, CardStatus, GetCardRequest, IssueCardRequest, ListCardsRequest, Money,
    PaymentStatus, SetCardStatusRequest,
};
use tonic::{Code, Status};

use crate::running_bank::*;

/// Luhn-correct numbers of six digits to the brand and nine counted ones.
fn number(n: u32) -> String {
    let payload = format!("400000{n:09}");
    let sum: u32 = payload
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0');
            let doubled = if place % 2 == 0 { digit * 2 } else { digit };
            doubled / 10 + doubled % 10
        })
        .sum();
    format!("{payload}{}", (10 - sum % 10) % 10)
}

async fn issue(running: &RunningBank, request: IssueCardRequest) -> Result<CardAccount, Status> {
    let issued = running.cards().issue_card(request).await;
    checked(issued.map(tonic::Response::into_inner))
}

async fn set_status(
    running: &RunningBank,
    token: &str,
    status: CardStatus,
) -> Result<CardAccount, Status> {
    let request = SetCardStatusRequest { card_token: token.to_owned(), status: status.into() };
    let changed = running.cards().set_card_status(request).await;
    checked(changed.map(tonic::Response::into_inner))
}

#[test]
fn an_issued_card_is_shown_without_its_number() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let issued = running.issue(OTHER_NUMBER, 5_000).await;
        assert_eq!(issued.masked_number, "************4444");
        assert_eq!((issued.brand.as_str(), issued.holder.as_str()), ("mastercard", "Ana Teste"));
        assert_eq!((issued.expiry_month, issued.expiry_year), (12, 2035));
        assert_eq!((&issued.limit, &issued.available), (&brl(5_000), &brl(5_000)));
        assert_eq!((&issued.balance, &issued.held), (&brl(0), &brl(0)));
        assert_eq!(issued.status(), CardStatus::Active);
        assert_eq!((issued.closing_day, issued.due_day), (5, 15));
        assert!(!issued.card_token.contains("4444"), "a token says nothing about the number");
        assert_eq!(running.card(&issued.card_token).await, issued);
        running.stop_and_check().await;
    });
}

#[test]
fn a_card_that_cannot_be_issued_says_why() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let good = || card(OTHER_NUMBER, 1_000);
        let dollars = Money { amount_minor: 1, currency: "USD".to_owned() };
        for (field, request) in [
            ("number", {
                let mut message = good();
                message.number = "5555555555554445".into();
                message
            }),
            ("number", {
                let mut message = good();
                message.number = String::new();
                message
            }),
            ("holder", {
                let mut message = good();
                message.holder = " ".into();
                message
            }),
            ("holder", {
                let mut message = good();
                message.holder = "A".repeat(65);
                message
            }),
            ("card.expiry_month", {
                let mut message = good();
                message.expiry_month = 13;
                message
            }),
            ("limit", {
                let mut message = good();
                message.limit = None;
                message
            }),
            ("limit.amount_minor", {
                let mut message = good();
                message.limit = brl(-1);
                message
            }),
            ("limit.currency", {
                let mut message = good();
                message.limit = Some(dollars);
                message
            }),
            ("closing_day", {
                let mut message = good();
                message.closing_day = 0;
                message
            }),
            ("closing_day", {
                let mut message = good();
                message.closing_day = 29;
                message
            }),
            ("closing_day", {
                let mut message = good();
                message.closing_day = 256 + 5;
                message
            }),
            ("due_day", {
                let mut message = good();
                message.due_day = 300;
                message
            }),
        ] {
            let status = issue(&running, request).await.unwrap_err();
            assert_eq!(field_of(&status), field, "{status:?}");
        }
        let status = issue(&running, card(NUMBER, 1_000)).await.unwrap_err();
        assert_eq!(
            (status.code(), reason_of(&status).as_str()),
            (Code::AlreadyExists, "CARD_EXISTS")
        );
        assert_eq!(running.journal.entries().len(), 1);
        running.stop_and_check().await;
    });
}

#[test]
fn a_blocked_card_declines_and_goes_through_again_when_it_is_unblocked() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let token = running.token().await;
        let blocked = set_status(&running, &token, CardStatus::Blocked).await.unwrap();
        assert_eq!(blocked.status(), CardStatus::Blocked);
        let n_entries = running.journal.entries().len();
        // Saying it twice is harmless.
        assert_eq!(set_status(&running, &token, CardStatus::Blocked).await.unwrap(), blocked);
        assert_eq!(running.journal.entries().len(), n_entries);

        let declined = running.pay("blocked", 100).await;
        let decline = declined.decline.unwrap();
        assert_eq!((decline.code.as_str(), decline.reason.as_str()), ("78", "card_blocked"));
        set_status(&running, &token, CardStatus::Active).await.unwrap();
        assert_eq!(running.pay("active", 100).await.status(), PaymentStatus::Captured);
        let again = running.pay("blocked", 100).await;
        assert_eq!(again.status(), PaymentStatus::Declined, "an answer stands");
        assert_eq!(running.card(&token).await.balance, brl(100));
        running.stop_and_check().await;
    });
}

#[test]
fn cancelled_is_for_ever() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let token = running.token().await;
        set_status(&running, &token, CardStatus::Cancelled).await.unwrap();
        for status in [CardStatus::Active, CardStatus::Blocked] {
            let refused = set_status(&running, &token, status).await.unwrap_err();
            assert_eq!(refused.code(), Code::FailedPrecondition);
            assert_eq!(reason_of(&refused), "CARD_CANCELLED");
        }
        assert_eq!(running.card(&token).await.status(), CardStatus::Cancelled);
        running.stop_and_check().await;
    });
}

#[test]
fn an_unknown_card_is_not_found_and_a_bad_request_is_invalid() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let unknown = GetCardRequest { card_token: "card_0".to_owned() };
        let status = running.cards().get_card(unknown).await.unwrap_err();
        assert_eq!(status.code(), Code::NotFound);
        let status = set_status(&running, "card_0", CardStatus::Blocked).await.unwrap_err();
        let found = (status.code(), reason_of(&status));
        assert_eq!(found, (Code::NotFound, "CARD_UNKNOWN".to_owned()));

        let empty = running.cards().get_card(GetCardRequest::default()).await.unwrap_err();
        assert_eq!(field_of(&empty), "card_token");
        let token = running.token().await;
        for status in [CardStatus::Unspecified as i32, 99] {
            let request = SetCardStatusRequest { card_token: token.clone(), status };
            let refused = running.cards().set_card_status(request).await.unwrap_err();
            assert_eq!(field_of(&refused), "status");
        }
        running.stop_and_check().await;
    });
}

#[test]
fn a_list_comes_in_pages_without_gaps_or_repetitions() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        for n in 0..24 {
            running.issue(&number(n), 1_000).await;
        }
        let mut tokens = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListCardsRequest { page_size: 10, page_token };
            let page = running.cards().list_cards(request).await;
            let page = checked(page.map(tonic::Response::into_inner)).unwrap();
            assert!(page.cards.len() <= 10);
            tokens.extend(page.cards.into_iter().map(|card| card.card_token));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                break;
            }
        }
        assert_eq!(tokens.len(), 25);
        assert!(tokens.is_sorted_by(|a, b| a < b), "in order, each once");
        // A page that holds exactly the rest is the last.
        let request = ListCardsRequest { page_size: 25, page_token: String::new() };
        let page = running.cards().list_cards(request).await.unwrap().into_inner();
        assert_eq!((page.cards.len(), page.next_page_token.as_str()), (25, ""));

        let request = ListCardsRequest { page_size: 1_001, page_token: String::new() };
        let status = running.cards().list_cards(request).await.unwrap_err();
        assert_eq!(field_of(&status), "page_size");
        running.stop_and_check().await;
    });
}

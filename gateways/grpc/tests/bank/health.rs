//! The standard services: health checks and reflection.

use tonic::Code;
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;
use tonic_reflection::pb::v1::ServerReflectionRequest;
use tonic_reflection::pb::v1::server_reflection_client::ServerReflectionClient;
use tonic_reflection::pb::v1::server_reflection_request::MessageRequest;
use tonic_reflection::pb::v1::server_reflection_response::MessageResponse;

use crate::running_bank::*;
use bancada_testbed::{Disk, MemoryJournal};

const OURS: [&str; 4] =
    ["bank.v1.BankService", "bank.v1.CardService", "bank.v1.EventFeed", "payment.PaymentService"];

async fn health(running: &RunningBank, service: &str) -> Result<ServingStatus, Code> {
    let request = HealthCheckRequest { service: service.to_owned() };
    let answer = HealthClient::new(running.channel.clone()).check(request).await;
    answer.map(|answer| answer.into_inner().status()).map_err(|status| status.code())
}

#[test]
fn every_service_says_that_it_serves() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        for service in OURS.into_iter().chain([""]) {
            eventually("the service is serving", async || {
                health(&running, service).await == Ok(ServingStatus::Serving)
            })
            .await;
        }
        assert_eq!(health(&running, "bank.v1.Nothing").await, Err(Code::NotFound));
        running.stop_and_check().await;
    });
}

#[test]
fn a_bank_that_loads_or_has_no_room_does_not_serve_but_its_past_can_be_read() {
    run(async {
        let journal = MemoryJournal::new();
        journal.set_disk(Disk::Frozen);
        let running = RunningBank::start(&journal, 16).await;
        let becomes = async |status| {
            for service in ["", "bank.v1.BankService"] {
                eventually("health(&running, service).await == Ok(status)", async || {
                    health(&running, service).await == Ok(status)
                })
                .await;
            }
        };
        becomes(ServingStatus::NotServing).await;
        assert_eq!(health(&running, "bank.v1.EventFeed").await, Ok(ServingStatus::Serving));
        journal.set_disk(Disk::Well);
        becomes(ServingStatus::Serving).await;
        journal.set_disk(Disk::Full);
        running.cards().issue_card(card(NUMBER, 1_000)).await.unwrap_err();
        becomes(ServingStatus::NotServing).await;
        journal.set_disk(Disk::Well);
        becomes(ServingStatus::Serving).await;
        running.bank.shutdown().await;
        becomes(ServingStatus::NotServing).await;
        running.stop_and_check().await;
    });
}

async fn reflect(running: &RunningBank, question: MessageRequest) -> MessageResponse {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut client = ServerReflectionClient::new(running.channel.clone());
    let answers = client.server_reflection_info(tokio_stream::once(request)).await;
    let answer = answers.unwrap().into_inner().message().await.unwrap().unwrap();
    answer.message_response.unwrap()
}

#[test]
fn reflection_lists_every_service_and_describes_ours() {
    run(async {
        let running = RunningBank::with_limit(1_000).await;
        let list = reflect(&running, MessageRequest::ListServices(String::new())).await;
        let MessageResponse::ListServicesResponse(list) = list else { panic!("{list:?}") };
        let names: Vec<_> = list.service.into_iter().map(|service| service.name).collect();
        for service in OURS.into_iter().chain(["grpc.health.v1.Health"]) {
            assert!(names.iter().any(|name| name == service), "{service} is not in {names:?}");
            let question = MessageRequest::FileContainingSymbol(service.to_owned());
            let file = reflect(&running, question).await;
            let MessageResponse::FileDescriptorResponse(file) = file else { panic!("{file:?}") };
            assert!(!file.file_descriptor_proto.is_empty());
        }
        for detail in ["google.rpc.ErrorInfo", "google.rpc.BadRequest", "google.rpc.RetryInfo"] {
            let question = MessageRequest::FileContainingSymbol(detail.to_owned());
            let file = reflect(&running, question).await;
            assert!(matches!(file, MessageResponse::FileDescriptorResponse(_)), "{detail}");
        }
        let question = MessageRequest::FileContainingSymbol("bank.v1.Nothing".to_owned());
        let nothing = reflect_error(&running, question).await;
        assert_eq!(nothing, Code::NotFound);
        running.stop_and_check().await;
    });
}

/// The code that a question without an answer gets.
async fn reflect_error(running: &RunningBank, question: MessageRequest) -> Code {
    let request = ServerReflectionRequest { host: String::new(), message_request: Some(question) };
    let mut client = ServerReflectionClient::new(running.channel.clone());
    let answers = client.server_reflection_info(tokio_stream::once(request)).await;
    answers.unwrap().into_inner().message().await.unwrap_err().code()
}

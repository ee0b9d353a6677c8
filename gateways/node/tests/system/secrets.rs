//! No card number and no security code is anywhere but on its way to the Bank: not in a file, not
//! in a log, not in an answer.
//!
//! `BANCADA_SECRETS_PAYMENTS` asks for more payments than a test run makes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::io::{Read as _, Seek as _, SeekFrom, Write as _};
use std::path::{Path, PathBuf};

use bancada_grpc::client::{BankAddress, connect};
use bancada_kernel::test_cards::TEST_CARDS;
use bancada_proto::bank::v1;
use bancada_proto::bank::v1::bank_service_client::BankServiceClient;
use bancada_proto::bank::v1::card_service_client::CardServiceClient;
use bancada_proto::codebank;
use bancada_proto::codebank::payment_service_client::PaymentServiceClient;
use reqwest::Method;
use serde_json::{Value, json};
use tonic::transport::Channel;

use crate::load::Load;
use crate::program::*;
use crate::scanner::{Finding, Secret, scan, scan_file};
use crate::spellings::SPELLINGS;

/// Of no demo card, so that nobody knows it but by its shape.
const NUMBER: &str = "4111 1111 1111 1111";
const DIGITS: &str = "4111111111111111";
/// Everything the program logs of its own, and what its libraries do with connections; the frames
/// of HTTP/2 would be most of the log, and their contents are not in them.
pub(crate) const LOG_OF_MANY: &str = "debug,h2=info,hyper_util=info";
const SNAPSHOT_EVERY: &str = "20000";
/// What the program prints for its user when it is up.
const ANNOUNCED: &[u8] = b"\n  Test card    4242 4242 4242 4242";
/// Payments between two looks at the journal's position.
const STEP: u64 = 5_000;
/// Findings that are shown of each file.
const N_SHOWN: usize = 20;

fn n_payments() -> u64 {
    let asked = std::env::var("BANCADA_SECRETS_PAYMENTS").ok();
    asked.map_or(100_000, |text| text.parse().expect("a number of payments"))
}

/// Whatever was answered, to be scanned like everything else.
pub(crate) struct Answers {
    file: fs::File,
}

impl Answers {
    pub(crate) fn in_file(path: &Path) -> Answers {
        Answers { file: fs::File::create(path).unwrap() }
    }

    fn keep(&mut self, answer: impl std::fmt::Debug) {
        writeln!(self.file, "{answer:?}").unwrap();
    }

    /// Asks, and keeps the status, the headers and the body; the status.
    async fn keep_of(&mut self, request: reqwest::RequestBuilder) -> u16 {
        let answer = request.send().await.unwrap();
        let (status, headers) = (answer.status().as_u16(), answer.headers().clone());
        let body = answer.text().await.unwrap();
        writeln!(self.file, "{status} {headers:?}\n{body}").unwrap();
        status
    }
}

/// Orders with a card number or a code where none belongs.
fn misplaced() -> Vec<Value> {
    let good = || order("4242424242424242");
    let with = |path: &str, value: Value| {
        let mut body = good();
        *body.pointer_mut(path).unwrap() = value;
        body
    };
    let of_field = |name: &str, value: Value| {
        let mut body = good();
        body["card"][name] = value;
        body
    };
    let number: u64 = DIGITS.parse().unwrap();
    vec![
        with("/items/0/slug", json!(NUMBER)),
        with("/items/0/quantity", json!(number)),
        with("/items/0/quantity", json!(DIGITS)),
        with("/card/number", json!(number)),
        with("/card/number", json!([DIGITS])),
        with("/card/number", json!(format!("{NUMBER} 9"))),
        with("/card/holder", json!(NUMBER)),
        with("/card/cvv", json!(NUMBER)),
        with("/card/cvv", json!(987)),
        with("/card/expiry_month", json!(number)),
        with("/card/expiry_year", json!(DIGITS)),
        with("/items", json!(DIGITS)),
        of_field(DIGITS, json!("cvv 987")),
        of_field("cvc", json!("987")),
        json!({ "expected_total": { "amount_minor": number, "currency": DIGITS } }),
        json!(DIGITS),
    ]
}

/// Orders that are paid, declined, refused and read, and pages of what was never there.
pub(crate) async fn visit_the_shop(system: &System, answers: &mut Answers) {
    let shop = format!("{}/api/checkout/v1", system.shop);
    for card in TEST_CARDS {
        answers.keep(system.buy(&new_key(), card.number).await.unwrap());
        answers.keep(system.buy(&new_key(), &card.printed_number()).await.unwrap());
    }
    for body in misplaced() {
        answers.keep(system.post_order(Some(&new_key()), &body).await.unwrap());
    }
    answers.keep(system.post_order(None, &order(NUMBER)).await.unwrap());
    answers.keep(system.post_order(Some(DIGITS), &order(NUMBER)).await.unwrap());
    let torn = format!(r#"{{"items":[],"card":{{"number":"{NUMBER}","cvv":"987","#);
    for kind in ["application/json", "text/plain"] {
        let request = system.web.post(format!("{shop}/orders")).header("content-type", kind);
        let request = request.header("idempotency-key", new_key()).body(torn.clone());
        assert!((400..500).contains(&answers.keep_of(request).await));
    }
    for path in [
        format!("products/{DIGITS}"),
        format!("orders/{DIGITS}"),
        format!("orders?limit={DIGITS}"),
        format!("orders?before={DIGITS}"),
        DIGITS.to_owned(),
    ] {
        let status = answers.keep_of(system.web.get(format!("{shop}/{path}"))).await;
        assert!(status < 500, "{path}: {status}");
    }
    let method = Method::from_bytes(b"PURGE").unwrap();
    answers.keep_of(system.web.request(method, format!("{shop}/orders/{DIGITS}"))).await;
    answers.keep_of(system.web.get(format!("{shop}/orders?limit=100"))).await;
}

pub(crate) async fn read_the_statements(system: &System, answers: &mut Answers) {
    let statement = format!("{}/api/extrato/v1/cards", system.statement);
    answers.keep_of(system.web.get(&statement)).await;
    let cards = system.get(&statement).await.unwrap();
    for card in cards["cards"].as_array().unwrap() {
        let token = card["token"].as_str().unwrap();
        let lines = format!("{statement}/{token}/statement");
        for query in ["limit=200".to_owned(), format!("search={DIGITS}"), format!("kind={DIGITS}")]
        {
            answers.keep_of(system.web.get(format!("{lines}?{query}"))).await;
        }
    }
    answers.keep_of(system.web.get(format!("{statement}/{DIGITS}/statement"))).await;
    for path in ["metrics", "tree", "readyz?verbose", DIGITS] {
        answers.keep_of(system.web.get(format!("{}/{path}", system.admin))).await;
    }
}

/// Calls of the Bank that are answered and calls that make no sense.
pub(crate) async fn call_the_bank(system: &System, answers: &mut Answers) {
    let address = BankAddress::parse(&system.bank).unwrap();
    let mut bank = BankServiceClient::new(connect(&address));
    for request in authorizations() {
        answers.keep(bank.authorize(request).await);
    }
    for id in [NUMBER, DIGITS] {
        let by = Some(v1::get_payment_request::By::PaymentId(id.to_owned()));
        let merchant_id = "loja".to_owned();
        answers.keep(bank.get_payment(v1::GetPaymentRequest { merchant_id, by }).await);
    }
    issue_cards(CardServiceClient::new(connect(&address)), answers).await;
    pay_as_codebank(PaymentServiceClient::new(connect(&address)), answers).await;
}

fn authorizations() -> Vec<v1::AuthorizeRequest> {
    let good = || v1::AuthorizeRequest {
        merchant_id: "loja".to_owned(),
        idempotency_key: new_key(),
        card: Some(v1::CardDetails {
            number: NUMBER.to_owned(),
            holder: "Ana Teste".to_owned(),
            expiry_month: 12,
            expiry_year: 2035,
            cvv: "987".to_owned(),
        }),
        amount: Some(v1::Money { amount_minor: 100, currency: "BRL".to_owned() }),
        capture: true,
        store: "Loja".to_owned(),
        description: "cafe".to_owned(),
        order_id: "7".to_owned(),
        installments: 1,
    };
    let of_card = |change: &dyn Fn(&mut v1::CardDetails)| {
        let mut request = good();
        change(request.card.as_mut().unwrap());
        request
    };
    let money = v1::Money { amount_minor: 100, currency: DIGITS.to_owned() };
    let odd = vec![
        good(),
        of_card(&|card| card.holder = NUMBER.to_owned()),
        of_card(&|card| card.cvv = NUMBER.to_owned()),
        of_card(&|card| card.number = format!("{NUMBER}\n")),
        of_card(&|card| card.number = format!("{NUMBER} 9")),
        of_card(&|card| card.expiry_month = 4_111_111_111),
        v1::AuthorizeRequest { store: NUMBER.to_owned(), ..good() },
        v1::AuthorizeRequest { description: format!("card {NUMBER}"), ..good() },
        v1::AuthorizeRequest { description: "cvv: 987".to_owned(), ..good() },
        v1::AuthorizeRequest { merchant_id: NUMBER.to_owned(), ..good() },
        v1::AuthorizeRequest { idempotency_key: NUMBER.to_owned(), ..good() },
        v1::AuthorizeRequest { amount: Some(money), ..good() },
    ];
    let spelled = SPELLINGS.into_iter().flat_map(|spelling| {
        let text = format!("cartao {spelling}, código de segurança 987");
        [
            v1::AuthorizeRequest { store: spelling.to_owned(), ..good() },
            v1::AuthorizeRequest { description: text, ..good() },
        ]
    });
    odd.into_iter().chain(spelled).collect()
}

async fn issue_cards(mut cards: CardServiceClient<Channel>, answers: &mut Answers) {
    for holder in ["Ana Teste", NUMBER].into_iter().chain(SPELLINGS) {
        let request = v1::IssueCardRequest {
            number: NUMBER.to_owned(),
            holder: holder.to_owned(),
            expiry_month: 12,
            expiry_year: 2035,
            limit: Some(v1::Money { amount_minor: 100_000, currency: "BRL".to_owned() }),
            closing_day: 5,
            due_day: 15,
        };
        // The second time in another spelling of the same card.
        let mut again = request.clone();
        DIGITS.clone_into(&mut again.number);
        answers.keep(cards.issue_card(request).await);
        answers.keep(cards.issue_card(again).await);
    }
    let listed = cards.list_cards(v1::ListCardsRequest::default()).await;
    answers.keep(listed);
}

async fn pay_as_codebank(mut codebank: PaymentServiceClient<Channel>, answers: &mut Answers) {
    let card = |number: &str, cvv| codebank::payment_request::CreditCard {
        name: "Ana Teste".to_owned(),
        number: number.to_owned(),
        expiration_month: 12,
        expiration_year: 2035,
        cvv,
    };
    for (number, cvv, store) in [
        ("4242424242424242", 987, "Loja"),
        ("4000000000000127", 987, "Loja"),
        (NUMBER, 987, "Loja"),
        (NUMBER, 98_765, "Loja"),
        ("4242424242424242", 987, NUMBER),
        ("4111111111111112", 987, "Loja"),
    ] {
        let request = codebank::PaymentRequest {
            credit_card: Some(card(number, cvv)),
            amount: 12.5,
            store: store.to_owned(),
            description: "cafe".to_owned(),
        };
        answers.keep(codebank.payment(request).await);
    }
}

/// A file, or those of a folder and of all folders in it.
fn files(path: PathBuf) -> Vec<PathBuf> {
    if !path.is_dir() {
        return vec![path];
    }
    let entries = fs::read_dir(path).unwrap().map(|entry| entry.unwrap().path());
    entries.flat_map(files).collect()
}

/// Whether it is the card that the program tells its user to pay with, each time it starts.
fn is_announced(path: &Path, (at, _): Finding) -> bool {
    let (mut file, mut line) = (fs::File::open(path).unwrap(), vec![0; ANNOUNCED.len()]);
    let before = line.len() as u64 - 19;
    at >= before
        && file.seek(SeekFrom::Start(at - before)).is_ok()
        && file.read_exact(&mut line).is_ok()
        && line == ANNOUNCED
}

/// What is in files and in the folders' files.
pub(crate) fn scan_all(places: &[&Path]) -> BTreeMap<PathBuf, Vec<Finding>> {
    let scanned = places.iter().map(|place| place.to_path_buf()).flat_map(files).map(|path| {
        let found = scan_file(&path).unwrap().into_iter();
        let found = found.filter(|finding| !is_announced(&path, *finding)).collect();
        (path, found)
    });
    scanned.filter(|(_, found): &(_, Vec<_>)| !found.is_empty()).collect()
}

/// What stands around the first of a file's findings, for whoever has to find out where it is from.
pub(crate) fn show(found: &BTreeMap<PathBuf, Vec<Finding>>) -> String {
    let mut text = String::new();
    for (path, findings) in found {
        writeln!(text, "{} in {}:", findings.len(), path.display()).unwrap();
        let bytes = fs::read(path).unwrap();
        for (at, secret) in findings.iter().take(N_SHOWN) {
            let at = usize::try_from(*at).unwrap();
            let around = &bytes[at.saturating_sub(80)..bytes.len().min(at + 60)];
            writeln!(text, "  {at} {secret:?}: {}", around.escape_ascii()).unwrap();
        }
    }
    text
}

/// A card number in each spelling and a security code: what is there and must be found.
fn plant_canary(path: &Path) -> Vec<Finding> {
    let mut bytes = Vec::new();
    let mut expected = Vec::new();
    let hyphens = NUMBER.replace(' ', "-");
    for spelling in [NUMBER, DIGITS, &hyphens] {
        expected.push((bytes.len() as u64, Secret::CardNumber));
        bytes.extend(spelling.bytes().chain([0, 0]));
    }
    expected.push((bytes.len() as u64, Secret::CardNumber));
    bytes.extend(NUMBER.encode_utf16().flat_map(u16::to_le_bytes).chain([0, 0]));
    expected.push((bytes.len() as u64 + 1, Secret::SecurityCode));
    bytes.extend(br#""cvv":"987""#);
    fs::write(path, bytes).unwrap();
    expected
}

/// That a file is what it is taken for: it says this somewhere.
pub(crate) fn says(path: &Path, text: &str) -> bool {
    let bytes = fs::read(path).unwrap();
    bytes.windows(text.len()).any(|window| window == text.as_bytes())
}

#[test]
fn no_card_number_and_no_security_code_is_anywhere() {
    run(async {
        let (data, captured) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let log = captured.path().join("up.log");
        let mut answers = Answers::in_file(&captured.path().join("answers"));
        let system = System::new(data.path());

        // Few payments, and everything about them is logged.
        let program = system.up_writing(&[], "trace", &log);
        system.is_ready().await;
        visit_the_shop(&system, &mut answers).await;
        call_the_bank(&system, &mut answers).await;
        read_the_statements(&system, &mut answers).await;
        assert_eq!(program.interrupt(), Some(0));

        let options = ["--snapshot-every", SNAPSHOT_EVERY];
        let program = system.up_writing(&options, LOG_OF_MANY, &log);
        system.is_ready().await;
        let load = Load::start(&system.bank, captured.path(), "24h");
        for n_steps in 1..=n_payments().div_ceil(STEP) {
            system.advances(STEP).await;
            if n_steps == 2 {
                // What a panic prints is scanned as well.
                system.crash("bank/ledger").await;
                visit_the_shop(&system, &mut answers).await;
            }
        }
        let told = load.stop().await;
        eventually("a snapshot is made", async || !system.snapshots().is_empty()).await;
        system.passes_audit(Some(&told)).await;
        call_the_bank(&system, &mut answers).await;
        read_the_statements(&system, &mut answers).await;
        let snapshot = system.snapshots().remove(0);
        // As it is while it runs, with the logs of SQLite, and as it is left behind.
        let folders = [data.path(), captured.path()];
        let found = scan_all(&folders);
        assert!(found.is_empty(), "{}", show(&found));
        let canary = data.path().join("bank/canary");
        let expected = plant_canary(&canary);
        assert_eq!(program.interrupt(), Some(0));
        assert_eq!(scan_all(&folders), BTreeMap::from([(canary, expected)]));

        for (path, text) in [
            (data.path().join("bank/journal.sqlite3"), "************4242"),
            (snapshot, "************4242"),
            (data.path().join("checkout/orders.sqlite3"), "************4242"),
            (data.path().join("extrato/statement.sqlite3"), "************4242"),
            (told, "\"answer\":\"approved\""),
            (captured.path().join("answers"), "************4242"),
            (log, "DEBUG"),
        ] {
            assert!(says(&path, text), "{} does not say {text}", path.display());
        }
        assert_eq!(scan(NUMBER.as_bytes()).len(), 1);
    });
}
